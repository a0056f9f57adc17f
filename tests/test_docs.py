"""The words that could go stale."""

import re
import subprocess
import sys

from compute.settings import ROOT, described

README = (ROOT / "README.md").read_text()


def settings_table():
    """The rows as the README should have them."""
    for name, default, text in described():
        shown = str(default).replace(f"{ROOT}/", "")
        yield f"| `--{name.replace('_', '-')}` | `{shown}` | {text} |"


def test_the_readme_lists_every_setting():
    block = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL).group(1)
    assert block.splitlines()[2:] == list(settings_table())


def test_the_readme_has_the_two_lines():
    lines = README.splitlines()
    assert "pip install -r requirements.txt && python run.py" in lines
    assert "pip install -r requirements-dev.txt && python -m pytest" in lines


def test_ci_runs_the_readmes_test_line():
    assert "pip install -r requirements-dev.txt && python -m pytest\n" in (ROOT / ".ci" / "run").read_text()


def test_files_that_the_words_name_exist():
    for page in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text()
        named = re.findall(r"\]\(([\w./-]+)\)|`((?:compute|viewer|assets|tests)/[\w./-]+)`", text)
        for path in filter(None, (part for pair in named for part in pair)):
            assert (ROOT / path).exists(), f"{page} names {path}"


def test_every_command_of_the_readme_parses():
    commands = re.findall(r"^python run\.py (\w+)", README, re.MULTILINE)
    assert {"survey", "train", "bench"} <= set(commands)
    for command in set(commands):
        done = subprocess.run(
            [sys.executable, str(ROOT / "run.py"), command, "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0
