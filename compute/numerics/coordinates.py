"""How a network is moved to a point of a plane: with all weights in one vector, or each tensor by itself."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from compute.numerics.planes import Plane, Weights


class Coordinates(Protocol):
    """Sets a network to points of a plane."""

    @property
    def device(self) -> torch.device:
        """Where the network is."""

    @property
    def dtype(self) -> torch.dtype:
        """The arithmetic that the network computes in."""

    @property
    def count(self) -> int:
        """How many tensors move."""

    @property
    def nbytes(self) -> int:
        """About how many bytes the plane takes."""

    @property
    def moving(self) -> tuple[Tensor, ...]:
        """What `move` overwrites."""

    def move(self, alpha: float, beta: float) -> None:
        """Sets the network to a point, computed from the origin."""


@dataclass(frozen=True, slots=True, eq=False)
class Separate:
    """The network's own tensors, each of which is overwritten; they keep their memory, layout and ties."""

    plane: Plane
    tensors: Weights
    dtype: torch.dtype

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(iter(self.tensors.values())).device

    @property
    def count(self) -> int:
        """How many tensors move."""
        return len(self.tensors)

    @property
    def nbytes(self) -> int:
        """About how many bytes the plane takes."""
        return sum(part.nbytes for axis in (self.plane.origin, self.plane.x, self.plane.y) for part in axis.values())

    @property
    def moving(self) -> tuple[Tensor, ...]:
        """What `move` overwrites."""
        return tuple(self.tensors.values())

    def move(self, alpha: float, beta: float) -> None:
        """Sets the network to a point, computed from the origin."""
        with torch.no_grad():
            for name, value in self.plane.embed(alpha, beta).items():
                self.tensors[name].copy_(value)


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    r"""One vector of which all moving tensors of a network are views, and the plane as three flat vectors.

    So a point costs two additions, $\theta^* + \alpha\,\delta + \beta\,\eta$ from the origin, and one conversion where
    the arithmetic is narrower than float32. `shapes` are the tensors', in the vectors' order; `last` names the kernels
    of images whose channels lie last.
    """

    origin: Tensor
    x: Tensor
    y: Tensor
    master: Tensor
    weights: Tensor
    shapes: dict[str, torch.Size]
    last: frozenset[str]

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.origin.device

    @property
    def dtype(self) -> torch.dtype:
        """The arithmetic that the network computes in."""
        return self.weights.dtype

    @property
    def count(self) -> int:
        """How many tensors move."""
        return len(self.shapes)

    @property
    def nbytes(self) -> int:
        """How many bytes the vectors take."""
        return sum(vector.nbytes for vector in (self.origin, self.x, self.y, self.master, self.weights))

    @property
    def moving(self) -> tuple[Tensor, ...]:
        """What `move` overwrites."""
        return (self.weights,)

    def move(self, alpha: float, beta: float) -> None:
        """Sets the network to a point, computed from the origin."""
        torch.add(self.y.mul(beta), self.x, alpha=alpha, out=self.master)
        self.master.add_(self.origin)
        if self.weights is not self.master:
            self.weights.copy_(self.master)

    def stacked(self, at: Tensor) -> Tensor:
        """The flat weights (points, numbers) at points (points, 2)."""
        alpha, beta = at[:, :, None].unbind(1)
        return (self.origin + (beta * self.y + alpha * self.x)).to(self.weights.dtype)

    def views(self, flat: Tensor) -> Weights:
        """The tensors that a flat vector holds."""
        parts = torch.split(flat, [shape.numel() for shape in self.shapes.values()])
        return {
            name: laid_last(part, shape) if name in self.last else part.view(shape)
            for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Perturbed:
    """Other coordinates of which each number is rounded to a neighbour or itself, drawn by a fixed seed."""

    exact: Coordinates

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.exact.device

    @property
    def dtype(self) -> torch.dtype:
        """The arithmetic that the network computes in."""
        return self.exact.dtype

    @property
    def count(self) -> int:
        """How many tensors move."""
        return self.exact.count

    @property
    def nbytes(self) -> int:
        """About how many bytes the plane takes."""
        return self.exact.nbytes

    @property
    def moving(self) -> tuple[Tensor, ...]:
        """What `move` overwrites."""
        return self.exact.moving

    def move(self, alpha: float, beta: float) -> None:
        """Sets the network to a point, and changes every number by at most one unit in its last place."""
        self.exact.move(alpha, beta)
        source = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for tensor in self.moving:
                signs = torch.randint(-1, 2, tensor.shape, generator=source).to(tensor.device)
                tensor.mul_(1 + torch.finfo(self.dtype).eps * signs.to(self.dtype))


def laid_last(part: Tensor, shape: torch.Size) -> Tensor:
    """A view of some numbers as a kernel whose channels lie last."""
    return part.view(shape[0], *shape[2:], shape[1]).movedim(-1, 1)


def separate(network: nn.Module, plane: Plane, dtype: torch.dtype) -> Separate:
    """A plane through a network's own tensors, which are overwritten from now on."""
    tensors = dict(network.named_parameters()) | dict(network.named_buffers())
    return Separate(plane, {name: tensors[name] for name in plane.origin}, dtype)


def flat(network: nn.Module, plane: Plane, dtype: torch.dtype, last: frozenset[str]) -> Flat:
    """A plane as flat vectors, and a network whose moving tensors are views of one from now on.

    Args:
        network: a private one.
        plane: through real tensors.
        dtype: the arithmetic to compute in.
        last: the kernels whose channels should lie last.
    """
    wide = torch.promote_types(dtype, torch.float32)
    origin, x, y = (flattened(part, last).to(wide) for part in (plane.origin, plane.x, plane.y))
    master = origin.clone()
    weights = master if dtype == wide else master.to(dtype)
    found = Flat(origin, x, y, master, weights, {name: part.shape for name, part in plane.origin.items()}, last)
    point_at(network, found.views(weights))
    return found


def flattened(weights: Weights, last: frozenset[str]) -> Tensor:
    """All tensors as one vector."""
    return torch.cat([(w.movedim(1, -1) if name in last else w).reshape(-1) for name, w in weights.items()])


def point_at(network: nn.Module, views: Weights) -> None:
    """Puts views in the places of a network's tensors, each in every place that holds the same tensor."""
    named = dict(network.named_parameters()) | dict(network.named_buffers())
    found = {id(named[name]): view for name, view in views.items()}
    made = {key: nn.Parameter(view, requires_grad=False) for key, view in found.items()}
    for module in network.modules():
        for leaf, parameter in list(module._parameters.items()):
            if id(parameter) in made:
                setattr(module, leaf, made[id(parameter)])  # recurrent layers keep a list of their own besides
        for leaf, buffer in list(module._buffers.items()):
            if id(buffer) in found:
                module._buffers[leaf] = found[id(buffer)]
