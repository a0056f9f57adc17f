"""The running statistics of BatchNorm, which are part of a network's state but no weights."""

from torch import nn

from compute.inputs import Inputs, call, rows, select_rows
from compute.numerics.folding import Norm
from compute.numerics.planes import Weights, movable


def running(network: nn.Module) -> Weights:
    """The running mean and variance of every BatchNorm that keeps them, by name.

    Example:
        >>> sorted(running(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))))
        ['1.running_mean', '1.running_var']
    """
    kept = {name for name, norm in norms(network).items() if norm.track_running_stats}
    found = {name: buffer for name, buffer in network.named_buffers() if name.rpartition(".")[0] in kept}
    return {name: buffer.detach() for name, buffer in found.items() if buffer.is_floating_point()}


def coordinates(network: nn.Module) -> Weights:
    """A network's parameters and running statistics, layer by layer, as private copies."""
    kept = movable(network) | running(network)
    return {name: kept[name].clone() for name in network.state_dict() if name in kept}


def recompute(network: nn.Module, inputs: Inputs, batch: int) -> None:
    r"""Gives every BatchNorm of a network the statistics of some inputs, as its weights are now.

    As the public code of Garipov et al. (2018) does: inputs pass batch by batch, each normalised by its own batch, and
    a batch of b after n others moves the averages by $b / (n + b)$, so they end as the means over all inputs of their
    batches' means and unbiased variances. Only BatchNorm is in training mode meanwhile: nothing is dropped.
    Gradients are kept where the caller keeps them.

    Args:
        network: a private one, in evaluation mode; its running statistics are overwritten.
        inputs: of at least two examples.
        batch: how many pass at once; the result depends on it.
    """
    found = [norm for norm in norms(network).values() if norm.track_running_stats]
    momenta, seen = [norm.momentum for norm in found], 0
    for norm in found:
        norm.train()
    for first in range(0, rows(inputs), batch):
        part = select_rows(inputs, first, first + batch)
        for norm in found:
            norm.momentum = rows(part) / (seen + rows(part))
        call(network, part)
        seen += rows(part)
    for norm, momentum in zip(found, momenta, strict=True):
        norm.eval().momentum = momentum


def norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """A network's BatchNorms by name, of any number of dimensions."""
    return {name: module for name, module in network.named_modules() if isinstance(module, Norm)}  # type: ignore[misc]
