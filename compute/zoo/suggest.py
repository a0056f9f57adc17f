"""Which architecture some tensors are of, by their names and shapes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from compute.errors import BadReference
from compute.shapes import Shape
from compute.zoo.filenames import BESIDES
from compute.zoo.layouts import COUNTER, Layout, Wanted, first, layout, misfit, plain, unwrapped
from compute.zoo.matching import AVERAGED, BARE, Held, chosen, matches, may_be_parameter
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

MOST = 2**20
"""Classes, channels or places of a network that is thought of."""

NEAR = 8
"""Architectures that are looked at closely."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An architecture, for examples of a shape with some classes, and what separates a file's tensors from its own.

    `differs` is in words, and empty where names and shapes fit. `names` tells which of the file's tensors is which of
    the network's, none where nothing tells; where only their order tells, `ordered` is true and the pairs need to be
    confirmed. `weights` are the sets of weights in the file that fit, the one that is taken unless another is named
    first. Where an architecture fits examples of several sizes, `shape` is one of `SHAPES` that it fits.
    """

    architecture: str
    shape: Shape
    classes: int
    differs: str
    names: Mapping[str, str]
    ordered: bool = False
    weights: tuple[str, ...] = ()


def suggestions(held: Mapping[str, Held]) -> tuple[Suggestion, ...]:
    """The architectures that the weights in a file fit best, the best first, and which of several sets of weights fit.

    Raises:
        BadReference: the file holds no tensors that may be a network's.
    """
    every = [(place, suggest(shapes)) for place, shapes in sets(held).items()]
    place, found = next((one for one in every if not one[1][0].differs), every[0])
    return tuple(_with_weights(one, held, place) for one in found)


def _with_weights(one: Suggestion, held: Mapping[str, Held], place: str) -> Suggestion:
    if one.differs:
        return replace(one, weights=(place or BARE,)) if one.ordered else one
    fitting = [match for match in matches(held, _wanted(one)) if not match.unknown]
    taken = chosen(fitting)
    return replace(one, weights=tuple(dict.fromkeys(m.weights for m in (*filter(None, [taken]), *fitting))))


def sets(held: Mapping[str, Held]) -> dict[str, dict[str, Shape]]:
    """The dictionaries of a file that may hold a network's weights, by name: shapes by name, as they stand in the file.

    Averaged weights come first, then the largest; an optimiser's state is none.

    Raises:
        BadReference: there are none.
    """
    found: dict[str, dict[str, Shape]] = {}
    for name, one in held.items():
        counts = not name.endswith(COUNTER) and may_be_parameter(name, one)
        if counts and not BESIDES.search(one.place):
            found.setdefault(one.place, {})[name] = one.shape
    if not found:
        raise BadReference("An architecture should be told from tensors, but there are none: choose another file.")
    order = sorted(found, key=lambda place: (not AVERAGED.search(place), -len(found[place])))
    return {place: found[place] for place in order}


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
    held = {name: Held(tuple(shape)) for name, shape in state.items()}
    raw = next(iter(sets(held).values()))
    ours = nearest(raw, ARCHITECTURES)
    return ours if fits(plain(raw), ours[0]) else nearest(raw, (*(one.architecture for one in ours), *LIBRARY))


def nearest(raw: Layout, names: Iterable[str]) -> tuple[Suggestion, ...]:
    """Suggestions from a few architectures: those that are nearest as they are for CIFAR-10, read anew."""
    found = plain(raw)
    rough = sorted(names, key=lambda name: apart(found, reference(name)))[:NEAR]
    readings = (min(readings_of(found, name), key=lambda reading: apart(found, layout(*reading))) for name in rough)
    return tuple(suggestion(raw, *reading) for reading in sorted(readings, key=lambda r: apart(found, layout(*r))))


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
    classes = plausible(told(found, names, -1)[0], 10)
    stem = told(found, names, 0)
    if name in SEQUENCES:
        yield name, (plausible(told(found, names, 1)[0], 16),), classes
    else:
        channels = plausible(stem[1], 3) if len(stem) == 4 else None
        yield from ((name, shape, classes) for shape in shapes_of(name, channels))


def plausible(count: int, otherwise: int) -> int:
    """A number of classes, channels or places that some network may have, else another."""
    return count if 0 < count <= MOST else otherwise


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


def suggestion(raw: Layout, architecture: str, shape: Shape, classes: int) -> Suggestion:
    """What is said of one reading."""
    wanted = Wanted(layout(architecture, shape, classes))
    match = chosen(matches({name: Held(one) for name, one in raw.items()}, wanted))
    if match is not None:
        return Suggestion(architecture, shape, classes, "", match.names)
    names = by_order(raw, wanted.shapes)
    return Suggestion(architecture, shape, classes, difference(raw, wanted.shapes, names), names, bool(names))


def _wanted(one: Suggestion) -> Wanted:
    return Wanted(layout(one.architecture, one.shape, one.classes))


def by_order(raw: Layout, wanted: Layout) -> dict[str, str]:
    """The network's names to a file's where only the order of the tensors tells; nothing where it does not.

    Namesakes are paired; those without go by their order, first among those that are called alike after the last dot.
    That two tensors have one shape is all that speaks for a pair: it may be wrong, and is for the user to confirm.

    Example:
        >>> theirs = {"a": (2, 3), "head.bias": (1,), "head.weight": (1, 3)}
        >>> by_order(theirs, {"a": (2, 3), "b.weight": (1, 3), "b.bias": (1,)})
        {'a': 'a', 'b.weight': 'head.weight', 'b.bias': 'head.bias'}
    """
    bare = plain(raw)
    originals = dict(zip(bare, raw, strict=False)) if len(bare) == len(raw) else {}
    ahead = prefix(bare, wanted)
    found = without(ahead, bare)
    left = [name for name in found if name not in wanted]
    lacking = [name for name in wanted if name not in found]
    if len(left) != len(lacking) or not originals:
        return {}
    for order in (leaf, lambda _: ""):
        others = dict(zip(sorted(lacking, key=order), sorted(left, key=order), strict=True))
        pairs = {name: others.get(name, name) for name in wanted}
        if all(found[theirs] == wanted[ours] for ours, theirs in pairs.items()):
            return {
                ours: originals[ahead + theirs if ahead + theirs in originals else theirs]
                for ours, theirs in pairs.items()
            }
    return {}


def relative(raw: Layout, wanted: Layout) -> tuple[Layout, Layout]:
    """A file's and a network's layout without what stands before every name in one of them alone."""
    here, there = plain(raw), plain(wanted)
    ahead, inside = prefix(here, there), prefix(there, here)
    if len(without(inside, there).keys() & here.keys()) > len(without(ahead, here).keys() & there.keys()):
        return here, without(inside, there)
    return without(ahead, here), there


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


def difference(raw: Layout, wanted: Layout, names: Mapping[str, str]) -> str:
    """What separates two layouts, in words: by names while most are shared, else by shapes."""
    if names:
        others = [f"{theirs} for {ours}" for ours, theirs in names.items() if not called(theirs, ours)]
        return f"its names are others, which only their order pairs: {first(others)}"
    found, wanted = relative(raw, wanted)
    if 2 * len(found.keys() & wanted.keys()) >= len(wanted):
        return misfit(found, wanted)
    here, there = Counter(found.values()), Counter(wanted.values())
    kinds = {"lacks": there - here, "also has": here - there}
    parts = [f"it {words} {first(shaped(some))}" for words, some in kinds.items() if some]
    return "; ".join(["it has other names", *(parts or ["they come in another order"])])


def called(theirs: str, ours: str) -> bool:
    """Whether a file's tensor is called as the network's, but for what stands before it."""
    return f".{unwrapped(theirs)}".endswith(f".{ours}")


def shaped(some: Counter[Shape]) -> list[str]:
    """Tensors that have no name in common, in words."""
    return [f"{count} of shape {shape}" for shape, count in some.items()]
