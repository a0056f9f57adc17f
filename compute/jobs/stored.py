"""Directions stored in a file, as those of a network's parameters and, where they move them, of its buffers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from compute.digest import file_digest
from compute.errors import BadDirections
from compute.jobs.reading import read_alone
from compute.numerics.planes import Weights
from compute.specs import StoredPlane
from compute.store.directions import read_directions

COUNTER = "num_batches_tracked"
"""The buffer of BatchNorm that counts, and that nothing in evaluation mode depends on."""

Arrays = Mapping[str, np.ndarray]


def unchanged(ref: StoredPlane) -> str:
    """The path of stored directions, whose file is still the one that the reference means.

    Raises:
        BadDirections: it is gone, or another.
    """
    try:
        same = file_digest(Path(ref.path)) == ref.digest
    except OSError:
        same = False
    if not same:
        raise BadDirections(
            f"The directions in {ref.path} should be those that were named, but the file has changed or is gone: ask "
            "again."
        )
    return ref.path


def directions(path: str, network: nn.Module, moved: Weights) -> tuple[Weights, Weights]:
    """The two directions in a file, of the tensors that are moved, zero for one that the file leaves alone.

    Args:
        path: a file in the layout of the public code of Li et al. (2018), of "weights" or of "states".
        network: whose directions they are.
        moved: the tensors, as `moving` gives them, or some of them.

    Raises:
        BadDirections: the file cannot be read, does not fit the network, or an axis has no length.
    """
    x, y = ({name: as_tensor(part.get(name), start) for name, start in moved.items()} for part in fitted(path, network))
    for axis, part in (("x", x), ("y", y)):
        if not any(tensor.any() for tensor in part.values()):
            raise BadDirections(
                f"A plane needs two directions, the {axis}direction in {path} is zero everywhere: store another."
            )
    return x, y


def as_tensor(array: np.ndarray | None, start: Tensor) -> Tensor:
    """An array as a tensor like another; zero where there is none."""
    if array is None:
        return torch.zeros_like(start)
    return torch.from_numpy(array.astype(np.float64)).reshape(start.shape).to(start)


def moving(path: str, network: nn.Module) -> Weights:
    """What a file's directions move: the parameters, and each buffer in which one of them is not zero.

    Raises:
        BadDirections: the file cannot be read, or does not fit the network.
    """
    both = fitted(path, network)
    buffers = {name for part in both for name, array in part.items() if array.any()}
    parameters = dict(network.named_parameters())
    state = {name: tensor for name, tensor in network.state_dict().items() if name in buffers | parameters.keys()}
    return {name: tensor.detach().clone() for name, tensor in {**state, **parameters}.items()}


def fitted(path: str, network: nn.Module) -> tuple[Arrays, Arrays]:
    """Both directions in a file by the names of the parameters and of the buffers of floating point.

    Raises:
        BadDirections: the file cannot be read, or does not fit the network.
    """
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    first, second = read_alone(path, size, read_directions, path)
    return named(first, network, path), named(second, network, path)


def named(arrays: Sequence[np.ndarray], network: nn.Module, path: str) -> Arrays:
    """The arrays of a direction by the names of what they belong to, by order.

    They are of the parameters ("weights"), or of all that `state_dict` holds ("states"), which before PyTorch 0.4.1 had
    no counters of batches.

    Raises:
        BadDirections: there are too few or too many, a shape differs, or a direction would change a whole number.
    """
    parameters = dict(network.named_parameters())
    state = {name: part for name, part in network.state_dict(keep_vars=True).items() if isinstance(part, Tensor)}
    without = {name: tensor for name, tensor in state.items() if not name.endswith(COUNTER)}
    able = [layout for layout in (parameters, state, without) if len(layout) == len(arrays)]
    if not able:
        raise BadDirections(
            f"The directions in {path} need one array per parameter, {len(parameters)} for this network, or one per "
            f"entry of its state, {len(state)}, got {len(arrays)}: were they made for another architecture?"
        )
    layout = next((layout for layout in able if mismatch(layout, arrays) is None), able[0])
    if (differs := mismatch(layout, arrays)) is not None:
        name, shape = differs
        raise BadDirections(
            f"The directions in {path} need shape {tuple(layout[name].shape)} for {name}, got {shape}: "
            "were they made for another architecture?"
        )
    return floating(dict(zip(layout, arrays, strict=True)), layout, network, path)


def mismatch(layout: Mapping[str, Tensor], arrays: Sequence[np.ndarray]) -> tuple[str, tuple[int, ...]] | None:
    """The first tensor of which an array has another shape, and that shape; a single number may have any."""
    for (name, tensor), array in zip(layout.items(), arrays, strict=True):
        if tuple(tensor.shape) != array.shape and not tensor.numel() == array.size == 1:
            return name, array.shape
    return None


def floating(arrays: Arrays, layout: Mapping[str, Tensor], network: nn.Module, path: str) -> Arrays:
    """A direction without whole numbers, tied tensors under the one name that `named_parameters` gives them.

    Raises:
        BadDirections: a whole number other than a counter would change, or tied tensors would come apart.
    """
    owners = {id(tensor): name for name, tensor in (*network.named_buffers(), *network.named_parameters())}
    found: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        owner = owners.get(id(layout[name]), name)
        if not layout[name].is_floating_point():
            if array.any() and not name.endswith(COUNTER):
                raise BadDirections(
                    f"The directions in {path} should leave whole numbers alone, they move {name}: make it zero there."
                )
        elif not np.array_equal(found.setdefault(owner, array), array):
            raise BadDirections(
                f"The directions in {path} should move {owner} and {name} alike, for they are one tensor: "
                "store weights instead of states."
            )
    return found
