"""The example studies from the command line, as a user runs them."""

import json
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

from compute.settings import ROOT

RUN = [sys.executable, str(ROOT / "run.py")]


@pytest.mark.parametrize(("name", "judged"), [("regression", False), ("language", True)])
def test_an_example_study_trains_and_its_surface_is_computed(tmp_path, name, judged):
    path = tmp_path / "docs" / "studies" / f"{name}.py"
    path.parent.mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "studies" / path.name, path)
    shutil.copy(ROOT / "LICENSE", tmp_path)
    (tmp_path / "compute").symlink_to(ROOT / "compute")
    subprocess.run([sys.executable, str(path)], check=True)
    out = tmp_path / "surface.h5"
    settings = f"--study {path} --cache-dir {tmp_path / 'cache'} --threads 1 --device cpu"
    command = [*RUN, "survey", f"study:{name}", *settings.split(), *f"--data train:64 --level 1 --out {out}".split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["points"], report["evaluated"], report["nonfinite"]) == (25, 25, 0)
    with h5py.File(out) as file:
        losses = file["train_loss"][()]
        assert losses[2, 2] < losses[0, 0]  # it was trained: the middle is lower than the corner
        assert ("train_acc" in file and bool(np.all(file["train_acc"][()] >= 0))) == judged


def test_a_mistake_in_a_study_is_a_sentence_and_nothing_starts(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def model():\n    return None\n")
    command = [*RUN, "survey", "study:mine", "--study", str(path), "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"run.py: {path} should define data, a function of a split's name")
