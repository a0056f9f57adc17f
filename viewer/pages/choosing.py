"""Which data the dialog offers for a checkpoint, and which of them it preselects."""

from collections.abc import Mapping, Sequence
from typing import Any

from compute.adding import Candidate, DataChoice, DataFit
from compute.card import STUDY


def read_candidate(one: Mapping[str, Any]) -> Candidate:
    """A candidate as the page keeps it, typed again; of its tensors nothing is needed here."""
    return Candidate(one["architecture"], tuple(one["shape"]), one["classes"], one["differs"])


def preselected(
    candidate: Candidate, fit: DataFit, choices: Sequence[DataChoice], dropped: Sequence[str], chosen: str | None
) -> str | None:
    """The data to begin with: those dropped last that fit, else those chosen, else the nearest; None where none fit.

    Data that nobody dropped or chose must have as many classes as the network: the digits are no data for a network
    of a thousand classes, though they would go through it.

    Example:
        >>> choices = DataChoice("a", "", (1, 8, 8), 5), DataChoice("b", "", (3, 64, 64), 5)
        >>> preselected(Candidate("resnet20", (3, 32, 32), 5, ""), DataFit(("b",), ""), choices, [], None)
        'b'
    """
    last = next((name for name in reversed(dropped) if name in fit.names), None)
    if last is not None or chosen in fit.names:
        return last or chosen
    alike = [one for one in choices if one.name in fit.names and one.classes == candidate.classes]
    return max(alike, key=lambda one: one.shape == candidate.shape).name if alike else None


def options(choices: Sequence[DataChoice], fit: DataFit) -> list[dict[str, Any]]:
    """The list of data, first those that fit; the others cannot be chosen, and say so.

    Example:
        >>> options([DataChoice("digits", "digits", (1, 8, 8), 10)], DataFit((), ""))
        [{'value': 'digits', 'label': 'digits · 1 × 8 × 8 · 10 classes · does not fit', 'disabled': True}]
    """
    ordered = sorted(choices, key=lambda one: one.name not in fit.names)
    return [
        {"value": one.name, "label": described(one)}
        if one.name in fit.names
        else {"value": one.name, "label": f"{described(one)} · does not fit", "disabled": True}
        for one in ordered
    ]


def plain_name(data: str) -> str:
    """The name of data without a folder; those that are offered all lie in the same.

    Example:
        >>> plain_name("npz:/home/me/sets/ours.npz"), plain_name("digits"), plain_name("study:mine")
        ('npz:ours.npz', 'digits', 'study:mine')
    """
    kind, colon, place = data.partition(":")
    return f"{kind}{colon}{place.rpartition('/')[2]}"


def described(choice: DataChoice) -> str:
    """Data in the list.

    Example:
        >>> described(DataChoice("cifar10", "cifar10", (3, 32, 32), 10))
        'cifar10 · 3 × 32 × 32 · 10 classes'
    """
    if choice.name.startswith(STUDY):  # whose outputs may be no classes
        return f"{choice.title} · {sides(choice.shape)}"
    if choice.name.startswith("text:"):
        return f"{choice.title} · sequences of {sides(choice.shape)} · {choice.classes} symbols"
    return f"{choice.title} · {sides(choice.shape)} · {choice.classes} classes"


def sides(shape: Sequence[int]) -> str:
    """The shape of an example as one reads it.

    Example:
        >>> sides((3, 32, 32))
        '3 × 32 × 32'
    """
    return " × ".join(map(str, shape))


def published(choices: Sequence[Mapping[str, Any]], chosen: str | None) -> tuple[bool, str, str]:
    """Whether data are normalised on the way, and by which published mean and deviation.

    Example:
        >>> published([{"name": "mnist", "raw": True, "mean": [0.1307], "std": [0.3081]}], "mnist")
        (True, '0.1307', '0.3081')
    """
    found = next((one for one in choices if one["name"] == chosen), {})
    mean, std = (", ".join(f"{number:.4f}" for number in found.get(name) or ()) for name in ("mean", "std"))
    return bool(found.get("raw")), mean, std
