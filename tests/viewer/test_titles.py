"""On screen and in captions runs are called by their cards' titles: every text is searched for their names."""

import re

import pytest

from compute.card import ModelCard
from compute.errors import LandscapeError
from compute.specs import ModelRef
from tests.viewer.fake_service import LANDSCAPES
from tests.viewer.test_chart_export import exported
from viewer import charts
from viewer.asking import computed, sentence
from viewer.charts import epochs
from viewer.commands import page_commands
from viewer.drawing import drawn
from viewer.profile import ProfileState
from viewer.screen import screen
from viewer.state import ViewState
from viewer.titles import card_titles, checkpoint, title_of, titles
from viewer.trajectory_screen import trajectory_screen
from viewer.trajectory_state import TrajectoryState

UNSEEN = {"uirevision", "meta", "customdata", "bdata", "uid"}
"""Parts of figures that nobody reads."""
RUNS = ("resnet20", "resnet56-noshort", "resnet56", "vgg9", "mlp")
NAMED = re.compile(rf"\b({'|'.join(map(re.escape, RUNS))})\b")
PROFILES = [
    {"models": ("resnet20", "resnet56"), "view": "line", "weights": "on"},
    {"models": ("resnet20",), "view": "line", "statistics": "all"},
    {"models": ("resnet20@5", "resnet56@0"), "view": "layers"},
    {"models": ("resnet20", "vgg9"), "view": "training"},
    {"models": ("vgg9",), "view": "rescaled"},
    {"models": ("resnet56-noshort", "mlp"), "view": "direction", "raw": "on"},
    {"models": ("vgg9", "mlp"), "view": "cut", "cut": (0.0, 0.0, 0.5, 0.5)},
    {"models": ("holes",), "view": "line"},
    {"models": ("holes",), "view": "training"},
    {"models": ("mlp@3",), "view": "line"},
    {"models": ("vgg9", "mlp"), "view": "line"},
]
TRAJECTORIES = [
    {"models": ("resnet56", "resnet20")},
    {"models": ("resnet20", "resnet56"), "plane": "random"},
    {"models": ("resnet20", "resnet56"), "plane": "through", "second": "resnet20@5", "third": "resnet56@10"},
    {"models": ("resnet20",), "plane": "through", "second": "resnet20@5", "third": "resnet20@5"},
    {"models": ("resnet20", "mlp"), "view": "apart"},
    {"models": ("resnet20", "mlp")},
]


def words(found):
    """Every text of a figure or of a page's values."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        yield from (text for name, part in found.items() if name not in UNSEEN for text in words(part))
    elif isinstance(found, (list, tuple)):
        yield from (text for part in found for text in words(part))


def named(*found):
    return [text for text in words(found) if NAMED.search(text)]


@pytest.mark.parametrize("options", PROFILES, ids=lambda options: f"{options['view']}-{options['models'][0]}")
def test_profile_calls_runs_by_their_titles(service, options):
    state = ProfileState(**({"points": 9, "split": "train"} | options))
    shown = charts.found(service, state)
    service.watch("tab", shown.surveys)
    assert shown.charts or shown.problems
    figures = [drawn(service, one.kind, one.names, {}) for one in shown.charts]
    told = [(one.title, one.note) for one in shown.charts]
    assert named(shown.problems, told, figures) == []
    rows = [epochs(service, name) for name in state.models]
    assert [run for run, *_ in rows] == [name.partition("@")[0] for name in state.models]
    assert named([row[1:] for row in rows]) == []


@pytest.mark.parametrize("options", TRAJECTORIES, ids=lambda options: "-".join(map(str, options.values())))
def test_trajectory_calls_runs_by_their_titles(service, options):
    shown = trajectory_screen(service, TrajectoryState(**({"points": 9} | options)))
    assert shown.survey or shown.apart or shown.problems
    service.watch("tab", shown.surveys)
    figures = []
    for drawing in (*shown.figures.values(), *shown.apart):
        kind, _, rest = drawing.address.partition("/")
        survey, _, query = rest.partition("?")
        arguments = dict(part.split("=") for part in query.split("&"))
        figures.append(drawn(service, kind, survey, arguments))
    told = [drawing.title for drawing in (*shown.figures.values(), *shown.apart)]
    labels = [label for _, label in shown.checkpoints]
    assert named(shown.problems, told, shown.titles, shown.meta, labels, figures) == []


@pytest.mark.parametrize("view", ["both", "seeds"])
@pytest.mark.parametrize("compare", ["together", "difference"])
def test_explore_calls_runs_by_their_titles(service, view, compare):
    state = ViewState(models=RUNS[:3], points=9, view=view, compare=compare)
    shown = screen(service, state)
    service.watch("tab", shown.surveys)
    figures = [drawn(service, "seeds", shown.seeds, {})] if shown.seeds else []
    for panel in shown.panels:
        if panel.run and not shown.seeds:
            arguments = dict(part.split("=") for part in panel.style.split("&")) | {"minus": panel.minus}
            figures += [drawn(service, kind, panel.survey, arguments) for kind in ("surface", "contour")]
    told = [(panel.title, panel.meta, panel.data, panel.apart) for panel in shown.panels]
    assert figures
    assert named(shown.problems, told, figures) == []


LINKS = [
    "/?models=resnet20,resnet56&points=17&view=both",
    "/profile/?models=resnet20,resnet56&view=line&split=train&points=17",
    "/trajectory/?models=resnet20,resnet56",
    "/trajectory/?models=resnet20&plane=through&second=resnet20@5&third=resnet20@10",
]


@pytest.mark.parametrize("link", LINKS)
def test_captions_call_runs_by_their_titles(service, tmp_path, link):
    files = exported(service, tmp_path, link, "a.txt", "a.html")
    read = re.findall(r"(?ms)^<title>.*?</title>|<figcaption>.*?</figcaption>", files["a.html"].decode())
    assert len(read) == 2
    assert named(files["a.txt"].decode(), read) == []


def test_what_the_plane_is_asked_is_answered_by_titles(service):
    (survey, *_) = screen(service, ViewState(models=("resnet20",), points=9)).surveys
    service.watch("tab", [survey])
    assert computed(service, survey.id) == survey
    headings = [one.title for one in page_commands(service, "/?models=resnet20,vgg9&points=9", [])]
    assert len(headings) == 3
    assert named(headings) == []
    assert sentence({"VGG-9": service.basin(survey, (1.0,))}).count("VGG-9") == 1


def test_titles_that_two_cards_share_are_told_apart_by_their_runs(service, monkeypatch):
    def card(run, title, data="digits"):
        return ModelCard(run, title, "mlp", data, 10, "", None, None, None, None, None)

    cards = card("added:a", "MLP"), card("b", "MLP"), card("c", "VGG"), card("d", "VGG", "cifar10")
    monkeypatch.setattr(service, "cards", lambda: cards)
    assert card_titles(service) == {"added:a": "MLP (a)", "b": "MLP (b)", "c": "VGG", "d": "VGG"}
    assert titles(service, ["b@3", "c", "e"]) == ["MLP (b), epoch 3", "VGG", "e"]
    assert title_of(service, "c") == "VGG"
    model = ModelRef("c", "mlp", (1, 8, 8), 10, "c", "digest", 4)
    assert checkpoint(model, card_titles(service)) == "VGG after epoch 4"


def test_no_title_is_a_run(service):
    assert not NAMED.search(" ".join(title for title, *_ in LANDSCAPES.values()))
    with pytest.raises(LandscapeError, match="run"):
        service.query("none", "train", 8, None)
