"""What a benchmark ran on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from compute.bench.ceilings import card
from compute.bench.contestants import Processes
from compute.jobs.precision import native_bfloat16

FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile")
"""What fast arithmetic needs of a processor."""


def machine(where: Processes) -> dict[str, object]:
    """Processor, GPU and its ceilings if there is one, versions, load before the start, date."""
    model, flags = processor()
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "threads": where.threads,
        "flags": [flag for flag in FLAGS if flag in flags],
        "bfloat16": native_bfloat16(torch.device(where.device)),
        "load": round(os.getloadavg()[0], 2),
        "torch": version("torch"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": where.device,
        "gpu": where.engine.submit(card).result(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def processor() -> tuple[str, list[str]]:
    """The processor's name and its flags, of which only Linux tells."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine(), []
    rows = {name.strip(): value.strip() for name, _, value in (row.partition(":") for row in told.splitlines())}
    return rows.get("model name", platform.machine()), rows.get("flags", "").split()
