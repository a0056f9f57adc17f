"""Planes through many checkpoints, and checkpoints on a plane, with only some numbers of each in memory."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType

import torch
from torch import Tensor

from compute.errors import BadDirections
from compute.numerics.moving import moved
from compute.numerics.planes import Plane, Weights, real

Piece = tuple[str, slice | EllipsisType]
"""Some rows of the tensor of a name, or all of a tensor that has no rows."""
Reader = Callable[[Sequence[Piece]], list[Tensor]]
"""A checkpoint, of which one asks for pieces."""

BLOCK = 2**26
"""Bytes of differences, in float64, that are held at a time, at most."""
WIDTH = 2**20
"""Numbers of each checkpoint that are read at a time, at most."""
FLAT = 1e-12
"""A share of the largest variance that may be rounding alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """Two directions, one tensor per parameter each, and the share of the variance of every component, (n,)."""

    x: Weights
    y: Weights
    shares: Tensor


def principal(
    origin: Weights,
    checkpoints: Sequence[Reader],
    ignore: str = "none",
    only: str = "",
    frozen: Collection[str] = (),
) -> Principal:
    r"""The two principal components of the rows $d_i = \theta_i - \theta^*$, scaled to their farthest checkpoint.

    With $G_{ij} = d_i \cdot d_j$ and $H = I - \frac1n 1 1^\top$, an eigenvector $v$ of $H G H$ with the eigenvalue
    $\lambda$ gives the unit direction $\sum_i v_i d_i / \sqrt\lambda$ and the share $\lambda / \sum \lambda$ of the
    variance about the mean (Turk and Pentland 1991): n × n numbers instead of n × P. The plane passes through
    $\theta^*$ (Li et al. 2018, section 7.2), so the coordinates are those of the $d_i$ themselves,
    $G v / \sqrt\lambda$; each direction is multiplied by the one of the largest size.

    Args:
        origin: the weights that the plane passes through.
        checkpoints: the networks that span it.
        ignore: which parameters are left out, and the directions 0 there (`compute.numerics.moving`).
        only: which parameters are not left out, if not all.
        frozen: the parameters that do not require a gradient.

    Raises:
        BadReference: no parameter is left, or a pattern matches none.
        BadDirections: there are too few checkpoints, or they lie on a line.
    """
    names = moved(origin, ignore, only, frozen)
    kept = {name: weight for name, weight in origin.items() if name in names}
    products = gram(kept, checkpoints)
    centred = products - products.mean(0) - products.mean(1, keepdim=True) + products.mean()
    values, vectors = (part.flip(-1) for part in torch.linalg.eigh(centred))
    if len(checkpoints) < 3 or not values[1] > FLAT * values[0]:
        raise BadDirections(
            f"The plane of a trajectory needs at least three checkpoints that do not lie on a line, got "
            f"{len(checkpoints)}: take more, or skip fewer."
        )
    unit = vectors[:, :2] / values[:2].sqrt()
    places = products @ unit
    farthest = places.gather(0, places.abs().argmax(0, keepdim=True))
    directions = combinations(kept, checkpoints, unit * farthest)
    x, y = ({name: part.get(name, torch.zeros_like(w)) for name, w in origin.items()} for part in directions)
    return Principal(x, y, values.clamp(min=0) / values.clamp(min=0).sum())


def gram(origin: Weights, checkpoints: Sequence[Reader]) -> Tensor:
    r"""The products $(\theta_i - \theta^*) \cdot (\theta_j - \theta^*)$ of all pairs, float64 (n, n)."""
    found = torch.zeros(len(checkpoints), len(checkpoints), dtype=torch.float64)
    for _, block in differences(origin, checkpoints):
        found += block @ block.T
    return found


def combinations(origin: Weights, checkpoints: Sequence[Reader], weights: Tensor) -> list[Weights]:
    r"""The sums $\sum_i w_{ik} (\theta_i - \theta^*)$, one for each column of the weights (n, k)."""
    found = [{name: torch.empty_like(weight) for name, weight in origin.items()} for _ in weights.T]
    for pieces, block in differences(origin, checkpoints):
        for target, numbers in zip(found, weights.T @ block, strict=True):
            parts = [paired(target[name])[rows] for name, rows in pieces]
            for part, sums in zip(parts, numbers.split([part.numel() for part in parts]), strict=True):
                part.copy_(sums.reshape(part.shape))
    return found


def places(plane: Plane, checkpoints: Sequence[Reader]) -> Tensor:
    r"""Where checkpoints are projected onto a plane: alpha, beta, distance and residual of each, float64 (n, 4).

    Least squares: the coordinates solve $A^\top A\, c = A^\top d$ with the axes as the columns of $A$ and $d = \theta -
    \theta^*$, so axes need be neither orthogonal nor of unit length; along one of no length, as a line's second,
    all lie at 0. The distance is $\lVert d \rVert$, the residual $\lVert d - A c \rVert / \lVert d \rVert$, 0 where
    there is no distance.
    """
    along = torch.zeros(2, len(checkpoints), dtype=torch.float64)
    squares = torch.zeros(len(checkpoints), dtype=torch.float64)
    for pieces, block in differences(plane.origin, checkpoints):
        axes = torch.stack([joined([axis[name][rows] for name, rows in pieces]) for axis in (plane.x, plane.y)])
        along += axes @ block.T
        squares += torch.linalg.vector_norm(block, dim=1) ** 2
    lengths = torch.tensor([length or 1.0 for length in plane.lengths], dtype=torch.float64)[:, None]
    cosine = plane.cosine if all(plane.lengths) else 0.0
    angles = torch.tensor([[1.0, cosine], [cosine, 1.0]], dtype=torch.float64)
    at = torch.linalg.lstsq(angles, along / lengths, driver="gelsd").solution
    beside = (squares - (at * along / lengths).sum(0)).clamp(min=0)
    residuals = torch.where(squares > 0, (beside / squares).sqrt(), 0.0)
    return torch.stack([*at / lengths, squares.sqrt(), residuals], dim=1)


def differences(origin: Weights, checkpoints: Sequence[Reader]) -> Iterator[tuple[list[Piece], Tensor]]:
    r"""$\theta_i - \theta^*$ of every checkpoint, float64 (n, numbers), some pieces at a time."""
    for pieces in blocks(origin, min(WIDTH, BLOCK // (8 * len(checkpoints)))):
        start = joined([origin[name][rows] for name, rows in pieces])
        found = torch.empty(len(checkpoints), len(start), dtype=torch.float64)
        for row, read in zip(found, checkpoints, strict=True):
            torch.sub(joined(read(pieces)), start, out=row)
        yield pieces, found


def paired(tensor: Tensor) -> Tensor:
    """A view of a tensor whose complex numbers are pairs of real ones, in a last dimension."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def joined(pieces: Sequence[Tensor]) -> Tensor:
    """Tensors as one float64 vector; complex numbers are two each."""
    return torch.cat([real(piece) for piece in pieces])


def blocks(weights: Weights, size: int) -> Iterator[list[Piece]]:
    """All rows of all tensors in order, `size` numbers at a time, or one row where it has more.

    Example:
        >>> list(blocks({"w": torch.zeros(3, 4), "b": torch.zeros(2)}, 8))
        [[('w', slice(0, 2, None))], [('w', slice(2, 3, None)), ('b', slice(0, 2, None))]]
    """
    pieces: list[Piece] = []
    room = size
    for name, weight in weights.items():
        if not weight.dim():
            pieces.append((name, ...))
            continue
        first, row = 0, max(1, weight[0].numel())
        while first < len(weight):
            if pieces and room < row:
                yield pieces
                pieces, room = [], size
            stop = min(len(weight), first + max(1, room // row))
            pieces.append((name, slice(first, stop)))
            room -= (stop - first) * row
            first = stop
    yield pieces
