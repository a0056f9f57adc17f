"""All that training changes: weights, what the optimiser remembers, and the random numbers still to be drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from compute.specs import DataRef
from compute.zoo import datasets
from compute.zoo.recipe import Recipe
from compute.zoo.registry import build

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Learner:
    """A network with its optimiser, the scaler of float16 losses, and the generator, on the CPU, of all draws."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    generator: torch.Generator


def learner(recipe: Recipe, ref: DataRef, device: torch.device) -> Learner:
    """The start of a run on some data."""
    network = fresh(recipe, ref).to(device)
    scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "float16")
    optimiser = make_optimiser(recipe, network, on_device(recipe, device))
    return Learner(network, optimiser, scaler, torch.Generator().manual_seed(recipe.seed))


def on_device(recipe: Recipe, device: torch.device) -> bool:
    """Whether whole steps run on the device without its host: on CUDA, but float16 scales its losses on the host."""
    return device.type == "cuda" and recipe.precision != "float16"


def fresh(recipe: Recipe, ref: DataRef) -> nn.Module:
    """The initial network for some data, drawn by the recipe's seed; the caller's random numbers are left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = build(recipe.architecture, datasets.shape(ref), datasets.classes(ref))
    if recipe.variance != 1:
        with torch.no_grad():
            for weight in matrices(network):
                weight.mul_(recipe.variance**0.5)
    return network.to(memory_format=torch.channels_last)


def matrices(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of two or more dimensions."""
    return [parameter for parameter in network.parameters() if parameter.dim() > 1]


def make_optimiser(recipe: Recipe, network: nn.Module, on_device: bool) -> torch.optim.Optimizer:
    """The recipe's optimiser; Adam with weight decay as part of the gradient, as Li et al. (2018) have it.

    With `on_device` it updates all tensors in one kernel, and its learning rate is a tensor beside the weights, so that
    a CUDA graph of a step can change it.
    """
    parameters = list(network.parameters())
    device = parameters[0].device
    rate: Any = torch.tensor(recipe.learning_rate, device=device) if on_device else recipe.learning_rate
    kind: dict[str, Any] = {"fused": True} if on_device else {"foreach": True}
    if recipe.optimiser == "adam":
        capturable = on_device and device.type == "cuda"
        return torch.optim.Adam(parameters, lr=rate, weight_decay=recipe.weight_decay, capturable=capturable, **kind)
    return torch.optim.SGD(
        parameters,
        lr=rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        **kind,
    )


def state_of(learner: Learner, epochs: int) -> State:
    """Private copies, on the CPU, of everything that going on after `epochs` epochs takes."""
    memory = learner.optimiser.state_dict()["state"]
    return {
        "epochs": epochs,
        "network": {name: _copied(tensor) for name, tensor in learner.network.state_dict().items()},
        "optimiser": {place: {name: _copied(part) for name, part in parts.items()} for place, parts in memory.items()},
        "scaler": learner.scaler.state_dict(),
        "generator": learner.generator.get_state(),
    }


def _copied(part: object) -> object:
    return part.detach().to("cpu", copy=True) if isinstance(part, Tensor) else part


def load_state(learner: Learner, state: State) -> int:
    """Puts the learner where `state_of` found another of the same recipe; how many epochs that run had done.

    What the optimiser remembers is loaded, but not its settings: a run may go on on another device.
    """
    memory = state["optimiser"]
    own = learner.optimiser.state_dict()
    learner.network.load_state_dict(state["network"])
    learner.optimiser.load_state_dict({**own, "state": memory.get("state", memory)})
    learner.scaler.load_state_dict(state["scaler"])
    learner.generator.set_state(state["generator"])
    return int(state["epochs"])


@torch.no_grad()
def rewind(learner: Learner, state: State) -> None:
    """Writes a state into the tensors that the learner has, at their addresses; memory not yet there is made zero."""
    for name, tensor in learner.network.state_dict().items():
        tensor.copy_(state["network"][name])
    for place, name, tensor in _memory(learner):
        kept = state["optimiser"].get(place, {}).get(name)
        tensor.zero_() if kept is None else tensor.copy_(kept)
    learner.generator.set_state(state["generator"])


def _memory(learner: Learner) -> Iterator[tuple[int, str, Tensor]]:
    """The tensors that the optimiser remembers, by its parameter's place and their name."""
    for place, parts in learner.optimiser.state_dict()["state"].items():
        for name, part in parts.items():
            if isinstance(part, Tensor):
                yield place, name, part
