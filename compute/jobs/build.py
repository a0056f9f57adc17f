"""Turns references into a network, data and a plane on this process's device."""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from torch import nn

from compute.card import STUDY
from compute.deviation import LIMIT, Deviation
from compute.errors import BadData
from compute.inputs import input_shape, map_tensors
from compute.jobs import device, stored
from compute.jobs.axes import spanned
from compute.jobs.networks import load_network
from compute.jobs.precision import Check, checked, dtype_of
from compute.jobs.preparing import exact, examined, fast, without_fast
from compute.jobs.progress import mark
from compute.jobs.undefined import refuse_undefined
from compute.numerics.copies import converted
from compute.numerics.evaluation import Examples
from compute.numerics.gradients import Gradients
from compute.numerics.planes import Plane, Weights, movable
from compute.numerics.prepared import Answers, Calibration, Prepared
from compute.numerics.statistics import coordinates
from compute.shapes import shape_text
from compute.specs import CALIBRATION, CALIBRATION_BATCH, Cut, DataRef, ModelRef, PlaneRef, Query, Segment, StoredPlane
from compute.zoo import datasets, studies

log = logging.getLogger(__name__)

KEPT = 4
"""Prepared surfaces a worker keeps however large they are: as many as there can be panels."""
ROOM = 2**29
"""Bytes up to which it keeps more."""

_ready: OrderedDict[tuple[str, int], "Ready"] = OrderedDict()


@dataclass(slots=True, eq=False)
class Ready:
    """What answers a query: prepared once, and for the fast arithmetic compared with the exact one, again and again."""

    query: Query
    made: Prepared
    exact: Prepared | None = None
    check: Check = field(default_factory=Check)
    found: Deviation | None = None
    within_checked: float = -1.0

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.made.device

    @property
    def left_out(self) -> tuple[str, ...]:
        """What of the preparation would have changed the loss."""
        return tuple(dict.fromkeys((*self.made.left_out, *(self.exact.left_out if self.exact else ()))))

    @property
    def error(self) -> Deviation | None:
        """How far the fast arithmetic was found to stray; None where nothing was compared."""
        own = self.check.deviation
        return own if self.found is None else self.found.joined(own)

    @property
    def fell_back(self) -> bool:
        """Whether the fast arithmetic was too wrong."""
        return self.error is not None and self.error.too_large

    def asked(self, at: np.ndarray, start: int, stop: int, reach: float) -> Answers:
        """The losses and the correctness of the examples from `start` to `stop` at points (points, 2), their labels.

        Raises:
            BadNetwork: an example has no loss at the model itself.
        """
        answers = self._answers(at, start, stop, reach)
        refuse_undefined(self.exact or self.made, answers[0], start, stop)
        return answers

    def _answers(self, at: np.ndarray, start: int, stop: int, reach: float) -> Answers:
        """The same, unrefused.

        Those of the fast network are compared with exact ones at some of the points; where it is too wrong, now or
        before, all are exact.
        """
        if self.exact is None:
            return self.made.losses(at, start, stop)
        if not self.fell_back:
            answers = self.made.losses(at, start, stop)
            self._compare(at, answers[0], start, stop, reach)
        return self.exact.losses(at, start, stop) if self.fell_back else answers

    def _compare(self, at: np.ndarray, losses: np.ndarray, start: int, stop: int, reach: float) -> None:
        """Compares the fast losses (points, examples) with exact ones, at some of the points."""
        fast = losses.mean(axis=1, dtype=float)
        chosen = self.check.choose(at, fast, reach)
        if self.exact is not None and chosen.size:
            exact, _, _ = self.exact.losses(at[chosen], start, stop)
            self.check.compare(at[chosen], fast[chosen], exact.mean(axis=1, dtype=float))
        if self.fell_back:
            log.info("fast given up key=%s error=%s limit=%g", self.query.key, self.error, LIMIT)

    def within(self, reach: float) -> Prepared:
        """The network to ask about points as far out as `reach`, once it was checked there by itself."""
        if self.exact is None:
            return self.made
        if reach > self.within_checked:
            self.found, self.within_checked = checked(self.made, self.exact, reach).joined(self.found), reach
            log.info("fast checked key=%s reach=%g error=%s limit=%g", self.query.key, reach, self.found, LIMIT)
        return self.exact if self.fell_back else self.made

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return sum(made.size for made in (self.made, self.exact) if made is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Steep:
    """What answers a query for the gradient's length: one number a point, over all examples at once."""

    made: Gradients
    device: torch.device
    error = None
    fell_back = False
    left_out: tuple[str, ...] = ()

    def asked(self, at: np.ndarray, _start: int, _stop: int, _reach: float) -> Answers:
        """The gradient's length at points (points, 2), as if there were one example, of class 0 and never judged."""
        return self.made.norms(at)[:, None], None, np.zeros(1, np.int64)


def answering(query: Query) -> "Ready | Steep":
    """What answers a query.

    Raises:
        LandscapeError: the references do not fit together, or a study has changed since it was named.
    """
    studies.check(query.model.architecture, query.data)
    return steep(query) if query.measure == "gradient" else ready(query)


def ready(query: Query) -> Ready:
    """What answers a query for losses, prepared once and kept while it is used.

    Raises:
        LandscapeError: the references do not fit together.
    """
    name = query.key, query.data.size
    found = _ready.pop(name, None) or build(query, device.chosen())
    _ready[name] = found
    while len(_ready) > KEPT and sum(one.size for one in _ready.values()) > ROOM:
        _ready.popitem(last=False)
    return found


def build(query: Query, where: torch.device) -> Ready:
    """Loads a query's model, data and plane onto a device and makes them ready.

    Raises:
        LandscapeError: one of them cannot be loaded, or they do not fit together.
    """
    network, plane, data, dtype = loaded(query, where)
    training = calibration(query, where)
    wide = torch.promote_types(dtype, torch.float32)
    clones = examined(network, data, wide, query.model, query.data)
    made = fast(network, plane, data, query.model, training, clones) if dtype != wide else None
    wider = exact(network, plane, data, wide, query.model, training, clones)
    for one in (made, wider):
        if one is not None:
            one.network.register_forward_pre_hook(mark)
    if made is not None:
        return Ready(query, made, wider)
    return Ready(query, wider if dtype == wide else without_fast(wider))


@lru_cache(maxsize=KEPT)
def steep(query: Query) -> Steep:
    """What answers a query for the gradient's length.

    Raises:
        LandscapeError: as `build`.
    """
    network, plane, data, dtype = loaded(query, device.chosen())
    wide = torch.promote_types(dtype, torch.float32)
    examined(network, data, wide, query.model, query.data)
    network.register_forward_pre_hook(mark)
    return Steep(Gradients(network, plane, data), device.chosen())


def loaded(query: Query, where: torch.device) -> tuple[nn.Module, Plane, Examples, torch.dtype]:
    """A query's network, plane and examples on a device, and the arithmetic to compute in, if need be after them.

    Raises:
        LandscapeError: as `build`.
    """
    network = load_network(query.model)
    # The axes are drawn and scaled on the CPU, so that every device gets the same.
    plane = spanned(query.plane, query.model, moving(query.plane, network)).to(where)
    data = examples(query.data, query.model, where)
    dtype = dtype_of(query.precision, where)
    wide = torch.promote_types(dtype, torch.float32)
    return converted(network, where, wide), plane.to(wide), data.to(wide), dtype


def moving(ref: PlaneRef, network: nn.Module) -> Weights:
    """What of a network a plane moves: its parameters, BatchNorm's statistics where they are interpolated.

    And those buffers that stored directions move.

    Raises:
        BadDirections: stored directions cannot be read, or do not fit the network.
    """
    if isinstance(ref, Cut):
        return moving(ref.plane, network)
    if isinstance(ref, StoredPlane):
        return stored.moving(stored.unchanged(ref), network)
    if isinstance(ref, Segment) and ref.statistics == "interpolated":
        return coordinates(network)
    return {name: weight.clone() for name, weight in movable(network).items()}


def calibration(query: Query, where: torch.device) -> Calibration | None:
    """What BatchNorm's statistics are recomputed from, for a line that asks for it: training examples.

    Raises:
        LandscapeError: the data have no training examples.
    """
    if not isinstance(query.plane, Segment) or query.plane.statistics != "recomputed":
        return None
    training = datasets.first(query.data, "train", CALIBRATION)
    return Calibration(examples(training, query.model, where).inputs, CALIBRATION_BATCH)


def examples(ref: DataRef, model: ModelRef, where: torch.device) -> Examples:
    """The examples of a reference, on a device.

    Raises:
        BadData: they are not what the model takes.
    """
    found = datasets.examples(ref)
    shape = input_shape(found.inputs)
    if shape != model.shape:
        raise BadData(
            f"{model.architecture} takes examples of shape {shape_text(model.shape)}, got {shape_text(shape)} from "
            f"{ref.name}: choose the data it was trained on."
        )
    inputs, targets = (map_tensors(lambda tensor: tensor.to(where), part) for part in (found.inputs, found.targets))
    made = Examples(inputs, targets)
    return replace(made, judge=studies.judge(ref)) if ref.name.startswith(STUDY) else made
