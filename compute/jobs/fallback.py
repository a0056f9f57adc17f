"""What is remembered of queries whose fast arithmetic was too wrong."""

from dataclasses import replace

import numpy as np

from compute.blocks import Block
from compute.errors import CorruptTile
from compute.lattice import SIDE, Tile
from compute.losses import BlockValues
from compute.specs import Query
from compute.store.protocol import Store

PLACE = Tile(0, 0, 0), Block(0, 1)


def exact(query: Query) -> Query:
    """The same query in exact arithmetic."""
    return replace(query, precision="exact")


def remember(store: Store, query: Query) -> None:
    """Notes that a query's fast arithmetic is too wrong, so that what was computed in it is never shown again."""
    nowhere = np.full((SIDE, SIDE), False)
    store.put(name(query), *PLACE, BlockValues.of(nowhere, np.zeros(1, int), np.zeros((0, 1)), None))


def remembered(store: Store, query: Query) -> bool:
    """Whether that was noted of a query; a damaged note counts, too."""
    if query.precision != "fast":
        return False
    try:
        return store.get(name(query), *PLACE) is not None
    except CorruptTile:
        return True


def name(query: Query) -> str:
    """The address of the note, beside the query's own."""
    return f"{query.key}-too-wrong"
