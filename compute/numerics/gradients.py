"""How steep the loss is in all directions of weight space at points of a plane."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from compute.errors import BadNetwork
from compute.inputs import map_tensors
from compute.numerics.arithmetic import arithmetic
from compute.numerics.calling import call_with
from compute.numerics.evaluation import Examples
from compute.numerics.planes import Plane, Weights, real


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """A network, in evaluation mode, asked for its gradient at points of a plane; nothing of it is folded.

    Folding would change the parameters, and so the length of the gradient.
    """

    network: nn.Module
    plane: Plane
    examples: Examples
    batch: int = 128

    def norms(self, at: np.ndarray) -> np.ndarray:
        """The gradient's length (points,), float64, at points (points, 2)."""
        weights = (self.plane.embed(alpha, beta) for alpha, beta in at.tolist())
        return np.array([gradient_norm(self.network, one, self.examples, self.batch) for one in weights])


def gradient_norm(network: nn.Module, weights: Weights, examples: Examples, batch: int = 128) -> float:
    r"""The length of $\nabla_\theta \frac1n \sum_i L_i(\theta)$ over all parameters; the network is not changed.

    The sum is over examples, not batches, so that the batch size makes no difference. NaN is a result. A parameter with
    several owners counts once.

    Raises:
        BadNetwork: the loss does not depend on the weights by anything that can be differentiated.

    Example:
        >>> network = nn.Linear(1, 2, bias=False).eval()
        >>> weights = {"weight": torch.zeros(2, 1)}
        >>> found = gradient_norm(network, weights, Examples(torch.ones(1, 1), torch.tensor([0])))
        >>> round(found, 6)  # softmax less the truth
        0.707107
    """
    parameters = {name for name, _ in network.named_parameters()}  # a plane may move buffers, too
    leaves = {name: weight.detach().clone().requires_grad_(name in parameters) for name, weight in weights.items()}
    kind = next(iter(weights.values())).abs().dtype
    with arithmetic(kind, gradients=True):
        for part in examples.batches(batch):
            inputs, targets = (map_tensors(Tensor.clone, one) for one in part)
            losses, _ = examples.judge(call_with(network, leaves, inputs), targets)
            if not losses.requires_grad:
                raise BadNetwork(
                    f"The gradient's length needs a loss that can be differentiated, {type(network).__name__} computes "
                    "without gradients: leave out torch.no_grad(), or ask for the loss."
                )
            torch.autograd.backward(losses.sum() / len(examples))
    found: list[Tensor] = [real(leaf.grad).square().sum() for leaf in leaves.values() if leaf.grad is not None]
    return torch.stack(found).sum().sqrt().item()
