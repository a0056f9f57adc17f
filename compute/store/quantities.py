"""What was measured at the points of an imported surface: losses, accuracies, curvatures; and at which points."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from compute.errors import BadSurface
from compute.grid import ABSENT
from compute.specs import CURVATURES
from compute.store.accuracies import shares
from compute.store.found import plain

MEASURED = ("loss", "accuracy", *CURVATURES)
"""The quantities of a surface, the first that it has being shown first."""
FAMILIES = (("loss", "accuracy"), CURVATURES)
"""Quantities that are computed together."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The quantities of one split, arrays (rows, columns) by name: NaN where absent, accuracies as a share.

    `computed` marks the points that were computed, `interpolated` those that were predicted; the rest are absent.
    """

    values: Mapping[str, np.ndarray]
    computed: np.ndarray
    interpolated: np.ndarray

    @property
    def given(self) -> np.ndarray:
        """The points that have a value."""
        return self.computed | self.interpolated

    @property
    def quantities(self) -> tuple[str, ...]:
        """What there is, the first being shown first."""
        return tuple(name for name in MEASURED if name in self.values)

    @property
    def first(self) -> np.ndarray:
        """The values that are shown first."""
        return self.values[self.quantities[0]]

    def including(self, more: Mapping[str, np.ndarray]) -> "Split":
        """The same with further quantities."""
        return replace(self, values={**more, **self.values})

    def arrays(self, split: str) -> dict[str, np.ndarray]:
        """The arrays of a file in the HDF5 layout: accuracy in percent, ABSENT where a point is absent."""
        prefix = f"{split}_" if split else ""
        scaled = dict(self.values)
        if "accuracy" in scaled:
            scaled["acc"] = np.round(scaled.pop("accuracy") * 100, 9)  # so that it comes back as the same number
        found = {name: np.where(self.given, array, ABSENT) for name, array in scaled.items()}
        found |= {"computed": self.computed} | ({"interpolated": self.interpolated} if self.interpolated.any() else {})
        return {prefix + name: array for name, array in sorted(found.items())}


Parts = tuple[dict[str, Split], tuple[str, ...]]
"""The quantities of each split, and notes."""


def splits_of(arrays: Mapping[str, np.ndarray], said: Mapping[str, object], filled: bool, unit: str = "") -> Parts:
    """The quantities of each split.

    Args:
        arrays: masked, by split and quantity, as `train_loss`.
        said: what the file says of itself.
        filled: whether -1 may stand for a point that was not computed.
        unit: "share" or "percent" where the user says in which unit accuracies are.

    Raises:
        BadSurface: there is none with a finite number, or an accuracy is none.
    """
    unit = "as named" if {"schema", "imported"} & set(said) else unit  # written by this program
    parts, notes = dict[str, Split](), list[str]()
    for prefix in prefixes(arrays):
        own = {name: arrays[name] for name in MARKS if name in arrays}  # which may be said of all splits at once
        own |= {name.removeprefix(prefix): array for name, array in arrays.items() if is_of(name, prefix)}
        for family in FAMILIES:
            part = one_family(own, family, filled, unit, notes)
            name = prefix.removesuffix("_") or (told_split(said) if "loss" in family else "")
            if part is not None:
                parts[name] = parts[name].including(part.values) if name in parts else part
    if not parts:
        raise BadSurface(
            "A surface needs an array loss, acc, min_eig or max_eig, alone or after a split as in train_loss, with at "
            f"least one finite number, there {'are only ' + ', '.join(sorted(arrays)) if arrays else 'is none'}: add "
            "one."
        )
    return dict(sorted(parts.items(), key=lambda pair: (pair[0] != "train", pair[0] == ""))), tuple(notes)


MARKS = ("computed", "interpolated")
"""What arrays of marks are called."""
KINDS = ("loss", "acc", "accuracy", "percent", *CURVATURES)
"""What arrays of values are called, after their split."""


def prefixes(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """The splits of some arrays, each with its underscore, the training set first.

    Example:
        >>> prefixes({"test_loss": 0, "train_acc": 0, "loss": 0, "max_eig": 0, "computed": 0})
        ['train_', 'test_', '']
    """
    found = {name.removesuffix(kind) for name in arrays for kind in KINDS if name == kind or name.endswith(f"_{kind}")}
    return sorted(found, key=lambda prefix: (prefix != "train_", prefix == "", prefix))


def is_of(name: str, prefix: str) -> bool:
    """Whether an array is one of a split's."""
    return name.startswith(prefix) and name.removeprefix(prefix) in (*KINDS, *MARKS)


def one_family(
    own: Mapping[str, np.ndarray], family: tuple[str, ...], filled: bool, unit: str, notes: list[str]
) -> Split | None:
    """Quantities of one split that are computed together; None where none of them has a finite number.

    Raises:
        BadSurface: an accuracy is none.
    """
    values = {name: own[name] for name in family if name in own}
    if "accuracy" in family:
        values |= shares(own, unit, notes)
    values = {name: array for name, array in values.items() if informative(array, filled)}
    if not values:
        return None
    first, shape = next(values[name] for name in family if name in values), next(iter(values.values())).shape
    computed, guessed = (np.ma.filled(own.get(name, np.full(shape, name == "computed")), 0) == 1 for name in MARKS)
    if "computed" in own:
        absent = ~computed & ~guessed & (~np.isfinite(plain(first)) | (filled & (plain(first) == ABSENT)))
    else:
        absent = unfilled(values, notes) if filled else np.full(shape, False)
    given = ~np.ma.getmaskarray(first) & ~absent
    if not np.isfinite(plain(first)[given]).any():
        return None
    guessed = given & (guessed | ~computed)
    numbers = {name: np.where(given, plain(array), np.nan) for name, array in values.items()}
    return Split(numbers, given & ~guessed, guessed)


def informative(array: np.ndarray, filled: bool) -> bool:
    """Whether an array has a finite number that says something."""
    numbers = plain(array)
    return bool((np.isfinite(numbers) & ~(filled & (numbers == ABSENT))).any())


def unfilled(values: Mapping[str, np.ndarray], notes: list[str]) -> np.ndarray:
    """Where the public code of Li et al. (2018) left the -1 that its arrays begin with.

    What is computed together is written together, so a point is missing where all quantities are -1, as no accuracy
    ever is. Where one quantity stands alone and is negative elsewhere, too, -1 is a number like others.
    """
    blank = [np.isnan(plain(array)) | (plain(array) == ABSENT) for array in values.values()]
    found: np.ndarray = np.logical_and.reduce(blank) & np.any(
        [plain(array) == ABSENT for array in values.values()], axis=0
    )
    (name, array), *others = values.items()
    if not others and name != "accuracy" and found.any() and (plain(array)[~found] < 0).any():
        notes.append(f"{int(found.sum())} values of −1 count as numbers, for other values of {name} are negative, too.")
        return np.full(found.shape, False)
    return found


def told_split(said: Mapping[str, object]) -> str:
    """The split of losses whose name tells none: by what the file says of itself, else ""."""
    data = said.get("data")
    split = str(data.get("split", "")) if isinstance(data, dict) else ""
    return split if re.fullmatch(r"\w{0,30}", split) else ""
