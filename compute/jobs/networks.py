"""Turns the reference of a model into its network."""

from torch import nn

from compute.numerics.rescaling import rescaled
from compute.specs import ModelRef
from compute.zoo import checkpoints


def load_network(ref: ModelRef) -> nn.Module:
    """The network of a reference, in evaluation mode, float32, on the CPU, with its layers rescaled if it says so.

    Raises:
        LandscapeError: it cannot be loaded, or no layer of it can be rescaled.
    """
    found = checkpoints.load_model(ref)
    return found if ref.rescale == 1 else rescaled(found, ref.rescale)
