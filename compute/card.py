"""What one reads about a network, or about an imported surface, before looking at its landscape."""

from dataclasses import dataclass

import numpy as np

ADDED, STUDY = "added:", "study:"
"""Begin the runs of checkpoints that were added on the page, and those of a user's own Python file."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Which of a checkpoint's sets of weights was taken, the others that fit too, and the tensors left aside, by name.

    A set is called as the file's keys or prefix call it; nothing is told where a study loads its checkpoints itself.
    """

    weights: str = ""
    others: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ModelCard:
    """A network; every number comes from the manifest its training wrote, or was measured here.

    Errors are shares (0 to 1) of wrong answers, and `answers` says of what; losses and errors are None where nobody
    measured them, errors too where nothing is right or wrong. `recipe` is one readable line; `picture` is a small array
    of losses (row = beta, column = alpha) for a thumbnail, or None where no surface was ever stored beside the weights.
    `missing` is the file of the network's data if this machine lacks it: only losses that are stored beside the weights
    can then be shown, those of the first `stored` training examples.
    """

    run: str
    title: str
    architecture: str
    data: str
    parameters: int
    recipe: str
    train_loss: float | None
    train_error: float | None
    test_loss: float | None
    test_error: float | None
    picture: np.ndarray | None = None
    answers: str = "classes"
    missing: str = ""
    stored: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceCard:
    """A surface that others computed: of its network nothing is known but what the file tells.

    `shape` is rows and columns, a single row being a curve; `splits` the data it has losses of, "" where the file does
    not say; `picture` as above; `quantities` what was measured; `absent` how many points the file lacks; `notes`
    sentences on what was made of the file.
    """

    run: str
    title: str
    file: str
    shape: tuple[int, int]
    splits: tuple[str, ...]
    picture: np.ndarray | None = None
    quantities: tuple[str, ...] = ("loss",)
    absent: int = 0
    notes: tuple[str, ...] = ()

    @property
    def curve(self) -> bool:
        """Whether it is a curve, which the page Profile shows."""
        return self.shape[0] == 1


PICTURE_SIDE = 49
"""A thumbnail has at most so many points along an axis."""


def thumbnail(losses: np.ndarray) -> np.ndarray:
    """Every so manieth of some values (rows, columns), for a card's picture.

    Example:
        >>> thumbnail(np.zeros((99, 60))).shape
        (33, 20)
    """
    stride = -(-max(losses.shape) // PICTURE_SIDE)
    return losses[::stride, ::stride]


Card = ModelCard | SurfaceCard
