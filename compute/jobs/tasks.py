"""Work that can travel: references in, arrays out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from compute.angle import Angle
from compute.blocks import Block
from compute.deviation import Deviation
from compute.lattice import Tile, points
from compute.losses import BlockValues
from compute.specs import KEPT, ModelRef, PlaneRef, Query
from compute.zoo import studies

if TYPE_CHECKING:
    from compute.zoo.studied import Study
    from compute.zoo.suggest import Suggestion


@dataclass(frozen=True, slots=True, eq=False)
class TileTask:
    """Successive blocks of examples at some points of a tile: `mask`, bool (SIDE, SIDE), says which.

    `reach` is how far out the whole survey goes.
    """

    query: Query
    tile: Tile
    blocks: tuple[Block, ...]
    mask: np.ndarray
    reach: float = 1.0

    @property
    def examples(self) -> int:
        """How many of its answers each point gets."""
        return self.blocks[-1].stop - self.blocks[0].start

    @property
    def passes(self) -> int:
        """How many times an example passes the network."""
        return int(self.mask.sum()) * self.examples


@dataclass(frozen=True, slots=True, eq=False)
class TileResult:
    """A task's answer, block by block, with the seconds it took and the device it ran on.

    `error` is how far the fast arithmetic was found to stray so far, None where it was not used; `fell_back` says that
    it was too far, and that the values are exact. `left_out` names the steps of preparation that would
    have changed the network's loss.
    """

    values: tuple[BlockValues, ...]
    seconds: float
    device: str
    error: Deviation | None = None
    fell_back: bool = False
    left_out: tuple[str, ...] = ()


def evaluate(task: TileTask) -> TileResult:
    """Computes every point of a task, in a worker.

    Raises:
        LandscapeError: the references do not fit together.
    """
    # Only workers may load torch; the web server, which pickles this function by name, must not.
    from compute.jobs.build import answering

    start = perf_counter()
    found = answering(task.query)
    at, first, last = points(task.tile, task.mask), task.blocks[0].start, task.blocks[-1].stop
    losses, correct, labels = found.asked(at, first, last, task.reach)
    studies.check(task.query.model.architecture, task.query.data)  # its functions may read files at each call
    values = tuple(cut(task, block, labels, losses, correct) for block in task.blocks)
    seconds = perf_counter() - start
    return TileResult(values, seconds, str(found.device), found.error, found.fell_back, found.left_out)


def cut(
    task: TileTask, block: Block, labels: np.ndarray, losses: np.ndarray, correct: np.ndarray | None
) -> BlockValues:
    """One block's part of a task's losses (points, examples); added up for each class beyond the first KEPT."""
    part = slice(block.start - task.blocks[0].start, block.stop - task.blocks[0].start)
    right = None if correct is None else correct[:, part]
    values = BlockValues.of(task.mask, labels[part], losses[:, part], right)
    return values if block.stop <= KEPT else values.by_class()


def angle(query: Query) -> Angle:
    """The angle between the directions of a query's plane, computed in a worker.

    Raises:
        LandscapeError: the references do not fit together.
    """
    from compute.jobs.axes import angle_of

    return angle_of(query)


def places(plane: PlaneRef, model: ModelRef, others: Sequence[ModelRef]) -> dict[str, np.ndarray]:
    """Where networks lie on a plane through a model, as arrays, computed in a worker.

    Raises:
        LandscapeError: the references do not fit together.
    """
    from compute.jobs.axes import projected

    return projected(plane, model, others)


def norms(models: Sequence[ModelRef]) -> dict[str, np.ndarray]:
    """The `norms` of some networks' parameters, computed in a worker.

    Raises:
        LandscapeError: one of them cannot be read.
    """
    from compute.jobs import weighing

    return {"norms": weighing.norms(models)}


def histograms(models: Sequence[ModelRef]) -> dict[str, np.ndarray]:
    """How some networks' weights are distributed, as arrays, computed in a worker.

    Raises:
        LandscapeError: one of them cannot be read.
    """
    from compute.jobs import weighing

    return weighing.histograms(models)


def layers(models: Sequence[ModelRef]) -> dict[str, np.ndarray]:
    """The names of the `layers` of a network, found in a worker.

    Raises:
        LandscapeError: it cannot be loaded.
    """
    from compute.jobs import weighing

    return {"layers": np.array(weighing.layers_of(models[0]))}


def taken(model: ModelRef) -> dict[str, np.ndarray]:
    """The arrays `weights`, `others` and `aside` of `compute.card.Taken`, each of names, told in a worker.

    Raises:
        LandscapeError: the model cannot be loaded.
    """
    from compute.zoo.checkpoints import taken

    found = taken(model)
    return {"weights": np.array([found.weights]), "others": np.array(found.others), "aside": np.array(found.aside)}


def suggestions(path: str) -> "tuple[Suggestion, ...]":
    """The architectures that a checkpoint may be of, the best first, told in a worker.

    Raises:
        LandscapeError: it cannot be read.
    """
    from compute.zoo import suggest
    from compute.zoo.checkpoints import held_in

    return suggest.suggestions(held_in(Path(path)))


def study(name: str) -> "Study":
    """What is to be known of a user's own Python file, told in a worker that may run it.

    Raises:
        LandscapeError: something in it is missing, of another kind, or goes wrong.
    """
    from compute.zoo.studies import facts

    return facts(name)


def fitting(model: ModelRef) -> int:
    """How many parameters a model has, once it has been loaded in a worker.

    Raises:
        LandscapeError: its file does not fit its architecture.
    """
    from compute.zoo.checkpoints import load_model

    return sum(parameter.numel() for parameter in load_model(model).parameters())


def data_fit(
    architecture: str, shape: tuple[int, ...], classes: int, kinds: Sequence[tuple[tuple[int, ...], int]]
) -> tuple[tuple[tuple[tuple[int, ...], int], ...], str]:
    """Which kinds of data, each a shape and how many classes, a network for examples of a shape takes; what it wants.

    Raises:
        LandscapeError: there is no such architecture.
    """
    from compute.zoo import data_fit

    fitting = [
        (other, there)
        for other, there in kinds
        if data_fit.enough(architecture, classes, there) and data_fit.takes(architecture, shape, classes, other)
    ]
    return tuple(fitting), data_fit.wish(architecture, shape, classes)


def devices(wanted: str) -> list[str]:
    """The devices that a wish stands for ("auto", "cpu", "cuda", "cuda:1"), asked in a worker.

    Raises:
        LandscapeError: the machine has no such device.
    """
    from compute.jobs.device import available

    return available(wanted)
