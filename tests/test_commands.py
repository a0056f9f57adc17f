"""Every command on bad input: one sentence on stderr, code 2 and no traceback, which the log has."""

import os
import re
import subprocess
import sys

import pytest

import run
from compute.settings import LOG, ROOT

STUDY = """
import torch
from torch import nn

checkpoints = "runs"

def model():
    return nn.Linear(3, 2)

def data(split):
    return torch.ones(20, 3), torch.ones(20, 2)

def loss(outputs, targets):
    return (outputs - targets).abs().mean(1)
"""


@pytest.fixture
def bad(tmp_path, monkeypatch):
    """A folder of things that are not what they are taken for."""
    monkeypatch.chdir(tmp_path)
    for ending in ("h5", "npz", "csv"):
        (tmp_path / f"noise.{ending}").write_bytes(b"PK\x03\x04"[: 4 * (ending == "npz")] + bytes(range(128, 256)) * 9)
        (tmp_path / f"empty.{ending}").write_bytes(b"")
        (tmp_path / f"folder.{ending}").mkdir()
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "file").write_text("a file\n")
    return tmp_path


def told(done_stderr):
    """The one sentence."""
    assert "Traceback" not in done_stderr
    (line,) = done_stderr.strip("\n").splitlines()
    assert line.startswith("run.py: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nothing", "Argument COMMAND: invalid choice: 'nothing'"),
        ("--nothing", "Unrecognized arguments: --nothing: see `python run.py --help`"),
        ("import", "The following arguments are required: FILE: see `python run.py import --help`"),
        ("import none.h5", "none.h5"),
        ("import noise.h5", "noise.h5"),
        ("import noise.npz", "noise.npz"),
        ("import noise.csv", "noise.csv"),
        ("import empty.h5", "empty.h5"),
        ("import empty.npz", "empty.npz"),
        ("import empty.csv", "empty.csv"),
        ("import folder.h5", "folder.h5"),
        ("import file", "file"),
        ("import {surface} --imports-dir file/x", "Imports need a folder that can be written, file/x cannot"),
        ("fetch", "The following arguments are required: NAME"),
        ("fetch nothing", "Unknown data set to fetch 'nothing'"),
        ("train nothing", "Unknown run 'nothing'"),
        ("train mlp --epochs x", "Argument --epochs: invalid int value: 'x': see `python run.py train --help`"),
        ("train mlp --epochs -1 --out runs", "epochs should be at least 1, but came as -1"),
        ("train mlp --keep often --out runs", "kept checkpoints should be named epochs, COUNT"),
        ("train mlp --precision int8 --out runs", "Unknown precision 'int8'"),
        ("train mlp --epochs 1 --out file", "file/mlp should be a file or folder that can be used, but is not"),
        ("train mlp --device tpu --out runs", "The device must be one of .*, got 'tpu'"),
        ("train cifar10-resnet20 --out runs --datasets-dir none", "should lie in none/cifar10, but is not there yet"),
        ("bench --case nothing", "Unknown case 'nothing'"),
        ("bench --quick --repetitions 0", "at least one repetition, got 0"),
        ("export models=mlp", "The following arguments are required: --out"),
        ("export models=nothing --out x.png", "Unknown run 'nothing'"),
        ("export models=mlp&view=odd --out x.png", "view should be one of"),
        ("export models=mlp --out x.doc", "Unknown kind of file 'doc'"),
        ("export models=mlp --out none/x.h5", "A file needs a folder that is there"),
        ("export models=mlp --out folder.h5", "'folder.h5' is a folder: choose another name"),
        ("export http://[::1 --out x.png", "A link should be a page's address, got"),
        ("export models=mlp --out x.png --scale nan", "scale must be above 0"),
        ("serve --port x", "Argument --port: invalid int value: 'x'"),
        ("serve --in-flight 0", "--in-flight should be at least 1, got 0: choose another"),
        ("serve --threads -3", "--threads should be at least 0, got -3"),
        ("serve --tolerance nan", "--tolerance should be at least 0, got nan"),
        ("serve --cache-gib -1", "--cache-gib should be at least 0, got -1"),
        ("serve --in-flight 99999999999", "--in-flight should be at most 1,024, got 1e[+]11: choose another"),
        ("serve --threads 999999999", "--threads should be at most 1,024, got 1e[+]09"),
        ("serve --cache-gib nan", "--cache-gib should be at least 0, got nan"),
        ("serve --cache-gib 1e308", "--cache-gib should be at most 1,000,000, got 1e[+]308"),
        ("serve --upload-mib 99999999999999999999999", "--upload-mib should be at most 1,000,000, got 1e[+]23"),
        ("serve --tolerance 1e300", "--tolerance should be at most 1, got 1e[+]300"),
        ("serve --port 0", "A port must be between 1 and 65535, got 0: choose another with --port"),
        ("serve --match foo", "--match should be name or order, got 'foo': choose one"),
        ("serve --weights=", "--weights should name something, got nothing"),
        ("serve --host=", "--host should name something, got nothing"),
        ("serve --cache-dir=", "Argument --cache-dir: a folder should be named, got nothing"),
        (f"serve --threads {'9' * 5000}", "Argument --threads: invalid int value"),
        ("train --list --port -1", "A port must be between 1 and 65535, got -1"),
        ("import none.csv --in-flight 0", "--in-flight should be at least 1, got 0"),
        ("train mlp --threads -4 --out runs", "--threads should be at least 0, got -4"),
        (f"train mlp --seed {10**23} --out runs", "seed should be below 2.63, but came as 1000"),
        (f"survey mlp --plane random:seed={10**30}", "seed must have at most 18 digits"),
        ("survey mlp --x=-1e308:1e308", "The x range should lie within ±8, got -1e[+]308:1e[+]308: narrow it"),
        ("export models=mlp --inches nan --out x.png", "A printed figure has .* inches wide, got NaN"),
        ("survey mlp --upload-mib 0", "--upload-mib should be at least 1, got 0"),
        ("serve --study none.py", "there is none at none.py: check the path"),
        ("serve --study folder.py", "there is none at folder.py: check the path"),
        ("serve --cache-dir file", "The cache needs a folder it can write, got file"),
        ("survey mlp --level x", "Argument --level: invalid int value: 'x'"),
        ("survey mlp --x=nan:1", "x"),
        ("survey mlp --x=-1:inf", "x"),
        ("survey mlp --data npz:noise.npz:train:3", "noise.npz"),
        ("survey mlp --data npz:folder.npz:train:3", "folder.npz"),
        ("survey mlp --data folder:file:train:3", "file"),
        ("survey mlp --plane file:folder.h5", "folder.h5"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_else(bad, capfd, arguments, message):
    words = [word.format(surface=ROOT / "data" / "gallery" / "mlp" / "surface.h5") for word in arguments.split()]
    quick = [] if "--cache-dir" in words or len(words) < 2 else ["--cache-dir", "cache"]
    try:
        code = run.main([*words, *quick])
    except SystemExit as end:
        code = end.code
    assert code == 2
    line = told(capfd.readouterr().err)
    assert re.search(message, line), line


def command(folder, *arguments):
    words = ["--cache-dir", str(folder / "cache"), "--threads", "1", "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments, *words],
        capture_output=True, text=True, env=environment, cwd=folder, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            "raise ValueError('first line\\nsecond line')",
            "mine.py, line 15: it should run, but raised ValueError: first",
        ),
        ("import sys; sys.exit(0)", "mine.py, line 15: it should run, but raised SystemExit: 0"),
        ("raise KeyboardInterrupt", "mine.py, line 15: it should run, but raised KeyboardInterrupt"),
        ("class E(BaseException): pass\ndef model(): raise E('odd')", "mine.py, line 16: model.. should run, but"),
        ("def loss(o, t): raise MemoryError('no memory')", "mine.py, line 15: loss.*raised MemoryError: no memory"),
        ("def model(): return model()", "mine.py, line 15: model.. should run, but raised RecursionError"),
        (
            "import ctypes; ctypes.string_at(0)",
            "mine.py should run to its end, but the process that ran it was ended by",
        ),
        (
            "import os\ndef data(split): os._exit(3)",
            "mine.py should run to its end, but .* ended with code 3: look for",
        ),
        ("splits = 5", "mine.py may define splits, a list of names"),
        ("checkpoints = {'a': 2}", "mine.py should define checkpoints"),
        (
            "import threading, warnings, logging\nfrom tqdm import tqdm\nprint('hello')\nwarnings.warn('hm')\n"
            "logging.getLogger('x').error('boo')\nfor _ in tqdm(range(9)): pass\n"
            "one = threading.Thread(target=lambda: 1 / 0)\none.start()\none.join()\ndef model(): raise ValueError('q')",
            "raised ValueError: q",
        ),
    ],
)
def test_a_study_that_goes_wrong_is_one_sentence_and_the_log_has_the_rest(tmp_path, wrong, message):
    (tmp_path / "mine.py").write_text(STUDY + wrong)
    done = command(tmp_path, "survey", "study:mine", "--study", "mine.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(message, told(done.stderr))
    log = (tmp_path / "cache" / LOG).read_text()
    assert "Traceback" in log
    for said in ("hello", "hm", "boo", "ZeroDivisionError") if "hello" in wrong else ():
        assert said in log


def test_verbose_shows_the_traceback_before_the_sentence(tmp_path):
    (tmp_path / "mine.py").write_text(STUDY + "print('hello')\nraise ValueError('here')")
    for arguments in (("--verbose", "survey"), ("survey", "--verbose")):
        done = command(tmp_path, *arguments, "study:mine", "--study", "mine.py")
        assert done.returncode == 2
        assert done.stderr.index("Traceback") < done.stderr.index("run.py: ")
        assert "hello" in done.stdout


def test_what_a_study_prints_does_not_get_between_the_lines_of_the_report(tmp_path):
    (tmp_path / "mine.py").write_text(STUDY.replace("return (out", "print('hello'); return (out"))
    import torch

    (tmp_path / "runs").mkdir()
    torch.save(torch.nn.Linear(3, 2).state_dict(), tmp_path / "runs" / "epoch-1.pt")
    done = command(tmp_path, "survey", "study:mine", "--study", "mine.py", "--data", "train:9", "--level", "0")
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")
    assert "hello" in (tmp_path / "cache" / LOG).read_text()
