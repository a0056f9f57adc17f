"""Scikit-learn's handwritten digits with one fixed split (Alpaydin and Kaynak 1998, UCI repository)."""

from functools import cache
from types import MappingProxyType

import numpy as np

from compute.errors import UnknownName

VERSION = "digits-1"
"""Raised whenever the split or the normalisation changes; it is part of every key."""

SHAPE, CLASSES = (1, 8, 8), 10
SIZES = MappingProxyType({"train": 1437, "test": 360})
MEAN, STD = 0.3053, 0.3760
"""Of all pixels, scaled to [0, 1]."""


@cache
def _split() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels of both splits, in a drawn order."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(labels))  # NumPy promises never to change this generator
    grouped = order[np.argsort(labels[order], kind="stable")]
    tests = np.isin(order, grouped[::5])  # every fifth one of each digit
    images = ((pixels / 16 - MEAN) / STD).astype(np.float32).reshape(-1, *SHAPE)
    parts = {"train": order[~tests], "test": order[tests]}
    return {name: (images[part], labels[part].astype(np.int64)) for name, part in parts.items()}


def arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Normalised images (N, 1, 8, 8), float32, and labels (N,), int64, of one split.

    A prefix of either split is itself a random sample.

    Raises:
        UnknownName: the split is neither "train" nor "test".

    Example:
        >>> images, labels = arrays("test")
        >>> images.shape, labels.shape
        ((360, 1, 8, 8), (360,))
    """
    return _split()[known_split(split)]


def known_split(split: str) -> str:
    """The split's name itself.

    Raises:
        UnknownName: there is no such split.
    """
    if split not in SIZES:
        raise UnknownName("split of digits", split, SIZES)
    return split
