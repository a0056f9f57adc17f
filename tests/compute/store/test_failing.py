"""Whatever becomes of the cache folder, results are kept somewhere, and one sentence says so."""

import logging
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import diskcache
import numpy as np
import pytest

from compute.blocks import Block
from compute.errors import CorruptTile
from compute.lattice import Tile
from compute.store.aside import set_aside_before
from compute.store.disk import DiskStore, address
from compute.store.memory import MemoryStore, values_size
from compute.store.payload import encoded
from compute.store.spilling import SpillingStore
from tests.compute.store.test_contract import BLOCK, TILE, same, values
from tests.processes import until

ROOT = Path(__file__).resolve().parents[3]


def places(count):
    return [("key", Tile(3, number, 0), BLOCK) for number in range(count)]


def fill(store, count):
    for number, place in enumerate(places(count)):
        store.put(*place, values(number))


def opened(folder, **options):
    return SpillingStore(DiskStore(folder), folder, **options)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def store(folder):
    store = opened(folder, pause=3600)
    fill(store, 12)
    yield store
    store.close()


def garble(path):
    with open(path, "r+b") as file:
        size = path.stat().st_size
        for start in range(0, size, 512):
            file.seek(start)
            file.write(b"\xa5" * 300)


def garble_pages(path):
    """Leaves the first page, so that the database still looks like one."""
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(max(0, path.stat().st_size - 4096)))


def cut(share):
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def each(change):
    """A change of the database and of all that lies beside it."""

    def changed(path):
        for part in path.parent.glob("cache.db*"):
            change(part)

    return changed


def drop_tables(path):
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript("DROP TABLE Cache; CREATE TABLE Other (x); INSERT INTO Other VALUES (1)")


def other_columns(path):
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript("DROP TABLE Cache; CREATE TABLE Cache (key, raw, value)")


def empty_settings(path):
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM Settings")


DAMAGES = {
    "garbled": garble,
    "pages garbled": garble_pages,
    "all garbled": each(garble),
    "halved": cut(0.5),
    "empty": cut(0),
    "all halved": each(cut(0.5)),
    "all empty": each(cut(0)),
    "log cut": lambda path: os.truncate(f"{path}-wal", 100),
    "log garbled": lambda path: garble(Path(f"{path}-wal")),
    "log removed": lambda path: os.unlink(f"{path}-wal"),
    "shared memory cut": lambda path: os.truncate(f"{path}-shm", 0),
    "shared memory garbled": lambda path: garble(Path(f"{path}-shm")),
    "shared memory removed": lambda path: os.unlink(f"{path}-shm"),
    "removed": os.unlink,
    "all removed": each(os.unlink),
    "text": lambda path: path.write_text("no database"),
    "replaced": lambda path: (os.unlink(path), path.write_text("no database")),
    "no tables": drop_tables,
    "other columns": other_columns,
    "no settings": empty_settings,
}


WRITTEN_OVER = {"all halved", "log cut", "log garbled"}
"""SQLite does not check the log before it moves it into the database, which is then set aside at the next start."""


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_while_running_costs_at_most_what_was_kept(store, folder, damage):
    DAMAGES[damage](folder / "cache.db")
    for place in places(12):
        store.get(*place)
    fill(store, 12)
    for number, place in enumerate(places(12)):
        found = store.get(*place)
        assert found is None or same(found, values(number))
    store.put("new", TILE, BLOCK, values(99))
    assert same(store.get("new", TILE, BLOCK), values(99))
    store.retry()
    store.close()
    again = opened(folder)
    found = again.get("new", TILE, BLOCK)
    assert same(found, values(99)) if damage not in WRITTEN_OVER else found is None or same(found, values(99))
    again.close()


BEFORE = [damage for damage in DAMAGES if not damage.startswith(("log", "shared"))]


@pytest.mark.parametrize("damage", BEFORE)
def test_damage_before_the_start_is_set_aside(store, folder, damage):
    store.close()
    DAMAGES[damage](folder / "cache.db")
    damaged = damage in {"garbled", "pages garbled", "all garbled", "halved", "all halved", "text", "replaced"}
    again = opened(folder)
    fill(again, 12)
    assert all(same(again.get(*place), values(number)) for number, place in enumerate(places(12)))
    if damaged:
        assert (
            "The cache was damaged and has been begun anew; the old one is kept as cache.db.damaged-1" in again.problem
        )
        assert set_aside_before(folder) == ["cache.db.damaged-1"]
    again.close()
    last = opened(folder)
    assert last.problem is None
    assert same(last.get(*places(1)[0]), values(0))
    last.close()


def test_a_folder_that_vanishes_is_made_again(store, folder):
    shutil.rmtree(folder)
    assert store.get(*places(1)[0]) is None
    fill(store, 3)
    assert same(store.get(*places(1)[0]), values(0))
    store.close()
    assert same(DiskStore(folder).get(*places(3)[2]), values(2))


def test_a_folder_that_becomes_a_file_is_one_sentence_and_is_used_again_when_it_is_back(store, folder, caplog):
    shutil.move(folder, folder.with_name("moved"))
    folder.write_text("")
    fill(store, 20)
    assert store.problem.startswith("The cache folder does not work (File exists): new results stay in memory;")
    assert same(store.get(*places(20)[19]), values(19))
    assert len([line for line in caplog.records if line.levelno >= logging.WARNING]) == 1
    folder.unlink()
    shutil.move(folder.with_name("moved"), folder)
    store.retry()
    assert store.problem is None
    assert same(DiskStore(folder).get(*places(20)[19]), values(19))


def test_a_locked_database_is_read_and_is_not_waited_for_again_and_again(store, folder, monkeypatch):
    with closing(sqlite3.connect(folder / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        fill(store, 20)  # the first write waits, the others do not
        assert store.problem.startswith("The cache is kept locked by another process:")
        assert all(same(store.get(*place), values(number)) for number, place in enumerate(places(20)))
        other.execute("ROLLBACK")
    store.retry()
    assert store.problem is None
    assert same(DiskStore(folder).get(*places(20)[19]), values(19))


def test_a_database_that_is_locked_at_the_start_is_begun_without(folder):
    opened(folder).close()
    with closing(sqlite3.connect(folder / "cache.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        store = opened(folder, pause=3600)
        assert store.problem.startswith("The cache is kept locked by another process:")
        fill(store, 3)
        assert same(store.get(*places(1)[0]), values(0))
    store.retry()
    assert store.problem is None
    store.close()


class Failing(MemoryStore):
    """Fails while it is told to."""

    error: Exception | None = None

    def get(self, *place):
        if self.error:
            raise self.error
        return super().get(*place)

    def put(self, *entry):
        if self.error:
            raise self.error
        super().put(*entry)


@pytest.mark.parametrize(
    "error",
    [OSError(5, "input/output error"), ValueError("odd"), RuntimeError(), MemoryError(), sqlite3.DataError("x")],
)
def test_every_error_is_a_miss_and_one_line_in_the_log(tmp_path, caplog, error):
    inner = Failing()
    store = SpillingStore(inner, tmp_path, pause=3600)
    fill(store, 1)
    inner.error = error
    assert store.get(*places(1)[0]) is None
    for _ in range(100):
        fill(store, 3)
        store.retry()
    assert store.problem.startswith("The cache folder does not work (")
    assert len(caplog.records) == 1
    inner.error = None
    store.retry()
    assert store.problem is None
    assert all(same(inner.get(*place), values(number)) for number, place in enumerate(places(3)))


def test_it_is_tried_again_by_itself(tmp_path):
    inner = Failing()
    store = SpillingStore(inner, tmp_path, pause=0.01)
    inner.error = OSError(28, "No space left on device")
    fill(store, 3)
    assert store.problem.startswith("The cache's disk is full:")
    inner.error = None
    until(lambda: store.problem is None, 10)
    assert same(inner.get(*places(3)[2]), values(2))
    store.close()


def test_memory_is_bounded_and_what_was_used_last_stays(tmp_path):
    inner = Failing()
    inner.error = OSError(28, "No space left on device")
    store = SpillingStore(inner, tmp_path, room=5 * values_size(values(0)), pause=3600)
    for number, place in enumerate(places(50)):
        store.put(*place, values(number))
        store.get(*places(1)[0])
    kept = [number for number, place in enumerate(places(50)) if store.get(*place) is not None]
    assert kept[0] == 0
    assert kept[-1] == 49
    assert 3 <= len(kept) <= 6
    store.close()


class Exploit:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def test_nothing_in_a_foreign_folder_is_unpickled_run_read_or_deleted(tmp_path):
    folder, trap, own = tmp_path / "cache", tmp_path / "trap", tmp_path / "own.txt"
    own.write_text("mine")
    evil = pickle.dumps(Exploit(trap))
    outside = os.path.relpath(own, folder)
    store = opened(folder)
    fill(store, 1)
    store.close()
    file = "ab/cd/" + "0" * 28 + ".val"
    (folder / "ab" / "cd").mkdir(parents=True)
    (folder / file).write_bytes(evil)
    (folder / ("ab/cd/" + "1" * 28 + ".val")).symlink_to("/dev/zero")
    os.mkfifo(folder / ("ab/cd/" + "2" * 28 + ".val"))
    rows = [(4, None, evil), (4, file, None), (3, file, None), (2, str(own), None), (2, outside, None), (9, None, b"x")]
    rows += [(2, f"ab/cd/{digit * 28}.val", None) for digit in "012"] + [(2, 7, None), (2, None, None), (1, None, 5)]
    with closing(sqlite3.connect(folder / "cache.db")) as raw, raw:
        for number, (mode, filename, value) in enumerate(rows):
            raw.execute(
                "INSERT INTO Cache (key, raw, store_time, mode, filename, value, size) VALUES (?, 1, 0, ?, ?, ?, 10)",
                (address(*places(99)[number + 1]), mode, filename, value),
            )
        raw.execute("INSERT INTO Cache (key, raw, mode, value) VALUES (?, 0, 4, ?)", (evil, evil))
        for key, value in [
            ("disk_pickle_protocol", evil),
            ("sqlite_mmap_size", 2**30),
            ("size", 2**62),
            ("cull_limit", evil),
        ]:
            raw.execute("INSERT OR REPLACE INTO Settings VALUES (?, ?)", (key, value))
        raw.execute("INSERT OR REPLACE INTO Settings VALUES ('sqlite_journal_mode', 'off')")
    again = SpillingStore(DiskStore(folder, gib=1e-4), folder)  # so small that the oldest rows go
    for place in places(len(rows) + 1)[1:]:
        with pytest.raises(CorruptTile, match=r"is damaged .*: it was removed, ask again"):
            again.get(*place)
        assert again.get(*place) is None
    assert same(again.get(*places(1)[0]), values(0))
    fill(again, 30)
    again.close()
    assert not trap.exists()
    assert own.read_text() == "mine"


def test_what_diskcache_stored_is_still_read(tmp_path):
    with diskcache.Cache(str(tmp_path), eviction_policy="least-recently-stored") as former:
        for number, share in enumerate((0.001, 1.0)):  # in a row, and in a file
            former.set(address(*places(2)[number]), encoded(values(number, share)))
    store = DiskStore(tmp_path)
    for number, share in enumerate((0.001, 1.0)):
        assert same(store.get(*places(2)[number]), values(number, share))
    fill(store, 3)
    store.close()
    with diskcache.Cache(str(tmp_path)) as former:
        assert len(former) == 3
        assert former.get(address(*places(3)[2])) == encoded(values(2))


@pytest.mark.parametrize(("share", "limit"), [(0.03, 2**19), (1.0, 2**21)])  # bytes in rows, and in files
def test_the_limit_counts_the_log(tmp_path, share, limit):
    store = DiskStore(tmp_path, gib=limit / 2**30)
    for number in range(300):
        store.put("key", Tile(3, number, 0), Block(0, 128), values(number, share))
        size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert size <= limit + 2**17
    assert store.get("key", Tile(3, 299, 0), Block(0, 128)) is not None
    assert len(store._cache) < 300
    store.close()


CONFINED = """
import sys
from pathlib import Path
from tests.compute.store.test_failing import *

folder = Path(sys.argv[1])
logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
"""


def confined(code, folder, mount="-t tmpfs -o size=2m none"):
    """Runs code on a file system of its own."""
    folder.mkdir(exist_ok=True)
    script = f"mount {mount} '{folder}' && exec '{sys.executable}' -c \"$CODE\" '{folder}/cache'"
    private = ["unshare", "-rm", "sh", "-c"]
    if subprocess.run([*private, f"mount {mount} '{folder}'"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    environment = {**os.environ, "CODE": CONFINED + textwrap.dedent(code)}
    done = subprocess.run([*private, script], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_full_disk_is_told_once_and_written_again_when_there_is_room(tmp_path):
    told = confined(
        """
        filler = folder.parent / "filler"
        store = opened(folder, pause=3600)
        fill(store, 3)
        with suppress(OSError), open(filler, "wb") as file:
            while True:
                file.write(bytes(4096))
        fill(store, 40)
        assert store.problem.startswith("The cache's disk is full:"), store.problem
        assert all(same(store.get(*place), values(number)) for number, place in enumerate(places(40)))
        store.retry()
        store.close()
        again = opened(folder, pause=3600)  # a restart on the full disk
        assert all(same(again.get(*place), values(number)) for number, place in enumerate(places(3)))
        fill(again, 12)
        assert again.problem.startswith("The cache's disk is full:"), again.problem
        filler.unlink()
        again.retry()
        assert again.problem is None
        again.close()
        last = DiskStore(folder)
        assert all(same(last.get(*place), values(number)) for number, place in enumerate(places(12)))
        assert not [path for path in folder.rglob("*.val") if path.stat().st_size == 0]
        """.replace("suppress", "__import__('contextlib').suppress"),
        tmp_path / "small",
    )
    assert told.count("The cache's disk is full") == 2
    assert told.count("the cache works again") == 1


@pytest.mark.parametrize("size", ["8k", "40k", "100k"])
def test_a_disk_that_is_full_from_the_start_is_no_reason_to_stop(tmp_path, size):
    confined(
        """
        store = opened(folder, pause=3600)
        fill(store, 5)
        assert store.problem.startswith("The cache's disk is full:"), store.problem
        assert all(same(store.get(*place), values(number)) for number, place in enumerate(places(5)))
        store.close()
        """,
        tmp_path / "small",
        f"-t tmpfs -o size={size} none",
    )


def test_a_folder_that_can_only_be_read_is_read_and_is_written_again_later(tmp_path):
    told = confined(
        """
        def remount(how):
            subprocess.run(["mount", "-o", f"remount,{how},size=20m", "none", str(folder.parent)], check=True)

        store = opened(folder, pause=3600)
        fill(store, 3)
        store.close()
        remount("ro")
        again = opened(folder, pause=3600)
        assert again.problem.startswith("The cache folder cannot be written ("), again.problem
        fill(again, 6)
        assert all(same(again.get(*place), values(number)) for number, place in enumerate(places(6)))
        remount("rw")
        again.retry()
        assert again.problem is None
        again.close()
        assert same(DiskStore(folder).get(*places(6)[5]), values(5))
        """,
        tmp_path / "small",
        "-t tmpfs -o size=20m none",
    )
    assert told.count("cannot be written") == 1


@pytest.mark.skipif(not Path("/proc/sys/kernel").exists(), reason="asks for Linux")
def test_a_folder_without_permission_is_one_sentence(tmp_path):
    """As nobody, for root may write everywhere."""
    folder = tmp_path / "cache"
    opened(folder).close()
    if os.getuid() == 0:
        pytest.importorskip("pwd")
    code = CONFINED + textwrap.dedent(
        """
        expected = values(2)  # loads numpy.random while the installed packages can still be read
        os.chmod(folder, 0)
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        store = opened(folder, pause=3600)
        assert store.problem.startswith("The cache folder cannot be written ("), store.problem
        fill(store, 3)
        assert same(store.get(*places(3)[2]), expected)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    os.chmod(folder, 0o755)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("cannot be written") == 1


def test_threads_that_meet_damage_together_set_one_database_aside(store, folder):
    from concurrent.futures import ThreadPoolExecutor

    each(garble)(folder / "cache.db")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.put(*places(40)[number], values(number)), range(40)))
    assert set_aside_before(folder) == ["cache.db.damaged-1"]
    assert all(same(store.get(*place), values(number)) for number, place in enumerate(places(40)))


def test_nan_in_the_settings_of_a_foreign_folder_is_counted_anew(store, folder):
    store.close()
    with closing(sqlite3.connect(folder / "cache.db")) as raw, raw:
        raw.execute("UPDATE Settings SET value = 'nan'")
    again = opened(folder)
    fill(again, 3)
    assert again.problem is None
    assert again.get(*places(12)[11]) is not None
    assert np.isfinite(again._store._cache.volume())
    again.close()
