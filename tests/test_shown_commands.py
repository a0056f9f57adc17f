"""The commands that a page shows compute the very numbers that stand on it."""

import shlex
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import compute.service
import compute.survey
import run
from compute.jobs.executors import SequentialExecutor
from compute.service import LandscapeService
from compute.settings import Settings
from compute.store.memory import MemoryStore
from compute.survey import Report
from compute.zoo.registry import build
from tests.compute.test_intake import added
from viewer.app import build as application
from viewer.commands import SURVEYS


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A service with a model that was added, and the application over it."""
    folder = tmp_path_factory.mktemp("commands")
    names = ("cache_dir", "models_dir", "datasets_dir", "imports_dir", "checkpoint_dir")
    settings = Settings(device="cpu", **{name: folder / name for name in names})
    service = LandscapeService(settings, MemoryStore(), [SequentialExecutor()])
    torch.manual_seed(0)
    assert added(service, build("mlp", (1, 8, 8), 10).eval()) == "added:my-net"
    yield service, application(service, settings).server.test_client()
    service.close()


@pytest.fixture
def commanded(opened, monkeypatch):
    """The surveys that command lines ask for, not computed."""
    asked = []

    def note(_service, wanted, *_more):
        asked.extend(wanted)
        return Report(**dict.fromkeys(Report.__dataclass_fields__))

    monkeypatch.setattr(compute.survey, "run", note)
    monkeypatch.setattr(compute.service, "open_service", lambda *_: opened[0])
    monkeypatch.setattr(opened[0], "close", lambda: None)
    return asked


def shown(opened, link):
    return opened[1].get("/api/commands", query_string={"link": link}).get_json()


def surveys_of(opened, link):
    path, _, query = link.partition("?")
    return list(dict.fromkeys(SURVEYS[path](opened[0], query)))


LINKS = (
    "/?models=mlp,resnet20&points=17&samples=128&split=test&statistic=class:3&seed=4&norm=layer&precision=fast",
    "/?models=added:my-net&points=9&samples=all&range=0.75&statistic=quantile:0.9&tolerance=0.02",
    "/?models=mlp&points=33&samples=64&statistic=tempered:0.1&window=-0.3,0.41,0.12,0.9&tolerance=0",
    "/?models=mlp&view=seeds&points=9",
    "/trajectory/?models=mlp&skip=5&points=9",
    "/trajectory/?models=mlp&plane=random&points=9",
    "/trajectory/?models=mlp&plane=three&points=9",
    "/trajectory/?models=vgg9-sgd-bs128-wd0,vgg9-adam-bs128-wd0&view=apart&points=9",
    "/profile/?models=mlp,resnet20&view=direction",
    "/profile/?models=vgg9-bs128,vgg9-bs1024&view=line",
    "/profile/?models=vgg9-bs128,vgg9-bs1024&view=layers",
    "/profile/?view=batches",
)


@pytest.mark.parametrize("link", LINKS)
def test_a_command_asks_for_the_very_survey_of_the_page(opened, commanded, link, capsys):
    surveys = surveys_of(opened, link)
    figure, *commands = shown(opened, link)
    assert surveys
    assert shlex.split(figure["line"])[:6] == ["python", "run.py", "export", link, "--out", "figure.png"]
    for command in commands:
        assert command["line"], command["sentence"]
        arguments = shlex.split(command["line"])
        assert arguments[:2] == ["python", "run.py"]
        assert run.main(arguments[2:]) == 0, capsys.readouterr().err
    assert [(one.query.key, one.query.data.size, one.lattice) for one in commanded] == [
        (one.query.key, one.query.data.size, one.lattice) for one in surveys
    ]
    assert [(one.tolerance, one.statistic) for one in commanded] == [(one.tolerance, one.statistic) for one in surveys]


@pytest.mark.slow  # a process of its own computes
def test_a_command_that_is_run_computes_the_numbers_of_the_page(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    link = "/?models=added:my-net&points=9&samples=64&range=0.5&seed=3&tolerance=0"
    (survey,), (_, command) = surveys_of(opened, link), shown(opened, link)
    *_, last = opened[0].unfolding(survey)
    assert run.main(shlex.split(command["line"])[2:]) == 0
    with h5py.File(tmp_path / "my-net.h5") as file:
        np.testing.assert_allclose(file["train_loss"], last.loss, rtol=1e-5)
        np.testing.assert_array_equal(file["xcoordinates"], survey.lattice.coordinates("x"))


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("/?models=mlp&quantity=gradient&points=9", "The gradient norm is computed on the page alone"),
        ("/profile/?models=mlp&view=rescaled", "Rescaled layers are computed on the page alone"),
    ],
)
def test_what_no_command_computes_says_so(opened, link, sentence):
    figure, *commands = shown(opened, link)
    assert figure["line"]
    assert any(command["sentence"].startswith(sentence) for command in commands)


def test_nothing_on_the_page_has_no_command(opened):
    assert shown(opened, "/") == shown(opened, "/profile/") == shown(opened, "/trajectory/") == []
    assert shown(opened, "/?models=nothing") == shown(opened, "nonsense") == shown(opened, "http://[") == []


def test_the_command_of_a_print_names_its_folders_and_what_was_chosen(opened, tmp_path):
    study = tmp_path / "a study.json"
    pages = application(opened[0], Settings(cache_dir=tmp_path / "cache"), studies=[study]).server.test_client()
    asked = {"link": "/?models=mlp", "inches": "3.3", "points": "8", "letters": "1", "out": "two words.pdf"}
    line = pages.get("/api/commands/print", query_string=asked).get_json()["line"]
    words = shlex.split(line)[2:]
    options = run.parser().parse_args(words)
    assert (options.link, options.inches, options.points) == ("/?models=mlp", 3.3, 8)
    assert options.letters
    assert not options.transparent
    assert options.out == [Path("two words.pdf")]
    assert (options.cache_dir, options.study) == (tmp_path / "cache", [study])
