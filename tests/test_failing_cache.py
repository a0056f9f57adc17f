"""Commands of the real program go on, and give the same bits, whatever becomes of their cache folder."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from compute.service import SIZES
from compute.settings import ROOT
from tests.compute.store.test_failing import DAMAGES
from tests.processes import until

SURVEY = ["survey", "mlp", "--data", "digits:train:64", "--threads", "1", "--device", "cpu", "--x=-0.9:0.9", "--level"]


def command(cache, level, out):
    return [sys.executable, str(ROOT / "run.py"), *SURVEY, str(level), "--cache-dir", str(cache), "--out", str(out)]


def surface(path):
    """The digest of a file's losses."""
    import h5py

    with h5py.File(path) as file:
        return hashlib.sha256(file["train_loss"][()].tobytes()).hexdigest()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder with the same survey over a sound cache."""
    folder = tmp_path_factory.mktemp("sound")
    subprocess.run(command(folder / "cache", 5, folder / "out.h5"), check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture
def expected(sound):
    return surface(sound / "out.h5")


@pytest.fixture
def sizes(sound):
    """The sizes of batches that were fastest there: others, which a busy machine may choose, round otherwise."""
    return sound / "cache" / SIZES


@pytest.mark.slow
# SQLite maps its file of shared memory: cut in the instant of a commit, that one ends the process.
@pytest.mark.parametrize("damage", ["all garbled", "halved", "empty", "log cut", "all removed"])
def test_a_survey_whose_database_is_damaged_meanwhile_ends_with_the_same_surface(tmp_path, expected, sizes, damage):
    cache, out = tmp_path / "cache", tmp_path / "out.h5"
    cache.mkdir()
    shutil.copy(sizes, cache / SIZES)
    going = subprocess.Popen(command(cache, 5, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: (cache / "cache.db-shm").exists() and (cache / "cache.db-wal").stat().st_size > 2**17)
    DAMAGES[damage](cache / "cache.db")
    said, complaint = going.communicate(timeout=300)
    assert going.returncode == 0, complaint
    assert "Traceback" not in complaint
    assert json.loads(said.splitlines()[-1])["points"] > 1000
    assert surface(out) == expected


@pytest.mark.slow
@pytest.mark.parametrize("size", ["100k", "1m"])
def test_a_survey_on_a_full_disk_says_so_once_and_ends_with_the_same_surface(tmp_path, expected, sizes, size):
    disk, out = tmp_path / "disk", tmp_path / "out.h5"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size={size} none '{disk}'"
    private = ["unshare", "-rm", "sh", "-c"]
    if subprocess.run([*private, mount], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    words = [
        *private,
        f'{mount} && mkdir {disk}/cache && cp {sizes} {disk}/cache/{SIZES} && exec "$@"',
        "sh",
        *command(disk / "cache", 5, out),
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("The cache's disk is full: new results stay in memory") == 1
    assert "Traceback" not in done.stderr
    assert surface(out) == expected
