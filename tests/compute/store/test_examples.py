import numpy as np
import pytest

from compute.blocks import blocks
from compute.errors import CorruptTile
from compute.lattice import points
from compute.losses import BlockValues
from compute.specs import Mean, OneClass, Quantile, Survey
from compute.store.examples import single_losses, z_values
from compute.store.memory import MemoryStore
from compute.topology import barcode
from tests.compute.cases import survey


def single(alpha, beta, example):
    """Four valleys whose depths differ from example to example, two of them at the edge."""
    return 1 + np.cos(9 * alpha) * (1 + 0.1 * (example % 7)) + 0.3 * alpha + beta**2 + 0.01 * (example % 5)


def filled(wanted, store=None):
    """A store that knows every example's loss, and these losses (rows, columns, examples)."""
    store = store or MemoryStore()
    for tile in wanted.lattice.tiles():
        mask = wanted.lattice.mask(tile)
        alpha, beta = (axis[:, None] for axis in points(tile, mask).T)
        for block in blocks(wanted.examples):
            numbers = np.arange(block.start, block.stop)
            losses = single(alpha, beta, numbers[None])
            store.put(wanted.query.key, tile, block, BlockValues.of(mask, numbers % 3, losses, None))
    alpha, beta = (axis[..., None] for axis in wanted.lattice.grid())
    return store, single(alpha, beta, np.arange(wanted.examples))


@pytest.mark.parametrize("size", [5, 128, 300])
def test_losses_are_those_of_the_points_asked_for_one_of_them_twice(size):
    wanted = survey(level=3, size=size)
    store, losses = filled(wanted)
    asked = np.array([[0, 0], [16, 3], [8, 8], [0, 0], [5, 11]])
    found, labels = single_losses(store, wanted, asked)
    np.testing.assert_allclose(found, losses[tuple(asked.T)], rtol=1e-6)
    assert labels.tolist() == [number % 3 for number in range(size)]


@pytest.mark.parametrize("statistic", [Mean(), OneClass(1)])
def test_z_is_that_of_the_differences_of_each_example(statistic):
    wanted = survey(level=4, size=300, statistic=statistic)
    store, losses = filled(wanted)
    chosen = losses if isinstance(statistic, Mean) else losses[..., 1::3]
    loss = chosen.mean(axis=-1)
    found, bars = z_values(store, wanted, loss), barcode(loss)
    assert len(bars) == 4
    for low, high in zip(bars.minima[1:], bars.saddles[1:], strict=True):
        rise = chosen[tuple(high)] - chosen[tuple(low)]
        expected = rise.mean() / (rise.std(ddof=1) / np.sqrt(len(rise)))
        assert found[tuple(low)] == pytest.approx(expected, rel=1e-4)
    assert np.isfinite(found).sum() == len(bars) - 1


def test_there_is_no_z_of_a_quantile_and_nan_where_a_loss_is_not_at_hand():
    wanted = survey(level=3)
    store, losses = filled(wanted)
    loss = losses.mean(axis=-1)
    assert z_values(store, Survey(wanted.query, wanted.lattice, statistic=Quantile(0.5)), loss) is None
    assert np.isnan(z_values(MemoryStore(), wanted, loss)).all()


def test_of_more_examples_than_are_kept_one_by_one_those_that_are_kept_count():
    wanted = survey(level=0, reach=2.0, size=10_000)
    store, losses = filled(wanted)
    found, _ = single_losses(store, wanted, np.array([[0, 1]]))
    np.testing.assert_allclose(found[0], losses[0, 1, :8192], rtol=1e-6)


def test_an_entry_that_cannot_be_read_makes_its_z_unknown():
    class Corrupt(MemoryStore):
        def get(self, key, tile, block):
            raise CorruptTile(f"{tile}")

    wanted = survey(level=3)
    store, losses = filled(wanted, Corrupt())
    assert np.isnan(z_values(store, wanted, losses.mean(axis=-1))).all()
