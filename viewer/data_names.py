"""What data are called on screen, and whether losses over them compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from compute.formatting import brief_percent
from compute.shapes import one_shape
from compute.specs import Imported, Surface

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "digits": "digits 8 × 8",
        "cifar10": "CIFAR-10",
        "cifar100": "CIFAR-100",
        "mnist": "MNIST",
        "fashion-mnist": "Fashion-MNIST",
    }
)
"""Sets of examples that are called otherwise than in an address."""
UNNAMED = "data not named"


def data_name(text: str) -> str:
    """A card's data as one reads them: the set's name, or that of its file, without what is in it.

    Example:
        >>> data_name("digits"), data_name("cifar10_mixed.npz (50000 train images)"), data_name("atlas.txt")
        ('digits 8 × 8', 'cifar10_mixed', 'atlas')
        >>> data_name("my-study"), data_name("")
        ('my-study', 'data not named')
    """
    name = text.partition(" (")[0]
    return NAMES.get(name, name.removesuffix(".npz").removesuffix(".txt")) or UNNAMED


def surface_data(surface: Surface) -> str:
    """The data that a surface's losses are over; an imported file does not say which they are."""
    if isinstance(surface, Imported):
        return UNNAMED
    asked = surface.query.data
    name = data_name(Path(asked.path).name if asked.path else asked.name.rpartition(":")[2])
    return f"{name}, {brief_percent(asked.noise, 3)} wrong labels" if asked.noise else name


def examples_noun(surface: Surface) -> str:
    """What examples are called: images where each is an array of channels, height and width, else examples."""
    shape = () if isinstance(surface, Imported) else one_shape(surface.query.model.shape)
    return "images" if len(shape) == 3 and min(shape[1:]) > 1 else "examples"


def not_comparable(surface: Surface, surfaces: Sequence[Surface]) -> tuple[str, str]:
    """A badge, and the sentence that explains it, for a surface beside others over other data; empty where all agree.

    Data are other data if their contents differ, their split, or their labels; not if only more of them are taken.
    """
    others = [other for other in surfaces if _identity(other) != _identity(surface)]
    if not others:
        return "", ""
    if isinstance(surface, Imported) or all(isinstance(other, Imported) for other in others):
        return "losses may not compare", "Which data an imported surface's losses are over is not in its file."
    beside = ", ".join(dict.fromkeys(_full(other) for other in others if not isinstance(other, Imported)))
    return "losses do not compare", f"These losses are over {_full(surface)}, those beside them over {beside}."


def _identity(surface: Surface) -> object:
    if isinstance(surface, Imported):
        return surface.id
    data = surface.query.data
    return data.name, data.digest, data.split, data.noise, data.noise_seed if data.noise else 0


def _full(surface: Surface) -> str:
    """The data and their split."""
    return f"{surface_data(surface)} ({surface.split})"
