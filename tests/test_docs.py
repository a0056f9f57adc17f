"""The words that could go stale."""

import re
import shlex

import pytest

import run
from compute.settings import ROOT, described
from tests.compute.zoo.surfaces import check_surface

README = (ROOT / "README.md").read_text()
PAGES = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]


def commands(page):
    """The command lines of a page's blocks, continued lines joined."""
    blocks = re.findall(r"^```\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.partition("python run.py")[2] for line in lines if "python run.py" in line]


COMMANDS = sorted({line for page in PAGES for line in commands(page)})


def settings_table():
    """The rows as the page on settings should have them."""
    for name, default, text in described():
        shown = str(default).replace(f"{ROOT}/", "")
        yield f"| `--{name.replace('_', '-')}` | `{shown}` | {text} |"


def test_every_setting_is_listed():
    page = (ROOT / "docs" / "settings.md").read_text()
    block = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", page, re.DOTALL).group(1)
    assert block.splitlines()[2:] == list(settings_table())


TESTS = "pip install -r requirements-dev.txt && python -m pytest -n 2"
"""How all tests are run."""


def test_the_readme_has_the_two_lines():
    lines = README.splitlines()
    assert "pip install -r requirements.txt && python run.py" in lines
    assert TESTS in lines


def test_ci_runs_the_readmes_test_line():
    assert f"{TESTS}\n" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page):
    text = (ROOT / page).read_text()
    for path in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (ROOT / page).parent.joinpath(path).exists(), f"{page} links to {path}"
    for path in re.findall(r"`((?:compute|viewer|assets|tests)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), f"{page} names {path}"


def test_the_readme_leads_to_every_page():
    assert set(PAGES) - {"README.md"} <= set(re.findall(r"\]\(([\w./-]+)\)", README))


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_pages_is_understood(line):
    assert run.parser().parse_args(shlex.split(line)).run


def test_the_pages_show_every_command():
    shown = {words[0] for line in COMMANDS if (words := shlex.split(line)) and not words[0].startswith("-")}
    assert shown == {"survey", "train", "fetch", "import", "export", "bench", "doctor"}


NAMES = """
import torch

MyNetwork = lambda: torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))
inputs, targets = torch.randn(40, 3, generator=torch.Generator().manual_seed(1)), torch.ones(40, 2)
"""


def test_the_readmes_study_has_the_surface_of_the_plain_evaluation(tmp_path):
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    check_surface(tmp_path, NAMES + block.replace("runs/mine", "runs"))
