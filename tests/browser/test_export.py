"""`run.py export` in a process of its own: a real network, a real browser."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import h5py
import pypdf
import pytest
from PIL import Image

from compute.settings import ROOT

pytestmark = pytest.mark.browser


def exported(tmp_path, link, *options):
    command = [sys.executable, str(ROOT / "run.py"), "export", link, "--cache-dir", str(tmp_path / "cache"), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=280)


def test_a_link_becomes_files(tmp_path, chromium):
    names = ["a.png", "a.webp", "a.svg", "a.pdf", "a.txt", "a.h5"]
    outs = [word for name in names for word in ("--out", str(tmp_path / name))]
    size = ["--width", "600", "--height", "500", "--scale", "1.5", "--transparent"]
    done = exported(tmp_path, "models=mlp&points=9&samples=64&seed=5&view=contour", *outs, *size)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"files": [str(tmp_path / name) for name in names]}
    assert done.stderr == ""  # progress is shown on a terminal only
    for name in names[:2]:
        image = Image.open(tmp_path / name)
        assert image.size == (900, 750)
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0
        assert len(image.convert("RGB").getcolors(image.width * image.height)) > 50
    assert len(list(ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}path"))) > 10
    (page,) = pypdf.PdfReader(tmp_path / "a.pdf").pages
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx(
        [450, 375], abs=1
    )  # points, of which 4 make 3 px
    at = {}
    page.extract_text(visitor_text=lambda text, matrix, *_: at.update({text.strip(): matrix}))
    scales = [abs(at[name][0] * at[name][3] - at[name][1] * at[name][2]) ** 0.5 for name in "αβ"]
    assert scales == pytest.approx([0.75, 0.75], rel=1e-3)  # nothing is made smaller to leave a border
    assert "seed 5" in (tmp_path / "a.txt").read_text()
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["train_loss"].shape == (9, 9)


@pytest.mark.parametrize(
    ("link", "options", "sentence"),
    [
        ("models=mlp", ["--out", "a.gif"], "Unknown kind of file 'gif': choose one of"),
        ("models=nobody", ["--out", "a.txt"], "Unknown run 'nobody': choose one of"),
        ("models=mlp", ["--out", "a.png", "--scale", "0"], "A picture's scale must be above 0 and at most 16, got 0"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(tmp_path, link, options, sentence):
    done = exported(tmp_path, link, *options)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, sentence in line) == (2, True), line
    assert not Path("a.png").exists()


@pytest.fixture
def chromium(browser_type_launch_args):
    """Skips, with the reason, where there is none."""
    return browser_type_launch_args["executable_path"]


def test_a_training_becomes_a_picture_and_a_film(tmp_path, chromium):
    names = ["a.png", "a.gif", "a.csv"]
    outs = [word for name in names for word in ("--out", str(tmp_path / name))]
    link = "http://127.0.0.1:8050/trajectory/?models=vgg9-sgd-bs128-wd0&points=9&samples=64&view=apart"
    done = exported(tmp_path, link, *outs, "--width", "400", "--height", "300", "--scale", "1")
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout.splitlines()[-1])["files"]
    assert [Path(file).name for file in files] == ["a.png", "a.gif", "a.csv", "a_track.csv"]
    picture, film = (Image.open(tmp_path / name) for name in names[:2])
    assert picture.size == film.size == (400, 300)
    rows = [line for line in (tmp_path / "a_track.csv").read_text().splitlines() if not line.startswith("#")]
    durations = [film.seek(place) or film.info["duration"] for place in range(film.n_frames)]  # alike pictures are one
    assert sum(durations) == 200 * (len(rows) - 2) + 1500  # a row is the head; each checkpoint has 0.2 s, the last 1.5
