"""A checkup finds what is wrong with a cache folder, and a repair keeps all that can be read."""

import os
import time

import pytest

from compute.store.aside import set_aside, set_aside_before
from compute.store.checkup import Checkup, check_cache
from compute.store.disk import DiskStore, address
from tests.compute.store.test_contract import same, values
from tests.compute.store.test_failing import cut, each, fill, garble, garble_pages, places


@pytest.fixture
def folder(tmp_path):
    store = DiskStore(tmp_path)
    fill(store, 12)
    store.put(*places(13)[12], values(12, share=1.0))  # in a file of its own
    store.close()
    return tmp_path


def test_a_sound_cache_is_called_sound_and_nothing_changes(folder):
    before = sorted(path.name for path in folder.rglob("*"))
    assert check_cache(folder) == Checkup(True, entries=13)
    assert check_cache(folder, repair=True) == Checkup(True, entries=13)
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_folder_without_a_cache_stays_without_one(tmp_path):
    assert check_cache(tmp_path / "none") == Checkup(True)
    assert not (tmp_path / "none").exists()


def test_damaged_entries_and_stray_files_are_found_and_removed(folder):
    store = DiskStore(folder)
    store._cache.set(address(*places(1)[0]), b"damaged")
    store.close()
    (value,) = folder.glob("*/*/*.val")
    value.write_bytes(b"damaged")
    stray = value.with_name("f" * 28 + ".val")
    young = value.with_name("e" * 28 + ".val")
    for path in (stray, young):
        path.write_bytes(b"stray")
    os.utime(stray, (time.time() - 7200,) * 2)
    assert check_cache(folder) == Checkup(True, entries=13, damaged=2, strays=1)
    assert check_cache(folder, repair=True) == Checkup(True, entries=11, damaged=2, strays=1)
    assert check_cache(folder) == Checkup(True, entries=11)
    assert young.exists()


@pytest.mark.parametrize("damage", [garble, garble_pages, each(garble), cut(0.5)])
def test_a_damaged_database_is_found_and_replaced(folder, damage):
    damage(folder / "cache.db")
    assert not check_cache(folder).sound
    assert not check_cache(folder).sound  # looking changes nothing
    found = check_cache(folder, repair=True)
    assert (found.sound, found.kept_aside) == (False, ("cache.db.damaged-1",))
    assert found.taken_over == found.entries
    assert check_cache(folder) == Checkup(True, entries=found.entries)
    store = DiskStore(folder)
    for number, place in enumerate(places(12)):
        kept = store.get(*place)
        assert kept is None or same(kept, values(number))
    store.close()


def test_what_can_be_read_of_a_database_that_was_set_aside_is_taken_over(folder):
    set_aside(folder)
    store = DiskStore(folder)
    store.put(*places(1)[0], values(0))
    store.close()
    assert check_cache(folder) == Checkup(True, entries=1, kept_aside=("cache.db.damaged-1",))
    assert check_cache(folder, repair=True) == Checkup(
        True, entries=13, kept_aside=("cache.db.damaged-1",), taken_over=12
    )
    assert set_aside_before(folder) == []
    store = DiskStore(folder)
    assert same(store.get(*places(13)[12]), values(12, share=1.0))
    store.close()
