"""What the arrays of a surface file may be called, and what they are called here."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

from compute.errors import BadSurface

AXES = (
    *(("xcoordinates", "ycoordinates"), ("alpha", "beta"), ("α", "β"), ("x", "y"), ("a", "b"), ("xx", "yy")),
    *(("x_coordinates", "y_coordinates"), ("x_coords", "y_coords"), ("xcoords", "ycoords"), ("xcoord", "ycoord")),
    *(("alphas", "betas"), ("xs", "ys"), ("xgrid", "ygrid"), ("x_grid", "y_grid")),
)
"""The names of the columns' and the rows' places, the likelier first; capitals make no difference."""
PLACES = frozenset(name for pair in AXES for name in pair)
HEIGHTS = ("z", "zz", "zs", "value", "values", "losses", "loss_surface", "loss_grid", "loss_landscape")
"""Names of values that do not say of what: a loss, where the file has no other."""
VALUES = ("loss", "acc", "accuracy", "min_eig", "max_eig", "interpolated", "computed")
"""What an array may be called, alone or after a split and an underscore."""
SPLITS = {
    **{name: name for name in ("train", "test", "val", "valid", "validation", "eval", "dev")},
    **{"training": "train", "testing": "test"},
}
"""Splits whose names may also stand behind what is measured, as in `loss_train`."""


def plain(name: str) -> str:
    """A name in small letters, with underscores for whatever is no letter or digit, and without a unit in brackets.

    Example:
        >>> plain(" Train Loss"), plain("loss (test)"), plain("α"), plain("Accuracy [%]"), plain("loss [nats]")
        ('train_loss', 'loss_test', 'α', 'accuracy', 'loss')
    """
    bracketed = re.search(r"[\[(]([^\])]*)[\])]", name)
    if bracketed is not None and bracketed.group(1).strip().lower() not in SPLITS:
        name = name.replace(bracketed.group(), " ")
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def value_name(name: str) -> str | None:
    """The split and the quantity that a name tells, as `train_loss`; None if it tells none.

    `acc` is of unknown unit, `accuracy` a share, `percent` in percent.

    Example:
        >>> [value_name(name) for name in ("Train Loss", "loss (test)", "loss [nats]", "Z", "acc [%]", "train_losses")]
        ['train_loss', 'test_loss', 'loss', 'z', 'percent', None]
    """
    found = plain(name)
    if found in HEIGHTS:
        return "z"
    kinds = "|".join(VALUES)
    ahead = re.fullmatch(rf"(?:(\w{{1,30}})_)?({kinds})(?:_percent)?", found)
    behind = re.fullmatch(rf"({kinds})_({'|'.join(SPLITS)})", found)
    split, kind = ahead.groups(default="") if ahead else behind.group(2, 1) if behind else ("", "")
    if not kind:
        return None
    if kind in {"acc", "accuracy"} and ("%" in name or "percent" in name.lower()):
        kind = "percent"
    return f"{SPLITS.get(split, split)}_{kind}" if split else kind


def wanted(name: str) -> bool:
    """Whether a surface can use an array of this name."""
    return plain(name) in PLACES or value_name(name) is not None


def axis_names(names: Collection[str]) -> tuple[str, ...]:
    """Those of some names that are the places of the columns and of the rows, or of the columns alone; or none.

    Example:
        >>> axis_names(["Alpha", "loss", "beta"]), axis_names(["xcoordinates", "train_loss"]), axis_names(["loss"])
        (('Alpha', 'beta'), ('xcoordinates',), ())
    """
    known = {plain(name): name for name in sorted(names)}  # small letters last: they win
    pairs = [pair for pair in AXES if all(name in known for name in pair)]
    singles = [pair[:1] for pair in AXES if pair[0] in known]
    return tuple(known[name] for name in next(iter([*pairs, *singles]), ()))


def value_names(names: Iterable[str]) -> dict[str, str]:
    """The values' names in a file by their names here; `z` only where nothing says what the values are.

    Raises:
        BadSurface: two of them are called the same.

    Example:
        >>> value_names(["x", "Z"]), value_names(["loss", "z", "test_acc"])
        ({'loss': 'Z'}, {'loss': 'loss', 'test_acc': 'test_acc'})
    """
    found: dict[str, str] = {}
    for name in names:
        known = value_name(name)
        if known is not None and found.setdefault(known, name) != name:
            raise BadSurface(
                f"Each array should have a name of its own, both {found[known]!r} and {name!r} are {known}: rename one."
            )
    height = found.pop("z", None)
    return found if height is None or found else {"loss": height}


TOLD = 4
"""Names that a sentence tells at most."""


def left_out(names: Iterable[str], origin: str = "null") -> tuple[str, ...]:
    """A sentence on the names of a file that a surface has no use for; none of a file that says itself what it holds.

    Example:
        >>> left_out(["x", "y", "loss", "when", "eig", "eig"]), left_out(["alpha", "beta", "loss"])
        (('A surface has no use for when and eig (twice), which were left out.',), ())
    """
    others = Counter(name for name in names if name.strip() and not wanted(name))
    if not others or origin != "null":
        return ()
    counted = [name[:40] + times(count) for name, count in others.items()]
    more = [f"{len(counted) - TOLD} more"] if len(counted) > TOLD else []
    *first, last = counted[:TOLD] + more
    words = f"{', '.join(first)} and {last}" if first else last
    return (f"A surface has no use for {words}, which {'were' if others.total() > 1 else 'was'} left out.",)


def times(count: int) -> str:
    """How often a name comes, in brackets; nothing for once."""
    return "" if count == 1 else " (twice)" if count == 2 else f" ({count:,} times)"


def other_axes(names: Collection[str]) -> tuple[str, ...]:
    """A sentence on axes beside those that were taken, if there are any.

    Example:
        >>> other_axes(["x", "y", "alpha", "beta", "loss"]), other_axes(["x", "y", "loss"])
        (('Of several axes alpha and beta were taken, x and y were left out.',), ())
    """
    taken = axis_names(names)
    others = sorted(name for name in names if plain(name) in PLACES and name not in taken)
    if len(taken) != 2 or not others:
        return ()
    return (f"Of several axes {' and '.join(taken)} were taken, {' and '.join(others)} were left out.",)
