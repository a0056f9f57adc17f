"""What every store promises, and what only the one on disk does."""

import errno
import random
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

from compute.blocks import Block
from compute.errors import CorruptTile, LandscapeError
from compute.lattice import SIDE, Tile
from compute.losses import BlockValues
from compute.store.disk import DiskStore
from compute.store.memory import MemoryStore
from compute.store.payload import decoded, encoded
from compute.store.spilling import SpillingStore

TILE, BLOCK = Tile(3, -2, 5), Block(128, 256)


def values(seed, share=0.5, by_class=False, judged=True):
    source = np.random.default_rng(seed)
    known = source.random((SIDE, SIDE)) < share
    count, labels = int(known.sum()), np.random.default_rng(0).integers(0, 10, len(BLOCK))
    losses = source.normal(size=(count, len(BLOCK))).astype(np.float32)
    correct = source.random((count, len(BLOCK))) < 0.5
    found = BlockValues.of(known, labels, losses, correct if judged else None)
    return found.by_class() if by_class else found


def same(one, other):
    names = ("known", "labels", "counts", "loss", "correct", "squares")
    return all(equal(getattr(one, name), getattr(other, name)) for name in names)


def equal(one, other):
    """Whether two arrays are, or both are missing."""
    return one is other if one is None or other is None else np.array_equal(one, other, equal_nan=True)


def masked(whole, side):
    """The part of a whole tile's values on one side."""
    return BlockValues(whole.known & side, whole.labels, whole.counts, whole.loss, whole.correct, whole.squares)


def flipped(payload):
    return payload[:50] + bytes([payload[50] ^ 1]) + payload[51:]


def replace_payload(folder, change):
    """Puts something else where the bytes of TILE and BLOCK are."""
    with closing(sqlite3.connect(folder / "cache.db")) as raw, raw:
        ((payload,),) = raw.execute("SELECT value FROM Cache")
        raw.execute("UPDATE Cache SET value = ?", (change(payload),))


class Faulty(MemoryStore):
    """Fails in a drawn half of all writes."""

    def __init__(self, seed):
        super().__init__()
        self._source = random.Random(seed)

    def put(self, *entry):
        if self._source.random() < 1 / 2:
            raise self._source.choice([OSError(errno.EIO, "input/output error"), sqlite3.DatabaseError("malformed")])
        super().put(*entry)


class StoreContract:
    @pytest.fixture
    def store(self, tmp_path):
        raise NotImplementedError

    def test_an_unknown_tile_is_none(self, store):
        assert store.get("key", TILE, BLOCK) is None

    def test_what_was_put_comes_back(self, store):
        store.put("key", TILE, BLOCK, values(1))
        assert same(store.get("key", TILE, BLOCK), values(1))

    def test_keys_tiles_and_blocks_do_not_mix(self, store):
        store.put("key", TILE, BLOCK, values(1))
        assert store.get("other", TILE, BLOCK) is None
        assert store.get("key", Tile(3, 5, -2), BLOCK) is None
        assert store.get("key", TILE, Block(0, 128)) is None

    def test_sums_for_each_class_come_back(self, store):
        parts = [values(seed, by_class=True) for seed in (1, 2)]
        for part in parts:
            store.put("key", TILE, BLOCK, part)
        assert same(store.get("key", TILE, BLOCK), parts[0].merged(parts[1]))

    @pytest.mark.parametrize("by_class", [False, True])
    def test_what_is_neither_right_nor_wrong_comes_back(self, store, by_class):
        parts = [values(seed, by_class=by_class, judged=False) for seed in (1, 2)]
        for part in parts:
            store.put("key", TILE, BLOCK, part)
        assert same(store.get("key", TILE, BLOCK), parts[0].merged(parts[1]))

    def test_writing_twice_changes_nothing(self, store):
        store.put("key", TILE, BLOCK, values(1))
        store.put("key", TILE, BLOCK, values(1))
        assert same(store.get("key", TILE, BLOCK), values(1))

    def test_parts_of_a_tile_add_up_in_any_order(self, store):
        whole = values(1, share=1.0)
        halves = [masked(whole, side) for side in (np.eye(SIDE) == 1, np.eye(SIDE) == 0)]
        for key, order in (("a", halves), ("b", halves[::-1])):
            for half in order:
                store.put(key, TILE, BLOCK, half)
            assert same(store.get(key, TILE, BLOCK), whole)

    def test_an_answer_once_given_does_not_change(self, store):
        first, second = values(1, share=1.0), values(2, share=1.0)
        store.put("key", TILE, BLOCK, first)
        store.put("key", TILE, BLOCK, second)
        assert same(store.get("key", TILE, BLOCK), first)

    def test_nan_and_infinity_are_results(self, store):
        known = np.full((SIDE, SIDE), True)
        losses = np.resize([np.nan, np.inf, 1.0], (known.size, 3)).astype(np.float32)
        odd = BlockValues.of(known, np.arange(3), losses, losses > 0)
        store.put("key", TILE, BLOCK, odd)
        assert same(store.get("key", TILE, BLOCK), odd)


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return MemoryStore()


class TestSpillingStore(StoreContract):
    """Over a store that often fails, it keeps all the same."""

    @pytest.fixture(params=range(4))
    def store(self, tmp_path, request):
        store = SpillingStore(Faulty(request.param), tmp_path, pause=0.001)
        yield store
        store.close()


class TestSpillingStoreOverTheDisk(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = SpillingStore(DiskStore(tmp_path / "cache"), tmp_path / "cache")
        yield store
        store.close()


class TestDiskStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = DiskStore(tmp_path / "cache")
        yield store
        store.close()

    def test_another_process_sees_it(self, store, tmp_path):
        store.put("key", TILE, BLOCK, values(1))
        code = (
            "import sys; from pathlib import Path\n"
            "from compute.store.disk import DiskStore; from compute.lattice import Tile\n"
            "from compute.blocks import Block\n"
            "print(DiskStore(Path(sys.argv[1])).get('key', Tile(3, -2, 5), Block(128, 256)).known.sum())"
        )
        printed = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "cache")], capture_output=True, text=True, check=True
        ).stdout
        assert int(printed) == values(1).known.sum()

    @pytest.mark.parametrize("damage", [lambda payload: payload[:-1], flipped, lambda _: "text"])
    def test_a_damaged_entry_is_named_and_removed(self, store, tmp_path, damage):
        store.put("key", TILE, BLOCK, values(1))
        replace_payload(tmp_path / "cache", damage)
        with pytest.raises(CorruptTile, match=r"entry key/3/-2/5/128-256 is damaged .*: it was removed, ask again"):
            store.get("key", TILE, BLOCK)
        assert store.get("key", TILE, BLOCK) is None

    def test_a_folder_that_cannot_be_is_refused(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(LandscapeError, match=r"cache needs a folder it can write, got .*file.*choose another"):
            DiskStore(tmp_path / "file")


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("judged", [False, True])
def test_a_payload_is_what_it_was(by_class, judged):
    whole = values(7, by_class=by_class, judged=judged)
    assert same(decoded(encoded(whole)), whole)


def test_payloads_of_former_versions_are_read():
    """The flags take the place of a truth value; no payload that was ever judged may change."""
    assert [encoded(values(7, by_class=by_class))[9] for by_class in (False, True)] == [True, False]


def test_double_precision_stays_double():
    known = np.eye(SIDE) == 1
    wide = BlockValues.of(known, np.arange(3), np.full((SIDE, 3), 1 / 3), np.ones((SIDE, 3)))
    assert decoded(encoded(wide)).loss[0, 0, 0] == 1 / 3
