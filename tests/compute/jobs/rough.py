"""Surfaces whose every point is known, smooth and rough, to measure what adaptive refinement keeps of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from types import MappingProxyType

import numpy as np

from compute.jobs.predict import log_loss
from compute.jobs.refine import Refiner
from compute.lattice import Lattice
from compute.losses import TileValues
from compute.topology import dips

FINE = Lattice.spanning(7, (-1, 1), (-1, 1))
PAPERS = Lattice(7, (-100, 100), (-100, 100))
"""201 × 201 points."""
COARSE = Lattice.spanning(5, (-1, 1), (-1, 1))

Law = Callable[[int, Lattice], np.ndarray]


@dataclass(frozen=True, slots=True)
class Kept:
    """What refinement kept of a surface.

    `share` of the points was computed; of `minima` strict local minima `lost` are missing, the deepest of which lies
    `deepest` below the lowest way out; `typical`, `nearly_all` (99 %) and `largest` error of interpolated points; depth
    and errors as shares of the range of log-loss. `invented` minima are none of the surface's.
    """

    share: float
    minima: int
    lost: int
    invented: int
    deepest: float
    typical: float
    nearly_all: float
    largest: float


def axes(lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Alpha (1, columns) and beta (rows, 1)."""
    return lattice.coordinates("x")[None, :], lattice.coordinates("y")[:, None]


def noise(seed: int, lattice: Lattice, power: float, lowest: float, highest: float = np.inf) -> np.ndarray:
    """A Gaussian field of unit variance whose modes have amplitudes k^-power between two wave numbers."""
    side = 2 * max(lattice.shape)
    wave = np.fft.fftfreq(side) * side
    size = np.hypot(wave[:, None], wave[None, :])
    amplitude = np.where(size >= lowest, np.maximum(size, 1) ** -power * np.exp(-((size / highest) ** 2)), 0)
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=(side, side)))
    field = np.fft.ifft2(white * amplitude).real[: lattice.shape[0], : lattice.shape[1]]
    return field / field.std()


def rugged(seed: int, lattice: Lattice) -> np.ndarray:
    """A narrow smooth basin amid random waves, from 0.1 to above 100, like a deep network without skip connections."""
    alpha, beta = axes(lattice)
    away = np.hypot(alpha, beta)
    outside = 1 / (1 + np.exp((0.12 - away) / 0.03))
    return np.exp(
        np.log(0.137) + 4 * np.tanh(away / 0.15) + 1.5 * away**2 + 0.7 * outside * noise(seed, lattice, 1.2, 4, 50)
    )


def fractal(seed: int, lattice: Lattice) -> np.ndarray:
    """A bowl with noise whose modes fall like k^-2, rough at every resolution."""
    alpha, beta = axes(lattice)
    return np.exp(2 * (alpha**2 + beta**2) + 0.8 * noise(seed, lattice, 2, 2))


def crumpled(seed: int, lattice: Lattice) -> np.ndarray:
    """The same, but like k^-2.5."""
    alpha, beta = axes(lattice)
    return np.exp(2 * (alpha**2 + beta**2) + 0.8 * noise(seed, lattice, 2.5, 2))


def rastrigin(seed: int, lattice: Lattice) -> np.ndarray:
    """Rastrigin's function, turned and shifted, with eight waves a unit."""
    alpha, beta = axes(lattice)
    source = np.random.default_rng(seed)
    turn, (across, up) = source.uniform(0, np.pi / 2), source.uniform(0, 1, 2)
    u, v = alpha * np.cos(turn) - beta * np.sin(turn), alpha * np.sin(turn) + beta * np.cos(turn)
    waves = 2 - np.cos(16 * np.pi * (u + across)) - np.cos(16 * np.pi * (v + up))
    return 0.05 + 4 * (u**2 + v**2) + 0.5 * waves


def in_step(seed: int, lattice: Lattice) -> np.ndarray:
    """Rastrigin's function along the axes, whose waves the coarse lattices meet in the same place each time."""
    alpha, beta = axes(lattice)
    count = 2 ** (seed % 4 + 1)
    waves = 2 - np.cos(2 * np.pi * count * alpha) - np.cos(2 * np.pi * count * beta)
    return 0.05 + 4 * (alpha**2 + beta**2) + 0.5 * waves


def plateaus(seed: int, lattice: Lattice) -> np.ndarray:
    """Nearly flat parts with steps and cliffs between them, and small ripples on them."""
    alpha, beta = axes(lattice)
    steep = np.tanh(6 * noise(seed, lattice, 3, 1)) + 0.5 * np.floor(2 * np.hypot(alpha, beta))
    return np.exp(steep + 0.03 * noise(seed + 1000, lattice, 3, 4, 20))


def waves(seed: int, lattice: Lattice) -> np.ndarray:
    """A bowl with forty waves of random lengths and directions."""
    alpha, beta = axes(lattice)
    source = np.random.default_rng(seed)
    height = 3 * np.tanh(2 * np.hypot(alpha, beta)) ** 2 - 2
    for _ in range(40):
        number, turn, phase = source.uniform(1, 14), *source.uniform(0, 2 * np.pi, 2)
        wave = np.cos(np.pi * number * (np.cos(turn) * alpha + np.sin(turn) * beta) + phase)
        height = height + 0.12 * min(1, 4 / number) * wave
    return np.exp(height)


def gentle(seed: int, lattice: Lattice) -> np.ndarray:
    """A wide basin with long waves about it, like a network with skip connections."""
    alpha, beta = axes(lattice)
    away = np.hypot(alpha, beta)
    return np.exp(3 * np.tanh(1.5 * away) ** 2 - 3 + 0.1 * noise(seed, lattice, 3, 2, 8))


ROUGH: Mapping[str, tuple[Law, Lattice]] = MappingProxyType(
    {
        "rugged": (rugged, PAPERS),
        "fractal, k^-2": (fractal, FINE),
        "fractal, k^-2.5": (crumpled, FINE),
        "Rastrigin, turned": (rastrigin, FINE),
        "Rastrigin, in step": (in_step, FINE),
        "plateaus and cliffs": (plateaus, FINE),
        "random waves": (waves, FINE),
    }
)
SMOOTH: Mapping[str, tuple[Law, Lattice]] = MappingProxyType({"gentle basin": (gentle, COARSE)})


def refined(truth: np.ndarray, lattice: Lattice, tolerance: float) -> Refiner:
    """A surface of which only those points are computed that refinement asks for."""
    refiner = Refiner(lattice, tolerance)
    while (asked := refiner.ask()) is not None:
        refiner.tell(asked[0], TileValues.of(asked[1], truth[lattice.place(*asked)], 0.5))
    return refiner


def kept(truth: np.ndarray, lattice: Lattice, tolerance: float = 0.01) -> Kept:
    """Refines a surface, and compares it with the truth."""
    found = refined(truth, lattice, tolerance)
    height = log_loss(truth)
    error = (np.abs(log_loss(found.loss) - height) / np.ptp(height))[found.interpolated]
    typical, nearly_all, largest = np.quantile(error, [0.5, 0.99, 1]) if error.size else (0.0, 0.0, 0.0)
    minima, there = dips(truth, truth), dips(found.loss, found.loss) & found.known
    lost = minima & ~there
    return Kept(
        share=float(found.known.mean()),
        minima=int(minima.sum()),
        lost=int(lost.sum()),
        invented=int((there & ~minima).sum()),
        deepest=max((depth(height, row, col) for row, col in np.argwhere(lost)), default=0.0) / float(np.ptp(height)),
        typical=float(typical),
        nearly_all=float(nearly_all),
        largest=float(largest),
    )


def depth(height: np.ndarray, row: int, col: int) -> float:
    """How far one must climb from a minimum to get to a lower point: its persistence, by flooding from it."""
    rows, cols = height.shape
    own, level = height[row, col], height[row, col]
    shore, seen = [(own, row, col)], {(row, col)}
    while shore:
        reached, r, c = heappop(shore)
        level = max(level, reached)
        if reached < own:
            return float(level - own)
        for near in ((r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            if near not in seen and 0 <= near[0] < rows and 0 <= near[1] < cols:
                seen.add(near)
                heappush(shore, (height[near], *near))
    return float(height.max() - own)
