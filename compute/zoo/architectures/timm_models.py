"""The image classifiers of the package timm, by their names there."""

import json
from typing import Any

from torch import nn

from compute.errors import BadReference, UnknownName


def timm_classifier(wanted: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A fresh network of timm for images of some (channels, height, width).

    Args:
        wanted: its name in timm; after a space, what else `timm.create_model` takes, as JSON.
        shape: one image's.
        classes: how many logits.

    Raises:
        UnknownName: timm has no network of this name.
        BadReference: timm is not installed, or cannot build it for such images.
    """
    timm = _timm()
    name, _, told = wanted.partition(" ")
    if name.partition(".")[0] not in timm.list_models():
        raise UnknownName("timm model", name, timm.list_models())
    given = {"num_classes": classes, "in_chans": shape[0], **_size(timm, name, shape), **_arguments(wanted, told)}
    try:
        network: nn.Module = timm.create_model(name, pretrained=False, **given)
    except Exception as problem:
        raise BadReference(
            f"timm's {name} should take images of shape {shape}, but cannot be built for them ({problem}): choose "
            "another, or other data."
        ) from problem
    return network


def _timm() -> Any:  # noqa: ANN401 - an optional package
    try:
        import timm
    except ImportError:
        raise BadReference("A network of timm needs that package, but it is missing: run pip install timm.") from None
    return timm


def _size(timm: Any, name: str, shape: tuple[int, int, int]) -> dict[str, object]:  # noqa: ANN401
    """The image's size, for networks that are built for one."""
    stated = timm.get_pretrained_cfg(name, allow_unregistered=True)
    return {"img_size": shape[1:]} if stated is not None and stated.fixed_input_size else {}


def _arguments(wanted: str, told: str) -> dict[str, object]:
    """What a name says beside the name itself."""
    try:
        found = json.loads(told or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadReference(
            f'A network of timm should be named timm:NAME or timm:NAME {{"ARGUMENT": VALUE}}, got timm:{wanted}: '
            "correct it."
        )
    return found
