"""Runs whose images are not on this machine: what is stored is shown, and a sentence says what is missing."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from compute import survey as surveys
from compute.errors import LandscapeError
from compute.jobs import build
from compute.jobs.executors import SequentialExecutor
from compute.lattice import Lattice
from compute.request import Request
from compute.service import LandscapeService
from compute.settings import ROOT, Settings
from compute.snapshot import JobState
from compute.specs import RandomPlane, Survey, TrajectoryPlane
from compute.store.memory import MemoryStore
from compute.zoo.gallery import SURFACE
from compute.zoo.recipe import Recipe
from compute.zoo.training import train

SENTENCE = r"Losses that are not stored need the examples in .*tiny\.npz, but there is no such file.*put it there"


class Counting(SequentialExecutor):
    """Counts what is handed in."""

    handed = 0

    def submit(self, fn, /, *args, **kwargs):
        self.handed += 1
        return super().submit(fn, *args, **kwargs)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A gallery of one run with a surface of 9 x 9 points and 48 images, and the folder of its archive."""
    root = tmp_path_factory.mktemp("missing")
    (root / "sets").mkdir()
    source = np.random.default_rng(0)
    arrays = {f"x_{split}": source.integers(0, 256, (48, 8, 8, 1), np.uint8) for split in ("train", "test")}
    labels = {f"y_{split}": np.arange(48) % 3 for split in ("train", "test")}
    np.savez(root / "sets" / "tiny.npz", **arrays, **labels)
    recipe = Recipe(
        "Tiny", "mlp", epochs=3, batch_size=16, train="npz:tiny.npz:train:all", test="npz:tiny.npz:test:all"
    )
    recipe = replace(recipe, mean=(0.5,), std=(0.25,))
    train(recipe, root / "runs" / "tiny", lambda epochs, name, total: epochs, datasets_dir=root / "sets")
    service, _ = opened(root, root / "sets")
    out = root / "runs" / "tiny" / SURFACE
    surveys.run(service, [survey(service, 2)], out, every_example=True)
    return root


def opened(root, sets):
    """A service on the runs of a folder, and its executor."""
    settings = Settings(
        cache_dir=root / "cache", gallery_dir=root / "runs", checkpoint_dir=root / "none", datasets_dir=sets
    )
    executor = Counting()
    return LandscapeService(settings, MemoryStore(), [executor]), executor


@pytest.fixture
def missing(trained, tmp_path):
    """The same where the archive is missing, and this process has not read it yet."""
    build._ready.clear()
    return opened(trained, tmp_path)


def survey(service, level, split="train", tolerance=0.0):
    return Survey(service.query("tiny", split, 48, RandomPlane()), Lattice.spanning(level, (-1, 1), (-1, 1)), tolerance)


def test_the_card_says_which_archive_is_missing_and_that_it_is_there(trained, missing):
    assert [card.missing for card in missing[0].cards()] == ["tiny.npz"]
    assert [card.missing for card in opened(trained, trained / "sets")[0].cards()] == [""]


@pytest.mark.parametrize("tolerance", [0.0, 0.01])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_stored_surface_is_shown_without_its_archive(trained, missing, level, tolerance):
    service, executor = missing
    wanted = survey(service, level, tolerance=tolerance)
    service.watch("tab", [wanted])
    found = service.snapshot(wanted)
    assert found.progress.state is JobState.DONE
    assert executor.handed == 0
    there, _ = opened(trained, trained / "sets")
    computed = surveys.finished(there, survey(there, level, tolerance=tolerance))
    np.testing.assert_array_equal(found.loss, computed.loss)
    assert found.survey.id == computed.survey.id


def test_a_stored_surface_can_be_exported_without_its_archive(missing):
    service, executor = missing
    found = surveys.finished(service, survey(service, 2))
    assert found.known.all()
    assert executor.handed == 0


@pytest.mark.parametrize("split", ["train", "test"])
def test_what_is_not_stored_fails_once_with_a_sentence_and_what_is_stored_stays(missing, split):
    service, executor = missing
    wanted = survey(service, 3, split)
    for _ in range(3):  # naming the same again changes nothing
        service.watch("tab", [wanted])
        found = service.snapshot(wanted)
        assert found.progress.state is JobState.FAILED
        assert executor.handed <= Settings().in_flight
    with pytest.raises(LandscapeError, match=SENTENCE):
        raise LandscapeError(found.progress.error)
    assert found.known.sum() == (81 if split == "train" else 0)
    handed = executor.handed
    service.resume(wanted.id)
    assert service.snapshot(wanted).progress.state is JobState.FAILED
    assert executor.handed <= handed + Settings().in_flight


def test_once_the_archive_is_there_the_survey_goes_on(trained, missing, tmp_path):
    service, _ = missing
    wanted = survey(service, 3)
    service.watch("tab", [wanted])
    shutil.copy(trained / "sets" / "tiny.npz", tmp_path)
    service.resume(wanted.id)
    assert service.snapshot(wanted).progress.state is JobState.DONE


def test_weights_trajectories_and_angles_need_no_archive(trained, missing):
    service, _ = missing
    there, _ = opened(trained, trained / "sets")
    steps = service.steps("tiny")
    assert len(steps) == 4
    np.testing.assert_array_equal(service.norms("tiny").norms, there.norms("tiny").norms)
    path = service.trajectory(TrajectoryPlane(steps), steps[-1], ["tiny"])
    assert np.isfinite(path.tracks[0].x).all()
    assert service.histograms(steps[:2]).shares.shape[0] == 2
    assert service.angle(survey(service, 2)) == there.angle(survey(there, 2))


def test_a_search_for_a_range_that_needs_other_losses_says_so(missing):
    service, _ = missing
    with pytest.raises(LandscapeError, match=SENTENCE):
        service.basin(survey(service, 2), (2.0, 4.0))


def test_the_losses_of_checkpoints_fail_with_the_sentence(missing):
    service, _ = missing
    first = service.own(service.steps("tiny")[0], "train", 48)
    with pytest.raises(LandscapeError, match=SENTENCE):
        surveys.finished(service, first)


def test_the_runs_own_data_are_those_that_its_archive_names(trained):
    folders, sets = [trained / "runs"], trained / "sets"
    own = Request(model="tiny").query("test:9", folders, sets)
    named = Request(model="tiny", mean="0.5", std="0.25").query("npz:tiny.npz:test:9,seed=0", folders, sets)
    assert own == named
    assert Request(model="tiny").query("train:99", folders, sets).data.size == 48
    assert Request(model="mlp").query("train:512", [ROOT / "data" / "gallery"]) == Request(model="mlp").query(
        "digits:train:512", [ROOT / "data" / "gallery"]
    )
    for request, data, told in (
        (Request(model="tiny", mean="0.5", std="0.25"), "train:9", "leave it out"),
        (Request(model="tiny"), "train:few", "SPLIT or SPLIT:SIZE"),
        (Request(model="tiny"), "train:0", "SPLIT or SPLIT:SIZE"),
        (Request(model="tiny"), "validation:9", "Unknown data set 'validation'"),
    ):
        with pytest.raises(LandscapeError, match=told):
            request.query(data, folders, sets)


def command(trained, sets, *arguments):
    """`run.py survey` on the run."""
    where = [f"--{name}-dir={place}" for name, place in (("gallery", trained / "runs"), ("datasets", sets))]
    words = [sys.executable, "run.py", "survey", "tiny", *where, f"--cache-dir={sets / 'cache'}", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_shows_what_is_stored_and_says_what_is_missing(trained, tmp_path):
    done = command(trained, tmp_path, "--level", "2")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["points"], report["reused"], report["passes"]) == (81, 81, 0)
    done = command(trained, tmp_path, "--level", "3")
    assert done.returncode == 2
    assert "Losses that are not stored need the examples in" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().count("\n") == 0
