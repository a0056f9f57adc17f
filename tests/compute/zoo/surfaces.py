"""Surfaces of studies beside the plainest evaluation there is: parameters set, network called, loss taken."""

import importlib.util
import textwrap

import numpy as np
import torch

from compute.jobs.executors import SequentialExecutor
from compute.jobs.tasks import study
from compute.lattice import Lattice
from compute.numerics.directions import gaussian, scaled
from compute.service import LandscapeService
from compute.specs import RandomPlane, Survey
from compute.store.memory import MemoryStore
from compute.zoo import studies
from tests.compute.test_intake import settings

LATTICE = Lattice.spanning(1, (-0.5, 0.5), (-0.5, 0.5))


def opened(folder, text):
    """A study of a text, its module, and a network of its own with weights of a seed."""
    path = folder / "mine.py"
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location("a_copy_of_mine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(5)
    return path, module, module.model().eval()


def survey(folder, path, size, plane):
    """What the program says of the study's only run."""
    studies.allow(studies.named([path]))
    try:
        service = LandscapeService(settings(folder), MemoryStore(), [SequentialExecutor()], [study("mine")])
        query = service.query("study:mine", "train", size, plane)
        *_, last = service.unfolding(Survey(query, LATTICE))
        return last.loss
    finally:
        studies.allow({})


def plain_losses(module, network, size, plane, frozen=()):
    """The mean losses that the study's own functions give, point by point."""
    inputs, targets = (first_rows(part, size) for part in module.data("train"))
    parameters = dict(network.named_parameters())
    origin = {name: weight.detach().clone() for name, weight in parameters.items()}
    chosen = plane.norm, plane.ignore, plane.only, frozen
    x, y = (scaled(gaussian(origin, plane.seed, axis), origin, *chosen) for axis in (0, 1))
    found = np.empty(LATTICE.shape)
    for row, beta in enumerate((-0.5, 0.0, 0.5)):
        for column, alpha in enumerate((-0.5, 0.0, 0.5)):
            with torch.no_grad():
                for name, weight in parameters.items():
                    weight.copy_(origin[name] + alpha * x[name] + beta * y[name])
                if isinstance(inputs, dict):
                    outputs = network(**inputs)
                else:
                    outputs = network(*inputs) if isinstance(inputs, tuple) else network(inputs)
                found[row, column] = module.loss(outputs, targets).double().mean().item()
    with torch.no_grad():
        for name, weight in parameters.items():
            weight.copy_(origin[name])
    return found


def first_rows(part, size):
    if isinstance(part, tuple | list):
        return tuple(one[:size] for one in part)
    return {name: one[:size] for name, one in part.items()} if hasattr(part, "items") else part[:size]


def check_surface(folder, text, size=24, plane=None, frozen=()):
    """A study's surface is that of the plain evaluation."""
    plane = plane or RandomPlane(seed=3)
    path, module, network = opened(folder, text)
    (folder / "runs").mkdir(exist_ok=True)
    torch.save(network.state_dict(), folder / "runs" / "epoch-1.pt")
    expected = plain_losses(module, network, size, plane, frozen)
    assert np.ptp(expected) > 1e-3  # a flat surface would prove nothing
    np.testing.assert_allclose(survey(folder, path, size, plane), expected, rtol=1e-5, atol=1e-6)
