"""What the `config.json` beside weights from a model hub says about them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compute.errors import BadReference
from compute.zoo.registry import TIMM

CONFIG = "config.json"

SET_BY_DATA = ("num_classes", "in_chans", "pretrained", "pretrained_cfg")
"""Arguments of a network of timm that follow from elsewhere."""


@dataclass(frozen=True, slots=True)
class HubConfig:
    """A network's architecture, its number of classes, and what its pixels are normalised by, where these are stated.

    `classes` and `mean` are None where they are not. `std` is None where `mean` is.
    """

    architecture: str
    classes: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


def hub_config(checkpoint: Path) -> HubConfig | None:
    """What is stated beside a file of weights, or in the folder that holds them; None where timm has written nothing.

    Raises:
        BadReference: the configuration is that of a network of transformers, which needs a study.
    """
    stated = _read((checkpoint if checkpoint.is_dir() else checkpoint.parent) / CONFIG)
    name = stated.get("architecture")
    if not isinstance(name, str):
        if "model_type" in stated:
            kind = (stated.get("architectures") or [stated["model_type"]])[0]
            raise BadReference(
                f"{checkpoint} is {kind} of transformers, as its {CONFIG} says, whose data and loss only you know: "
                "write a study, whose model() makes that network, and pass it as --study."
            )
        return None
    told = {key: value for key, value in stated.get("model_args", {}).items() if key not in SET_BY_DATA}
    pixels = {**stated, **stated.get("pretrained_cfg", {})}
    mean, std = _numbers(pixels.get("mean")), _numbers(pixels.get("std"))
    both = mean is not None and std is not None
    more = f" {json.dumps(told, sort_keys=True)}" if told else ""
    return HubConfig(f"{TIMM}{name}{more}", _count(stated), mean if both else None, std if both else None)


def _read(file: Path) -> Mapping[str, Any]:
    """What a file states; nothing if there is none, or none that can be read."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _count(stated: Mapping[str, Any]) -> int | None:
    places = (stated, stated.get("model_args", {}), stated.get("pretrained_cfg", {}))
    return next((place["num_classes"] for place in places if isinstance(place.get("num_classes"), int)), None)


def _numbers(found: object) -> tuple[float, ...] | None:
    if not isinstance(found, list) or not found or not all(isinstance(one, int | float) for one in found):
        return None
    return tuple(float(one) for one in found)
