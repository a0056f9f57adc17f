"""Measures what adaptive refinement keeps of surfaces that it was not tuned on, as a table for docs/benchmark.md.

`python -m tests.compute.jobs.held_out` prints it. `networks.npz` holds the mean losses of networks of the gallery over
128 of the digits' training examples at 129 × 129 points of [-1, 1]², float32, on the plane of seed 1; the numbers in
`compute/jobs/checks.py` were chosen by the plane of seed 0, and by synthetic surfaces of seeds below 1000.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from sys import stdout

import numpy as np

from compute.lattice import Lattice
from tests.compute.jobs.rough import ROUGH, SMOOTH, Kept, kept

NETWORKS = Path(__file__).parent / "networks.npz"
GRIDS = {6: Lattice.spanning(6, (-1, 1), (-1, 1)), 5: Lattice.spanning(5, (-1, 1), (-1, 1))}
SEEDS = range(1000, 1005)
HEAD = ("surface", "points", "computed", "minima", "lost", "deepest lost", "median error", "99 %", "largest error")


def networks() -> Mapping[str, np.ndarray]:
    """The losses of each network (129, 129)."""
    with np.load(NETWORKS) as file:
        return {name: file[name].astype(float) for name in file}


def surfaces() -> Iterator[tuple[str, Lattice, list[Kept]]]:
    """Each kind of surface, on which lattice, and what was kept of each of that kind."""
    for name, (law, lattice) in {**ROUGH, **SMOOTH}.items():
        yield name, lattice, [kept(law(seed, lattice), lattice) for seed in SEEDS]
    for name, loss in networks().items():
        for level, lattice in GRIDS.items():
            step = 2 ** (6 - level)
            yield name, lattice, [kept(loss[::step, ::step], lattice)]


def row(name: str, lattice: Lattice, found: list[Kept]) -> str:
    """A line of the table: the sums of minima, the mean of shares and of medians, else the worst."""
    shares = (
        max(one.deepest for one in found),
        float(np.mean([one.typical for one in found])),
        max(one.nearly_all for one in found),
        max(one.largest for one in found),
    )
    cells = [
        name if len(found) == 1 else f"{name}, {len(found)} seeds",
        f"{lattice.shape[1]} × {lattice.shape[0]}",
        f"{100 * np.mean([one.share for one in found]):.1f} %",
        str(sum(one.minima for one in found)),
        str(sum(one.lost for one in found)),
        *(f"{100 * share:.2f} %" for share in shares),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    stdout.write(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}\n")
    for surface in surfaces():
        stdout.write(row(*surface) + "\n")
