"""How much memory a plane through many checkpoints takes: `python -m compute.bench.trajectory` prints lines of JSON."""

import argparse
import json
import resource
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import torch

from compute.jobs.axes import parameters, projected
from compute.specs import ModelRef, TrajectoryPlane
from compute.zoo import weights
from compute.zoo.checkpoints import model_ref
from compute.zoo.registry import build

SHAPE, CLASSES = (3, 32, 32), 10
MIB = 2**20


def measured(models: Sequence[ModelRef]) -> dict[str, object]:
    """The plane of some checkpoints and where they lie on it, in this process, which has done nothing before.

    Memory is in MiB: the most that was resident before, with one network loaded, and in the end.
    """
    parameters(models[-1])
    before, start, busy = resident(), perf_counter(), process_time()
    found = projected(TrajectoryPlane(tuple(models)), models[-1], models)
    seconds, busy = perf_counter() - start, process_time() - busy
    return {
        "checkpoints": len(models),
        "checkpoint_mib": round(Path(models[-1].path).stat().st_size / MIB, 1),
        "before_mib": round(before),
        "peak_mib": round(resident()),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(busy, 1),
        "explained": [round(share, 4) for share in found["scree"][:2].tolist()],
    }


def resident() -> float:
    """The most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def walk(architecture: str, count: int, storage: str, folder: Path) -> list[ModelRef]:
    """Writes the checkpoints of a walk that slows down, as a training's does."""
    torch.manual_seed(0)
    state, models = build(architecture, SHAPE, CLASSES).state_dict(), []
    for number in range(count):
        for tensor in state.values():
            if tensor.is_floating_point():
                tensor.add_(torch.randn_like(tensor), alpha=0.1 * 0.98**number)
        path = folder / f"epoch-{number:03d}.safetensors"
        weights.write(weights.rounded(state, storage), path)
        models.append(model_ref(path, architecture, SHAPE, CLASSES, "walk", number))
    return models


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files, measures ever more of them in processes of their own, and removes them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--architecture", default="densenet121", help="default: %(default)s, of 7 million parameters")
    options.add_argument("--checkpoints", type=int, nargs="+", default=[10, 75, 300], metavar="N")
    options.add_argument("--storage", choices=list(weights.STATEMENTS), default="float32")
    chosen = options.parse_args(arguments)
    with TemporaryDirectory(prefix="loss-atlas-") as folder:
        models = walk(chosen.architecture, max(chosen.checkpoints), chosen.storage, Path(folder))
        for count in chosen.checkpoints:
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                found = process.submit(measured, models[-count:]).result()
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
