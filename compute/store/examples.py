"""Each example's loss at some points of a surface, from what the store keeps."""

from contextlib import suppress

import numpy as np

from compute.blocks import Block, blocks
from compute.errors import CorruptTile
from compute.lattice import Tile
from compute.losses import BlockValues
from compute.specs import KEPT, Mean, OneClass, Survey
from compute.store.protocol import Store
from compute.topology import barcode, paired_z


def single_losses(store: Store, survey: Survey, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses (n, examples) of each kept example at n points, NaN where not known, and the labels (examples,).

    Args:
        store: keeps them.
        survey: whose points and examples they are.
        points: (n, 2) rows and columns of its lattice.
    """
    lattice, wanted = survey.lattice, [block for block in blocks(survey.examples) if block.stop <= KEPT]
    distinct, which = np.unique(points, axis=0, return_inverse=True)  # two basins may meet a third at one saddle
    place = np.full(lattice.shape, -1)
    place[tuple(distinct.T)] = np.arange(len(distinct))
    losses, labels = np.full((len(distinct), wanted[-1].stop), np.nan, np.float32), np.zeros(wanted[-1].stop, int)
    for tile in lattice.tiles():
        mask = lattice.mask(tile)
        mask[mask] = place[lattice.place(tile, mask)] >= 0
        for block in wanted if mask.any() else ():
            values = known(store, survey.query.key, tile, block)
            if values is not None:
                here, part = mask & values.known, slice(block.start, block.stop)
                losses[place[lattice.place(tile, here)], part], labels[part] = values.loss[here], values.labels
    return losses[which.ravel()], labels


def known(store: Store, key: str, tile: Tile, block: Block) -> BlockValues | None:
    """What the store has of a block; nothing where its entry cannot be read."""
    with suppress(CorruptTile):
        return store.get(key, tile, block)
    return None


def z_values(store: Store, survey: Survey, loss: np.ndarray) -> np.ndarray | None:
    """By how many standard errors the saddle of each local minimum is higher, in an array like `loss`; NaN elsewhere.

    The differences are each kept example's own; of a class, where the survey is of one. None where the survey's
    statistic is no mean of losses.
    """
    bars = barcode(loss)
    bars = bars.chosen(bars.saddles[:, 0] >= 0)
    if survey.query.measure != "losses" or not isinstance(survey.statistic, Mean | OneClass):
        return None
    low, labels = single_losses(store, survey, bars.minima)
    high, _ = single_losses(store, survey, bars.saddles)
    if isinstance(survey.statistic, OneClass):
        low, high = (part[:, labels == survey.statistic.label] for part in (low, high))
    found = np.full(loss.shape, np.nan)
    with np.errstate(invalid="ignore"):
        found[tuple(bars.minima.T)] = paired_z(high.astype(float) - low)
    return found
