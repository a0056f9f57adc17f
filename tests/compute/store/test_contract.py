"""What every store promises, and what only the one on disk does."""

import errno
import sqlite3
import subprocess
import sys

import diskcache
import numpy as np
import pytest

from compute.errors import CorruptTile, LandscapeError
from compute.lattice import SIDE, Tile
from compute.store.disk import DiskStore, address, decoded, encoded
from compute.store.memory import MemoryStore
from compute.store.protocol import TileValues

TILE = Tile(3, -2, 5)


def values(seed, share=0.5):
    source = np.random.default_rng(seed)
    known = source.random((SIDE, SIDE)) < share
    count = int(known.sum())
    return TileValues.of(known, source.normal(size=count), source.random(count))


def same(one, other):
    return all(
        np.array_equal(getattr(one, f), getattr(other, f), equal_nan=True) for f in ("loss", "accuracy", "known")
    )


class StoreContract:
    @pytest.fixture
    def store(self, tmp_path):
        raise NotImplementedError

    def test_an_unknown_tile_is_none(self, store):
        assert store.get("key", TILE) is None

    def test_what_was_put_comes_back(self, store):
        store.put("key", TILE, values(1))
        assert same(store.get("key", TILE), values(1))

    def test_keys_and_tiles_do_not_mix(self, store):
        store.put("key", TILE, values(1))
        assert store.get("other", TILE) is None
        assert store.get("key", Tile(3, 5, -2)) is None

    def test_writing_twice_changes_nothing(self, store):
        store.put("key", TILE, values(1))
        store.put("key", TILE, values(1))
        assert same(store.get("key", TILE), values(1))

    def test_parts_of_a_tile_add_up_in_any_order(self, store):
        whole = values(1, share=1.0)
        halves = [
            TileValues(whole.loss, whole.accuracy, whole.known & side)
            for side in (np.eye(SIDE) == 1, np.eye(SIDE) == 0)
        ]
        for key, order in (("a", halves), ("b", halves[::-1])):
            for half in order:
                store.put(key, TILE, half)
            assert same(store.get(key, TILE), whole)

    def test_an_answer_once_given_does_not_change(self, store):
        first, second = values(1, share=1.0), values(2, share=1.0)
        store.put("key", TILE, first)
        store.put("key", TILE, second)
        assert same(store.get("key", TILE), first)

    def test_nan_and_infinity_are_results(self, store):
        known = np.full((SIDE, SIDE), True)
        odd = TileValues(np.full((SIDE, SIDE), np.nan), np.full((SIDE, SIDE), np.inf), known)
        store.put("key", TILE, odd)
        assert same(store.get("key", TILE), odd)


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return MemoryStore()


class TestDiskStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = DiskStore(tmp_path / "cache")
        yield store
        store.close()

    def test_another_process_sees_it(self, store, tmp_path):
        store.put("key", TILE, values(1))
        code = (
            "import sys; from pathlib import Path\n"
            "from compute.store.disk import DiskStore; from compute.lattice import Tile\n"
            "print(DiskStore(Path(sys.argv[1])).get('key', Tile(3, -2, 5)).known.sum())"
        )
        printed = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "cache")], capture_output=True, text=True, check=True
        ).stdout
        assert int(printed) == values(1).known.sum()

    @pytest.mark.parametrize(
        "damage", [lambda payload: payload[:-1], lambda payload: payload[:50] + b"!" + payload[51:], lambda _: "text"]
    )
    def test_a_damaged_entry_is_named_and_removed(self, store, tmp_path, damage):
        store.put("key", TILE, values(1))
        with diskcache.Cache(str(tmp_path / "cache")) as raw:
            raw.set(address("key", TILE), damage(raw.get(address("key", TILE))))
        with pytest.raises(CorruptTile, match=r"entry key/3/-2/5 is damaged .*: it was removed, ask again"):
            store.get("key", TILE)
        assert store.get("key", TILE) is None

    @pytest.mark.parametrize(
        "problem",
        [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full")],
    )
    def test_a_full_disk_goes_on_in_memory_and_says_so(self, store, monkeypatch, problem):
        def refuse(*_args, **_kwargs):
            raise problem

        monkeypatch.setattr(diskcache.Cache, "set", refuse)
        store.put("key", TILE, values(1))
        assert same(store.get("key", TILE), values(1))
        assert "is full: new tiles stay in memory" in store.full

    def test_other_errors_are_not_swallowed(self, store, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise sqlite3.OperationalError("malformed")

        monkeypatch.setattr(diskcache.Cache, "set", refuse)
        with pytest.raises(sqlite3.OperationalError, match="malformed"):
            store.put("key", TILE, values(1))

    def test_a_folder_that_cannot_be_is_refused(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(LandscapeError, match=r"cache needs a folder it can write, got .*file.*choose another"):
            DiskStore(tmp_path / "file")


def test_a_payload_is_what_it_was():
    assert same(decoded(encoded(values(7))), values(7))
