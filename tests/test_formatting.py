"""Numbers for readers are written in one place for Python and one for the browser, and alike."""

import ast
import re
from string import Formatter

import pytest

from compute.settings import ROOT

FOR_MACHINES = {
    "compute/bench": "files and a command's report",
    "compute/jobs": "seconds in errors",
    "compute/numerics": "errors of a study's author",
    "compute/store": "errors of a file's author",
    "compute/zoo": "names of runs, and a command's report",
    "compute/archives.py": "MiB in errors",
    "compute/doctor.py": "a command's report",
    "compute/intake.py": "mean and deviation, which are read again from their fields",
    "compute/lattice.py": "a range as it is given in a link",
    "compute/memory.py": "GiB in errors",
    "compute/service.py": "seconds in errors",
    "compute/settings.py": "an option as it is given",
    "compute/survey.py": "a command's report",
    "compute/formatting.py": "this is the place",
    "viewer/figures/hover.py": "formats of d3",
    "viewer/figures/camera.py": "a link",
    "viewer/figures/heights.py": "counts digits",
    "viewer/figures/line_labels.py": "rounds",
    "viewer/figures/mesh.py": "the header of a file",
    "viewer/address.py": "a link",
    "viewer/commands.py": "a command line",
    "viewer/screen.py": "a link",
    "viewer/sheet.py": "a link",
    "viewer/standalone.py": "places in a style sheet",
    "viewer/trajectory_screen.py": "a link",
    "viewer/trajectory_state.py": "a link",
    "viewer/pages/choosing.py": "fields whose text is read again",
    "viewer/pages/controls.py": "values of controls",
    "viewer/pages/print_dialog.py": "values of controls",
    "viewer/pages/trajectory_wiring.py": "values of controls",
    "viewer/pages/wiring.py": "values of controls",
}
"""Where numbers are written otherwise, and for what."""
SCRIPTS = {
    "format.js": "this is the place",
    "cut.js": "a link",
    "live.js": "a link",
    "maps.js": "a link",
    "view.js": "a link",
}
FORMAT = re.compile(r"[^{}]*[efg%]$")


def formats(tree):
    """The formats of numbers with digits that a module writes in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            yield "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"\{[^{}]*:[^{}]*\}", node.value)
        ):
            try:
                yield from (form for *_, form, _ in Formatter().parse(node.value) if form)
            except ValueError:  # braces that are no format
                continue


@pytest.mark.parametrize("half", ["compute", "viewer"])
def test_python_writes_numbers_for_readers_in_one_module(half):
    for path in sorted((ROOT / half).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not any(name.startswith(place) for place in FOR_MACHINES):
            assert [form for form in formats(ast.parse(path.read_text())) if FORMAT.match(form)] == [], name


def test_scripts_write_numbers_for_readers_in_one_file():
    for path in sorted((ROOT / "assets").glob("*.js")):
        if path.name not in SCRIPTS:
            assert re.findall(r"toFixed|toPrecision|toExponential|toLocaleString", path.read_text()) == [], path.name
