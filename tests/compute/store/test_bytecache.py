"""What diskcache keeps for the index is bytes, wherever the folder comes from, and nobody waits for it."""

import os
import pickle
import shutil
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import diskcache
import pytest

from compute import doctor
from compute.bench.path import opened as opened_for_a_walk
from compute.doctor import Level
from compute.errors import CorruptTile
from compute.store import bytedisk
from compute.store import index as store_index
from compute.store.aside import set_aside_before
from compute.store.bytecache import OneConnection, classes
from compute.store.bytedisk import ByteDisk
from compute.store.checkup import check_cache
from compute.store.disk import DiskStore, address
from compute.store.index import Index
from compute.store.memory import MemoryStore
from tests.compute.store.test_contract import same, values
from tests.compute.store.test_failing import confined, fill, opened, places

LARGE = bytes(2**16)


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "cache", 2**30)
    yield index
    index.close()


def value_files(folder):
    return sorted(path for path in folder.rglob("*.val"))


def settings(folder, *rows):
    with closing(sqlite3.connect(folder / "cache.db")) as raw, raw:
        raw.executemany("INSERT OR REPLACE INTO Settings VALUES (?, ?)", rows)


@pytest.mark.parametrize(("ours", "theirs"), [(OneConnection, diskcache.Cache), (ByteDisk, diskcache.Disk)])
def test_what_is_replaced_is_there_and_stands_first(ours, theirs):
    own = {"connection", "settle"}
    for name in set(vars(ours)) - own - {"__module__", "__doc__", "__dict__", "__weakref__"}:
        assert name in vars(theirs), name
    for made in classes():
        assert issubclass(made, OneConnection | ByteDisk)
        assert issubclass(made, diskcache.Cache | diskcache.Disk)
        assert made.__mro__[1] in {OneConnection, ByteDisk}


def test_pickle_is_never_used(index, monkeypatch):
    for name in ("load", "loads", "dump", "dumps", "Unpickler", "Pickler"):
        monkeypatch.setattr(pickle, name, lambda *_, **__: pytest.fail("pickled"))
    index.set("small", b"a")
    index.set("large", LARGE)
    index.set("large", b"b")
    assert [index.get(name) for name in index.iterkeys()] == [b"a", b"b"]
    index.delete("small")
    for name, payload in [(("a",), b""), (b"a", b""), (1, b""), ("a", "text"), ("a", 1), ("a", None), ("a", [1])]:
        with pytest.raises(TypeError, match="must be"):
            index.set(name, payload)
    assert list(index.iterkeys()) == ["large"]


def test_names_that_are_no_text_are_passed_over(index, tmp_path):
    index.set("a", b"a")
    odd = [(b"pickle", 0), (b"bytes", 1), (1.5, 1), (None, 1), ("text", 0)]
    with closing(sqlite3.connect(tmp_path / "cache" / "cache.db")) as raw, raw:
        raw.executemany("INSERT INTO Cache (key, raw, mode, value) VALUES (?, ?, 1, x'00')", odd)
        raw.execute("INSERT INTO Cache (key, raw, mode, value) VALUES (CAST(x'ff' AS TEXT), 1, 1, x'00')")
    assert list(index.iterkeys()) == ["a", "\ufffd"]
    assert len(index) == 7


HOSTILE = [
    ("disk_no_such_option", 1),
    ("disk_min_file_size", 0),
    ("disk_pickle_protocol", b"x"),
    ("disk_directory", "/"),
    ("sqlite_mmap_size", 2**30),
    ("sqlite_journal_mode", "off"),
    ("sqlite_writable_schema", 1),
    ("sqlite_locking_mode", "exclusive"),
    ("sqlite_user_version = 7 --", 1),
    ("sqlite_no such", "x"),
    ("eviction_policy", "no such"),
    ("statistics", 1),
    ("tag_index", 1),
    ("cull_limit", 10**9),
    ("size_limit", 0),
    ("get", "x"),
    ("_disk", "x"),
    ("connection", None),
    ("count", "nan"),
    ("size", 9e999),
]


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("rows", [HOSTILE, *([row] for row in HOSTILE)])
def test_settings_in_the_file_are_not_looked_at(index, tmp_path, rows, running):
    folder = tmp_path / "cache"
    index.set("a", b"a")
    if not running:
        index.close()
    settings(folder, *(row for row in rows if not running or row[0] != "size"))  # triggers keep that from then on
    index.set("b", b"b")
    index.set("large", LARGE)
    assert [index.get(name) for name in ("a", "b", "large")] == [b"a", b"b", LARGE]
    assert index.volume() >= len(LARGE)
    with index.transaction() as cache:
        read = {
            name: cache.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("mmap_size", "user_version")
        }
        assert read == {"mmap_size": 0, "user_version": 0}
    with pytest.raises(ValueError, match="something else than bytes"):
        index.get(planted(folder, mode=4, value=pickle.dumps("x")))


def planted(folder, **columns):
    with closing(sqlite3.connect(folder / "cache.db")) as raw, raw:
        names = ", ".join(columns)
        raw.execute(
            f"INSERT INTO Cache (key, raw, {names}) VALUES ('planted', 1, {', '.join('?' * len(columns))})",
            tuple(columns.values()),
        )
    return "planted"


def test_links_do_not_lead_out_of_the_folder(tmp_path):
    """Of a file, and of a folder, for reading, for removing and for writing."""
    folder, outside, name = tmp_path / "cache", tmp_path / "outside", "0" * 28 + ".val"
    store = DiskStore(folder)
    store.put(*places(1)[0], values(0, share=1.0))
    store.close()
    (whole,) = value_files(folder)
    (outside / "cd").mkdir(parents=True)
    shutil.copy(whole, outside / "cd" / name)
    rest = outside / "cd" / name
    shutil.rmtree(folder / whole.relative_to(folder).parts[0])
    for number in range(256):
        (folder / f"{number:02x}").symlink_to(outside)
    (folder / "ab").unlink()
    (folder / "ab" / "cd").mkdir(parents=True)
    (folder / "ab" / "cd" / name).symlink_to(rest)
    with closing(sqlite3.connect(folder / "cache.db")) as raw, raw:
        raw.execute("DELETE FROM Cache")
        for number, file in enumerate((f"aa/cd/{name}", f"ab/cd/{name}")):
            raw.execute(
                "INSERT INTO Cache (key, raw, mode, filename) VALUES (?, 1, 2, ?)", (address(*places(2)[number]), file)
            )
    again = DiskStore(folder)
    for place in places(2):
        with pytest.raises(CorruptTile, match="is damaged"):
            again.get(*place)
        assert again.get(*place) is None
    (folder / "ab").mkdir(exist_ok=True)
    shutil.rmtree(folder / "ab")
    (folder / "ab").symlink_to(outside)
    with pytest.raises(OSError, match="a folder of the cache is a link"):
        again.put(*places(1)[0], values(0, share=1.0))
    again.close()
    assert [path.relative_to(outside).as_posix() for path in outside.rglob("*") if path.is_file()] == [f"cd/{name}"]


def test_a_database_that_is_a_link_is_not_followed(tmp_path):
    folder, other = tmp_path / "cache", tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as raw, raw:
        raw.execute("CREATE TABLE Own (x)")
    before = other.read_bytes()
    folder.mkdir()
    (folder / "cache.db").symlink_to(other)
    store = opened(folder, pause=3600)
    fill(store, 3)
    assert store.problem.startswith("The cache folder does not work (the cache's database is a link): new results stay")
    assert all(same(store.get(*place), values(number)) for number, place in enumerate(places(3)))
    store.close()
    assert doctor.cache(folder, repair=True).text.endswith("cannot be checked (the cache's database is a link).")
    assert other.read_bytes() == before


@pytest.mark.parametrize("name", ["$ELSEWHERE", "${ELSEWHERE}x", "~", "a b%20?c#d"])
def test_a_folder_may_have_any_name(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ELSEWHERE", "elsewhere")
    index = Index(Path(name), 2**30)
    index.set("large", LARGE)
    index.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(value_files(tmp_path / name)) == 1


def fail_within(index):
    with index.transaction():
        index.set("a", LARGE[1:])
        index.set("b", LARGE[1:])
        index.delete("a")
        raise RuntimeError("stop")


def fail_at_the_end(index):
    with index.transaction() as cache:
        index.set("a", LARGE[1:])
        index.set("b", LARGE[1:])
        cache.connection.execute("INSERT INTO Child VALUES (1)")


@pytest.mark.parametrize("fail", [fail_within, fail_at_the_end])
def test_a_transaction_that_fails_leaves_rows_and_files_as_they_were(index, tmp_path, fail):
    index.set("a", LARGE)
    with index.lock:
        index._cache.connection.executescript(
            "PRAGMA foreign_keys = ON; CREATE TEMP TABLE Parent (x PRIMARY KEY);"
            "CREATE TEMP TABLE Child (x REFERENCES Parent DEFERRABLE INITIALLY DEFERRED)"
        )
    before = value_files(tmp_path)
    with pytest.raises((RuntimeError, sqlite3.IntegrityError), match=r"stop|FOREIGN KEY constraint failed"):
        fail(index)
    assert value_files(tmp_path) == before
    assert (index.get("a"), index.get("b")) == (LARGE, None)
    index.set("a", b"small")
    assert value_files(tmp_path) == []


@pytest.mark.parametrize("then", [lambda index: None, lambda index: index.get("a"), lambda index: index.set("b", b"b")])
def test_shared_memory_that_is_cut_within_a_transaction_undoes_it(tmp_path, then):
    """Here nothing may be committed: SQLite would find its own pages no more. Without care it ends by SIGBUS."""
    index = Index(tmp_path, 2**30)
    for number in range(50):
        index.set(str(number), bytes(3000))

    def cut():
        with index.transaction():
            index.set("a", LARGE)
            os.truncate(tmp_path / "cache.db-shm", 0)
            then(index)

    with pytest.raises(sqlite3.OperationalError, match="shared memory was cut short"):
        cut()
    assert value_files(tmp_path) == []
    index.set("c", b"c")
    assert [len(index.get(str(number))) for number in range(50)] == [3000] * 50
    assert (index.get("a"), index.get("b"), index.get("c")) == (None, None, b"c")
    index.close()
    assert check_cache(tmp_path).sound
    assert check_cache(tmp_path).entries == 51


def test_nobody_waits_longer_than_for_one_lock(index, tmp_path):
    index.set("a", b"a")
    with closing(sqlite3.connect(tmp_path / "cache" / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for reopen in (False, True):
            if reopen:
                index.close()
            start = time.monotonic()
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                index.set("a", b"b")
            assert time.monotonic() - start < 20
        other.execute("ROLLBACK")
    assert index.get("a") == b"a"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks for Linux")
def test_after_closing_no_file_is_open_whoever_used_it(index, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: index.set(str(number), LARGE), range(32)))
        assert list(pool.map(lambda number: index.get(str(number)), range(32))) == [LARGE] * 32
        assert len(open_files(tmp_path)) <= 3  # the database, its log and its shared memory, once
        index.close()
        assert open_files(tmp_path) == []


def open_files(folder):
    links = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink() and path.exists())
    return [link for link in links if link.is_relative_to(folder)]


def test_a_file_that_cannot_be_read_is_told_and_is_no_silent_miss(tmp_path, monkeypatch):
    store = opened(tmp_path, pause=3600)
    store.put(*places(1)[0], values(0, share=1.0))

    def failing(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(bytedisk, "read_value", failing)
        assert store.get(*places(1)[0]) is None
        assert store.problem.startswith("The cache folder does not work (Input/output error): new results stay in")
    store.retry()
    assert store.problem is None
    assert same(store.get(*places(1)[0]), values(0, share=1.0))
    store.close()


def test_a_database_that_can_only_be_read_is_never_set_aside(tmp_path):
    """Without the log, in which all is that was written, it looks damaged."""
    confined(
        """
        def remount(how):
            subprocess.run(["mount", "-o", f"remount,{how},size=20m", "none", str(folder.parent)], check=True)

        store = opened(folder.with_name("first"), pause=3600)
        fill(store, 12)
        shutil.copytree(folder.with_name("first"), folder)
        store.close()
        (folder / "cache.db-shm").unlink()
        remount("ro")
        again = opened(folder, pause=3600)
        fill(again, 3)
        assert again.problem.startswith("The cache folder "), again.problem
        assert all(same(again.get(*place), values(number)) for number, place in enumerate(places(3)))
        remount("rw")
        again.retry()
        assert again.problem is None
        assert all(same(again.get(*place), values(number)) for number, place in enumerate(places(12)))
        assert set_aside_before(folder) == []
        again.close()
        """,
        tmp_path / "small",
        "-t tmpfs -o size=20m none",
    )


def test_a_full_disk_without_room_for_shared_memory_is_no_damage(tmp_path):
    confined(
        """
        filler = folder.parent / "filler"
        store = opened(folder.with_name("first"), pause=3600)
        fill(store, 12)
        shutil.copytree(folder.with_name("first"), folder)
        store.close()
        (folder / "cache.db-shm").unlink()
        with __import__("contextlib").suppress(OSError), open(filler, "wb") as file:
            while True:
                file.write(bytes(4096))
        again = opened(folder, pause=3600)
        fill(again, 3)
        assert again.problem.startswith("The cache's disk is full:"), again.problem
        assert set_aside_before(folder) == []
        filler.unlink()
        again.retry()
        assert again.problem is None
        assert all(same(again.get(*place), values(number)) for number, place in enumerate(places(12)))
        again.close()
        """,
        tmp_path / "small",
    )


def test_damage_met_while_only_reading_sets_nothing_aside(tmp_path, monkeypatch):
    """It may be that the log is missing, and all is well as soon as the folder can be written."""
    store = DiskStore(tmp_path)
    fill(store, 60)
    store.close()
    path = tmp_path / "cache.db"
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(path.stat().st_size // 2))

    def refuse(*_):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(store_index, "writable_cache", refuse)
    again = opened(tmp_path, pause=3600)
    for number, place in enumerate(places(60)):
        found = again.get(*place)
        assert found is None or same(found, values(number))
    assert again.problem is not None
    assert set_aside_before(tmp_path) == []
    again.close()


def test_without_diskcache_numbers_stay_in_memory_and_the_doctor_says_so(tmp_path, monkeypatch):
    store = DiskStore(tmp_path)
    fill(store, 1)
    store.close()
    classes.cache_clear()
    monkeypatch.setitem(sys.modules, "diskcache", None)
    try:
        assert isinstance(opened_for_a_walk(tmp_path), MemoryStore)
        found = doctor.cache(tmp_path, repair=False)
        assert found.level is Level.BAD
        assert "cannot be checked (import of diskcache halted" in found.text
    finally:
        monkeypatch.undo()
        classes.cache_clear()
    assert check_cache(tmp_path).entries == 1
    assert set_aside_before(tmp_path) == []
    assert os.listdir(tmp_path) == ["cache.db"]
