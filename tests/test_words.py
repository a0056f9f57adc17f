"""Words that were given up for the field's are nowhere left: on pages, in help, scripts, docs and commands."""

import re

import pytest

import run
from compute.settings import ROOT, Settings
from tests.viewer.fake_service import FakeService
from viewer.app import PAGES, build
from viewer.explained import EXPLAINED

OLD = [
    "All points known",
    "Nothing to compute",
    "rightly",
    "Summarised by",
    "Scaled to the norm of:",
    "Points a side",
    "Clipped (at)",
    "clipped at",
    "Even in height",
    "Mark what is computed",
    "Difference from the first",
    "Find the basin's range",
    "Does the picture depend on it",
    "Alone on the stage",
    "What one sees",
    "Walk around",
    "Nearer, further",
    "the plane's dotted",
    "Distance beside the plane",
    "Exchange the ends",
    "Beyond the ends",
    "Weights beside a line",
    "Beside raw directions",
    "Does not answer: start it again",
]
"""Sentences and labels, in whatever case."""
LABELS = {
    "All points known",
    "Alone",
    "Arithmetic",
    "As here",
    "Clipped",
    "Components",
    "Each filter",
    "Effort",
    "Exact",
    "Exchange",
    "Fast",
    "Gradient",
    "Ground",
    "Points a side",
    "Right",
    "Slope",
    "Through",
    "Trainings",
    "Words",
    "Wrong",
}
"""Whole labels; as parts of sentences these words are others."""
DOCS = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
SHOWN = ("children", "label", "title", "placeholder", "aria-label", "data", "data-title")
"""Properties of components that one reads, among others."""


def texts(part):
    """Every text in a page's components, those of choices too."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from (text for name, each in part.items() if name not in {"value", "id"} for text in texts(each))
    elif isinstance(part, (list, tuple)):
        yield from (text for each in part for text in texts(each))
    elif hasattr(part, "to_plotly_json"):
        props = part.to_plotly_json()["props"]
        yield from (text for name, each in props.items() if name in SHOWN for text in texts(each))


def check(text, where):
    for old in OLD:
        assert not re.search(rf"\b{re.escape(old)}", text, re.IGNORECASE), f"{old} in {where}: {text[:200]}"


@pytest.fixture(scope="module")
def pages():
    service = FakeService()
    apps = build(service, Settings()).pages
    yield {path: list(texts(app.layout() if callable(app.layout) else app.layout)) for path, app in apps.items()}
    service.close()


@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_no_page_has_an_old_word(pages, path):
    assert len(pages[path]) > 100
    for text in pages[path]:
        check(text, path)
        assert text.strip() not in LABELS


@pytest.mark.parametrize("name", EXPLAINED)
def test_no_explanation_has_an_old_word(name):
    explained = EXPLAINED[name]
    check(f"{explained.title}\n{explained.sentence}\n{explained.formula}", name)
    assert explained.title not in LABELS


@pytest.mark.parametrize("page", DOCS)
def test_no_document_has_an_old_word(page):
    text = re.sub(r"\s+", " ", (ROOT / page).read_text())
    check(text, page)
    assert {label for label in re.findall(r"\*([^*]+)\*", text) if label in LABELS} == set()


def test_no_script_or_module_of_the_page_has_an_old_word():
    for path in [*(ROOT / "assets").glob("*.js"), *(ROOT / "viewer").rglob("*.py"), *(ROOT / "compute").glob("*.py")]:
        check(re.sub(r'"\s*\n\s*f?"', "", path.read_text()), path.name)


def test_no_command_has_an_old_word():
    made = run.parser()
    (commands,) = [
        action for action in made._actions if hasattr(action, "choices") and isinstance(action.choices, dict)
    ]
    assert len(commands.choices) >= 7
    for name, command in {"": made, **commands.choices}.items():
        check(re.sub(r"\s+", " ", command.format_help()), name)
