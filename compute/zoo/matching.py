"""Which of a file's tensors is which of a network's, by name: exactly, or after one rule that explains all of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from compute.errors import BadCheckpoint
from compute.shapes import Shape
from compute.zoo.layouts import COUNTER, Wanted, alike, first, unwrapped
from compute.zoo.translations import TRANSLATIONS, renamed

SEPARATORS = "._/:|-"
"""One of these stands between a prefix and a name, or between a name and a suffix."""

NO_PARAMETER = re.compile(
    r"(^|[._])(criterions?(_\w+)?|(\w+_)?loss(es)?(_?(fn|func|function|module))?|(\w+_)?metrics?(_\w+)?"
    r"|(\w+_)?(acc(uracy)?|auroc|auc|f1|iou|psnr|ssim|fid|confmat|meter)(_(train|val|test|top\d+))?|lpips)[.]"
    r"|(^|[._])(n_averaged|_extra_state|num_updates|initted|masked_bias|inv_freq|ema_decay|steps?|epoch)$"
)
"""Names of what stands beside a network's parameters: weights of a criterion, metrics, counters."""

AVERAGED = re.compile(r"(^|[._*-])(ema|averaged?|avg|shadow|swa|polyak)($|[._\d-])", re.IGNORECASE)
"""Names of weights averaged over training, which stand beside the last ones."""

SETS = 500
"""Sets of weights that a file may hold."""

BARE = "bare"
"""What a set of weights is called whose names have nothing before them."""

USUAL = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "params", "weights")
"""Where training scripts put the weights, the most telling first."""


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor of a file: its shape, the dictionary in the file that holds it, whether its numbers are floating."""

    shape: Shape
    place: str = ""
    floating: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """A set of weights in a file that has every tensor of a network.

    `weights` is what the set is called in the file (a key, a prefix, or `BARE`), `names` the
    network's names to the file's, `aside` what stands beside them and is no parameter, `unknown` what may be one.
    `rule` says what other than the names themselves explains them; `others` are further sets that fit.
    """

    weights: str
    names: Mapping[str, str]
    rule: str = ""
    aside: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def averaged(self) -> bool:
        """Whether these weights are an average over training, by their name."""
        return bool(AVERAGED.search(self.weights))


def matches(found: Mapping[str, Held], wanted: Wanted) -> tuple[Match, ...]:
    """Every set of weights in a file that fits a network by name, as they stand in the file.

    Names are the network's own; or have one prefix or suffix, or the network's have a prefix that the file's lack; or
    so without the parts that wrappers insert anywhere; or so after one of `TRANSLATIONS`.

    Example:
        >>> found = {"net.module.a": Held((2,), "net"), "optimizer.state.0": Held((2,), "optimizer.state")}
        >>> [(one.weights, dict(one.names)) for one in matches(found, Wanted({"a": (2,)}))]
        [('net', {'a': 'net.module.a'})]
    """
    if not wanted.shapes:
        return ()
    every = list(_by_spelling(found, wanted, "", {name: name for name in found}, {n: n for n in wanted.shapes}))
    theirs, ours = renamed(found, unwrapped), renamed(wanted.shapes, unwrapped)
    if len(ours) == len(wanted.shapes):
        every += _by_spelling(found, wanted, "", theirs, ours)
        for rule, rename in TRANSLATIONS.items() if not every else ():
            translated = {new: theirs[old] for new, old in renamed(theirs, rename).items()}
            every += _by_spelling(found, wanted, rule, translated, ours)
    return _judged(_distinct(every), found)


def chosen(every: Iterable[Match]) -> Match | None:
    """The weights that are taken unless others are named: averaged ones, else those under the most usual name.

    Only sets with nothing unknown beside them count; None where no rule tells which of several.

    Example:
        >>> chosen([Match("params", {}), Match("params_ema", {})]).weights
        'params_ema'
    """
    clean = [one for one in every if not one.unknown]
    averaged = [one for one in clean if one.averaged]
    if len(clean) <= 1 or len(averaged) == 1:
        return next(iter(averaged or clean), None)
    usual = [one for key in USUAL for one in clean if one.weights.split(".")[-1] == key and not one.averaged]
    return usual[0] if usual and not averaged else None


def named(every: Iterable[Match], weights: str) -> Match | None:
    """The weights of a name: all of it, or its end; what else stands in the file is left aside."""
    every = list(every)
    exact = [one for one in every if one.weights == weights]
    found = exact or [one for one in every if one.weights.endswith("." + weights)]
    return replace(found[0], aside=found[0].aside + found[0].unknown, unknown=()) if len(found) == 1 else None


def _by_spelling(
    found: Mapping[str, Held], wanted: Wanted, rule: str, theirs: Mapping[str, str], ours: Mapping[str, str]
) -> Iterator[Match]:
    """Matches with the file's and the network's names spelled in one way; values are the names as they stand."""
    for ahead in _shared(ours):
        short = {name[len(ahead) :]: original for name, original in ours.items()}
        hits = False
        for start, end in _frames(theirs, _pivots(short, wanted)):
            names = _names(found, wanted, {new: theirs.get(start + new + end, "") for new in short}, short)
            if names:
                hits = True
                told = ", ".join(
                    filter(None, (rule, f"without {ahead}" if ahead else "", f"ends in {end}" * bool(end)))
                )
                yield Match((_called(start) or BARE * (not end)) + (f"*{end}" if end else ""), names, told)
        if hits:
            return


def _names(
    found: Mapping[str, Held], wanted: Wanted, spelled: Mapping[str, str], short: Mapping[str, str]
) -> dict[str, str]:
    """The network's names to the file's; nothing where a tensor is missing or of another shape.

    A name that is missing has its twin's tensor, if the network ties the two.
    """
    names = {short[new]: name for new, name in spelled.items() if name}
    for name, theirs in names.items():
        if not alike(found[theirs].shape, wanted.shapes[name]):
            return {}
    for name in wanted.shapes:
        if name not in names:
            twin = next((names[other] for other in sorted(wanted.twins(name)) if other in names), None)
            if twin is None:
                return {}
            names[name] = twin
    return {name: names[name] for name in wanted.shapes}


def _shared(names: Iterable[str]) -> list[str]:
    """What all names of a network begin with, part by part, beginning with nothing."""
    split = [name.split(".")[:-1] for name in names]
    starts, ahead = [""], ""
    for level in zip(*split, strict=False):
        if len(set(level)) > 1:
            break
        ahead += level[0] + "."
        starts.append(ahead)
    return starts


def _pivots(short: Mapping[str, str], wanted: Wanted) -> list[str]:
    """Names of which a file must have one: the longest, with its twins."""
    longest = max(short, key=len)
    twins = wanted.twins(short[longest])
    return [new for new, original in short.items() if original in twins]


def _frames(names: Iterable[str], pivots: Iterable[str]) -> list[tuple[str, str]]:
    """What may stand before and behind every name, in the file's order.

    Raises:
        BadCheckpoint: very many things may.
    """
    frames: dict[tuple[str, str], None] = {}
    for pivot in pivots:
        for name in names:
            at = name.rfind(pivot)
            if at < 0:
                continue
            start, end = name[:at], name[at + len(pivot) :]
            if (not start or start[-1] in SEPARATORS) and (not end or end[0] in SEPARATORS):
                frames[start, end] = None
        if len(frames) > SETS:
            raise BadCheckpoint(
                f"A checkpoint should hold at most {SETS} sets of weights, this one holds more that fit: save one of "
                "them alone."
            )
    return list(frames)


def _called(start: str) -> str:
    """A prefix as one names it."""
    return unwrapped(start.rstrip(SEPARATORS))


def _distinct(every: Iterable[Match]) -> list[Match]:
    """Matches that take other tensors, each once, each under a name of its own."""
    found: dict[frozenset[str], Match] = {}
    called = set[str]()
    for one in every:
        taken = frozenset(one.names.values())
        if taken not in found and one.weights not in called:
            found[taken] = one
            called.add(one.weights)
    return list(found.values())


def _judged(every: list[Match], found: Mapping[str, Held]) -> tuple[Match, ...]:
    """Matches with what stands beside them in the same dictionaries of the file, and belongs to no other match."""
    fitting = {name for one in every for name in one.names.values()}
    within: dict[str, list[str]] = {}
    for name, held in found.items():
        if not name.endswith(COUNTER) and name not in fitting:
            within.setdefault(held.place, []).append(name)
    strange = {name for names in within.values() for name in names if may_be_parameter(name, found[name])}
    judged = []
    for one in every:
        places = dict.fromkeys(found[name].place for name in one.names.values())
        beside = [name for place in places for name in within.get(place, ())]
        unknown = [name for name in beside if name in strange]
        aside = tuple(name for name in beside if name not in strange)
        judged.append(replace(one, aside=aside, unknown=tuple(unknown)))
    return tuple(judged)


def may_be_parameter(name: str, held: Held) -> bool:
    """Whether a tensor may be a network's parameter or buffer: floating, not empty, and not called otherwise.

    Example:
        >>> may_be_parameter("criterion.weight", Held((2,))), may_be_parameter("fc.weight", Held((2, 3)))
        (False, True)
    """
    *_, rows, columns = (0, 0, *held.shape)
    mask = held.shape == (1, 1, rows, rows) and name.endswith("attn.bias") and rows == columns  # GPT-2's causal mask
    return held.floating and 0 not in held.shape and not mask and not NO_PARAMETER.search(name)


def listed(names: Iterable[str]) -> str:
    """Names of sets of weights, in words."""
    return first(name or BARE for name in names)
