"""Which architecture some tensors are of, by their names and shapes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from compute.errors import BadReference
from compute.shapes import Shape
from compute.zoo.layouts import Layout, first, layout, misfit, plain
from compute.zoo.registry import ARCHITECTURES, SEQUENCES, TORCHVISION

SHAPES: tuple[Shape, ...] = ((3, 32, 32), (1, 8, 8), (1, 28, 28))
"""Examples that are thought of: CIFAR, the digits, MNIST."""

PHOTOGRAPH = (224, 224)
"""Pixels of what networks of torchvision are made for."""

LIBRARY = tuple(
    TORCHVISION + name
    for name in ("resnet18", "resnet34", "resnet50", "vgg16", "vgg16_bn", "densenet121", "mobilenet_v2", "vit_b_16")
)
"""Networks of torchvision that are thought of where no other fits."""

NEAR = 8
"""Architectures that are looked at closely."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An architecture, for examples of a shape with some classes, and what separates a file's tensors from its own.

    `differs` is in words, and empty where every name and shape is right. `names` tells which of the file's tensors is
    which of the network's: every one of them where the file's can only be told by their order, none where nothing
    tells. Where an architecture fits examples of several sizes, `shape` is one of `SHAPES` that it fits.
    """

    architecture: str
    shape: Shape
    classes: int
    differs: str
    names: Mapping[str, str]


def suggest(state: Mapping[str, Sequence[int]]) -> tuple[Suggestion, ...]:
    """The architectures that tensors of some shapes fit best, the best first.

    First counts how many shapes differ, whatever their tensors are called, then how many names do. What stands in no
    tensor cannot be told: shortcuts without parameters look like none, so both are suggested, the one with them first.

    Args:
        state: shapes by name, in the file's order; what stands before every name and BatchNorm's counters make no
            difference.

    Raises:
        BadReference: there are no tensors.

    Example:
        >>> found = suggest({f"module.{name}": shape for name, shape in layout("resnet20", (3, 32, 32), 100).items()})
        >>> [(one.architecture, one.shape, one.classes, one.differs) for one in found[:2]]
        [('resnet20', (3, 32, 32), 100, ''), ('resnet20-noshort', (3, 32, 32), 100, '')]
    """
    found = plain({name: tuple(shape) for name, shape in state.items()})
    if not found:
        raise BadReference("An architecture should be told from tensors, but there are none: choose another file.")
    ours = nearest(found, ARCHITECTURES)
    return ours if fits(found, ours[0]) else nearest(found, (*(one.architecture for one in ours), *LIBRARY))


def nearest(found: Layout, names: Iterable[str]) -> tuple[Suggestion, ...]:
    """Suggestions from a few architectures: those that are nearest as they are for CIFAR-10, read anew."""
    rough = sorted(names, key=lambda name: apart(found, reference(name)))[:NEAR]
    readings = (min(readings_of(found, name), key=lambda reading: apart(found, layout(*reading))) for name in rough)
    return tuple(suggestion(found, *reading) for reading in sorted(readings, key=lambda r: apart(found, layout(*r))))


def fits(found: Layout, one: Suggestion) -> bool:
    """Whether all shapes are a suggestion's, whatever their names."""
    return apart(found, layout(one.architecture, one.shape, one.classes))[0] == 0


def apart(found: Layout, wanted: Layout) -> tuple[int, int]:
    """How many shapes one layout has and the other has not, and how many names do not have the same shape in both.

    What stands before every name makes no difference.

    Example:
        >>> apart({"a": (2, 3), "c": (1,)}, {"a": (2, 3), "b": (1,)})
        (0, 2)
    """
    found = without(prefix(found, wanted), found)
    here, there = Counter(found.values()), Counter(wanted.values())
    names = found.keys() | wanted.keys()
    return (here - there).total() + (there - here).total(), sum(found.get(name) != wanted.get(name) for name in names)


def reference(name: str) -> Layout:
    """An architecture's layout for CIFAR-10, or for short sequences of few symbols."""
    return layout(name, (16,) if name in SEQUENCES else SHAPES[0], 10)


def readings_of(found: Layout, name: str) -> Iterator[tuple[str, Shape, int]]:
    """The shapes of examples and the numbers of classes for which an architecture might have a file's tensors.

    Its first and its last tensor tell, by name if the file has that name, else by place.
    """
    names = tuple(reference(name))
    found = without(prefix(found, reference(name)), found)
    classes = told(found, names, -1)[0]
    stem = told(found, names, 0)
    if name in SEQUENCES:
        yield name, (told(found, names, 1)[0],), classes
    else:
        channels = stem[1] if len(stem) == 4 else None
        yield from ((name, shape, classes) for shape in shapes_of(name, channels))


def shapes_of(name: str, channels: int | None) -> tuple[Shape, ...]:
    """The images that an architecture may be for; without a number of channels, all that are thought of."""
    if name.startswith(TORCHVISION):
        return ((channels or 3, *PHOTOGRAPH),)
    if channels is None:
        return SHAPES
    return tuple(shape for shape in SHAPES if shape[0] == channels) or ((channels, *SHAPES[0][1:]),)


def told(found: Layout, names: Sequence[str], index: int) -> Shape:
    """The shape of the tensor that an architecture has at a place; (1,) for a lone number."""
    shapes = list(found.values())
    return found.get(names[index], shapes[min(index, len(shapes) - 1)]) or (1,)


def suggestion(found: Layout, architecture: str, shape: Shape, classes: int) -> Suggestion:
    """What is said of one reading."""
    wanted = layout(architecture, shape, classes)
    names = paired(found, wanted)
    return Suggestion(architecture, shape, classes, difference(found, wanted, names), names)


def paired(found: Layout, wanted: Layout) -> dict[str, str]:
    """The network's names to the file's, where each tensor finds its own; else nothing.

    What stands before every name makes no difference. Those without a namesake go by their order, first among those
    that are called alike after the last dot.

    Example:
        >>> theirs = {"a": (2, 3), "head.bias": (1,), "head.weight": (1, 3)}
        >>> paired(theirs, {"a": (2, 3), "b.weight": (1, 3), "b.bias": (1,)})
        {'a': 'a', 'b.weight': 'head.weight', 'b.bias': 'head.bias'}
        >>> paired({"net.a": (2, 3), "net.b": (1,)}, {"a": (2, 3), "b": (1,)})
        {'a': 'net.a', 'b': 'net.b'}
    """
    ahead = prefix(found, wanted)
    found = without(ahead, found)
    left = [name for name in found if name not in wanted]
    lacking = [name for name in wanted if name not in found]
    if len(left) != len(lacking):
        return {}
    for order in (leaf, lambda _: ""):
        others = dict(zip(sorted(lacking, key=order), sorted(left, key=order), strict=True))
        pairs = {name: others.get(name, name) for name in wanted}
        if all(found[theirs] == wanted[ours] for ours, theirs in pairs.items()):
            return {ours: ahead + theirs for ours, theirs in pairs.items()}
    return {}


def prefix(found: Layout, wanted: Layout) -> str:
    """What stands before every name in a file, and not in the network: Lightning's `model.`, for one.

    Example:
        >>> prefix({"net.a.weight": (1,), "net.a.bias": (1,)}, {"a.weight": (1,), "a.bias": (1,)})
        'net.'
    """
    levels = zip(*(name.split(".")[:-1] for name in found), strict=False)  # down to the shallowest name's
    shared = [level[0] + "." for level in takewhile(lambda level: len(set(level)) == 1, levels)]
    starts = ("".join(shared[:count]) for count in range(len(shared) + 1))
    return max(starts, key=lambda start: len(without(start, found).keys() & wanted.keys()))


def without(start: str, found: Layout) -> Layout:
    """A layout without what stands before every name."""
    return {name.removeprefix(start): shape for name, shape in found.items()} if start else found


def leaf(name: str) -> str:
    """What a tensor is called after the last dot."""
    return name.rpartition(".")[2]


def difference(found: Layout, wanted: Layout, names: Mapping[str, str]) -> str:
    """What separates two layouts, in words: by names while most are shared, else by shapes."""
    ahead = prefix(found, wanted)
    if names:
        others = [f"{theirs} for {ours}" for ours, theirs in names.items() if ahead + ours != theirs]
        return f"it has other names: {first(others)}" if others else ""
    found = without(ahead, found)
    if 2 * len(found.keys() & wanted.keys()) >= len(wanted):
        return misfit(found, wanted)
    here, there = Counter(found.values()), Counter(wanted.values())
    kinds = {"lacks": there - here, "also has": here - there}
    parts = [f"it {words} {first(shaped(some))}" for words, some in kinds.items() if some]
    return "; ".join(["it has other names", *(parts or ["they come in another order"])])


def shaped(some: Counter[Shape]) -> list[str]:
    """Tensors that have no name in common, in words."""
    return [f"{count} of shape {shape}" for shape, count in some.items()]
