"""A study's digest covers what it runs: an edited network never shows the points of the old one."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from compute.errors import BadStudy
from compute.jobs.executors import SequentialExecutor
from compute.jobs.tasks import study
from compute.lattice import Lattice
from compute.service import LandscapeService
from compute.settings import ROOT
from compute.specs import RandomPlane, Survey
from compute.store.memory import MemoryStore
from compute.zoo import dependencies, studies
from tests.compute.test_intake import settings

STUDY = """
import torch
from torch import nn
{head}

checkpoints = "runs"

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        {init}

    def forward(self, x):
        {forward}
        return self.layer(x) * {factor}

def model():
    {body}
    return Net()

def data(split):
    draws = torch.Generator().manual_seed(len(split))
    return torch.randn(20, 3, generator=draws), torch.randn(20, 2, generator=draws)

def loss(outputs, targets):
    return (outputs - targets).abs().mean(1)
"""


def text(head="", factor="1", body="pass", init="pass", forward="pass"):
    return STUDY.format(head=head, factor=factor, body=body, init=init, forward=forward)


@pytest.fixture(autouse=True)
def nothing_else():
    yield
    studies.allow({})


def write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def run_study(*paths):
    """The facts of studies, as a worker that has just been started tells them."""
    found = studies.named(paths)
    studies.allow(found)
    return [study(name) for name in found]


def factor_of(told):
    """The factor by which a study's network multiplies, as it is when its survey starts."""
    network = studies.network(told.architecture)
    with torch.no_grad():
        x = torch.ones(1, 3)
        return (network(x) / network.layer(x)).mean().item()


# The study, the other files and the one to edit, in which "2.5" becomes "7.5".
FORMS = {
    "a module": (text("import net", "net.K"), {"net.py": "K = 2.5"}, "net.py"),
    "from a module": (text("from net import K as k", "k"), {"net.py": "K = 2.5"}, "net.py"),
    "star": (text("from net import *", "K"), {"net.py": "K = 2.5"}, "net.py"),
    "two levels down": (
        text("import net", "net.K"),
        {"net.py": "from parts.deep.layer import K", "parts/__init__.py": "", "parts/deep/layer.py": "K = 2.5"},
        "parts/deep/layer.py",
    ),
    "dotted": (
        text("import a.b.c", "a.b.c.K"),
        {"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": "K = 2.5"},
        "a/b/c.py",
    ),
    "an outer __init__": (
        text("import a.b.c", "a.K"),
        {"a/__init__.py": "K = 2.5", "a/b/__init__.py": "", "a/b/c.py": ""},
        "a/__init__.py",
    ),
    "relative in a helper": (
        text("from a import K", "K"),
        {"a/__init__.py": "from .b import K", "a/b.py": "from . import c\nK = c.K", "a/c.py": "K = 2.5"},
        "a/c.py",
    ),
    "relative to the level above": (
        text("from a.b import K", "K"),
        {"a/__init__.py": "", "a/common.py": "K = 2.5", "a/b/__init__.py": "from ..common import K"},
        "a/common.py",
    ),
    "namespace": (text("from a.b import c", "c.K"), {"a/b/c.py": "K = 2.5"}, "a/b/c.py"),
    "by importlib": (
        text("import importlib\nnet = importlib.import_module('parts.net')", "net.K"),
        {"parts/__init__.py": "", "parts/net.py": "K = 2.5"},
        "parts/net.py",
    ),
    "by a computed name": (
        text("import importlib\nnet = importlib.import_module('n' + 'et')", "net.K"),
        {"net.py": "K = 2.5"},
        "net.py",
    ),
    "conditional": (
        text("try:\n    import no_such_module_anywhere\nexcept ImportError:\n    import net", "net.K"),
        {"net.py": "K = 2.5"},
        "net.py",
    ),
    "inside a function": (text("", "self.k", init="from net import K; self.k = K"), {"net.py": "K = 2.5"}, "net.py"),
    "at each call": (text("", "net.K", forward="import net"), {"net.py": "K = 2.5"}, "net.py"),
    "circular": (
        text("import net", "net.K"),
        {"net.py": "import other\nK = other.K", "other.py": "import net\nK = 2.5"},
        "other.py",
    ),
    "run by path": (
        text("import runpy\nfrom pathlib import Path\nK = runpy.run_path(Path(__file__).parent / 'net.txt')['K']", "K"),
        {"net.txt": "K = 2.5"},
        "net.txt",
    ),
    "text": (
        text("from pathlib import Path", "self.k", init="self.k = float((Path(__file__).parent / 'k').read_text())"),
        {"k": "2.5"},
        "k",
    ),
    "JSON of a helper": (
        text("import config", "config.K"),
        {
            "config/__init__.py": "import json, os\nK = json.load(open(os.path.join(__path__[0], 'k.json')))",
            "config/k.json": "2.5",
        },
        "config/k.json",
    ),
    "a table": (
        text(
            "import numpy as np\nfrom pathlib import Path",
            "self.k",
            init="self.k = float(np.loadtxt(Path(__file__).parent / 'data' / 'k.csv'))",
        ),
        {"data/k.csv": "2.5"},
        "data/k.csv",
    ),
    "a file named by a file": (
        text(
            "from pathlib import Path\nhere = Path(__file__).parent",
            "float((here / (here / 'which').read_text()).read_text())",
        ),
        {"which": "k.cfg", "k.cfg": "2.5"},
        "k.cfg",
    ),
    "a file read at each call": (
        text("import os", "float(open(os.path.join(os.path.dirname(__file__), 'k.ini')).read())"),
        {"k.ini": "2.5"},
        "k.ini",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_an_edit_of_whatever_it_runs_makes_it_another_study_and_is_run(tmp_path, form):
    content, others, edited = FORMS[form]
    write(tmp_path, {"mine.py": content, **others})
    (before,) = run_study(tmp_path / "mine.py")
    assert factor_of(before) == pytest.approx(2.5)
    kept = os.stat(tmp_path / edited)
    (tmp_path / edited).write_text(others[edited].replace("2.5", "7.5"))
    os.utime(tmp_path / edited, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # as some tools that copy files leave it
    with pytest.raises(BadStudy, match=f"{Path(edited).name} should be as it was at the start, but has changed: start"):
        studies.network(before.architecture)
    again = study("mine")
    assert again.architecture != before.architecture
    assert again.splits[0].digest != before.splits[0].digest
    assert factor_of(again) == pytest.approx(7.5)
    (fresh,) = run_study(tmp_path / "mine.py")
    assert fresh.architecture == again.architecture
    (tmp_path / edited).write_text(others[edited])
    (back,) = run_study(tmp_path / "mine.py")
    assert (back.architecture, back.splits) == (before.architecture, before.splits)
    assert factor_of(back) == pytest.approx(2.5)


PACKAGES = {
    "a package": (
        {"pkg/__init__.py": "", "pkg/mine.py": text("from . import net", "net.K"), "pkg/net.py": "K = 2.5"},
        "pkg/net.py",
    ),
    "a package's own __init__": (
        {"pkg/__init__.py": "K = 2.5", "pkg/mine.py": text("from . import K", "K")},
        "pkg/__init__.py",
    ),
    "a folder without __init__": (
        {"pkg/mine.py": text("from .net import K", "K"), "pkg/net.py": "from .more import K", "pkg/more.py": "K = 2.5"},
        "pkg/more.py",
    ),
    "from above": (
        {
            "pkg/__init__.py": "",
            "pkg/sub/__init__.py": "",
            "pkg/sub/mine.py": text("from ..common import K", "K"),
            "pkg/common.py": "K = 2.5",
        },
        "pkg/common.py",
    ),
    "by the package's name": (
        {"pkg/__init__.py": "", "pkg/mine.py": text("from pkg.net import K", "K"), "pkg/net.py": "K = 2.5"},
        "pkg/net.py",
    ),
    "a package that imports the study": (
        {
            "pkg/__init__.py": "from . import mine",
            "pkg/mine.py": text("from . import net", "net.K"),
            "pkg/net.py": "K = 2.5",
        },
        "pkg/net.py",
    ),
    "a folder beside": (
        {
            "pkg/mine.py": text(
                "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'src'))\n"
                "from lib import K",
                "K",
            ),
            "src/lib/__init__.py": "from .k import K",
            "src/lib/k.py": "K = 2.5",
        },
        "src/lib/k.py",
    ),
    "a file of a folder beside": (
        {
            "pkg/mine.py": text(
                "from pathlib import Path\nK = float((Path(__file__).parents[1] / 'cfg' / 'k.yaml').read_text())", "K"
            ),
            "cfg/k.yaml": "2.5",
        },
        "cfg/k.yaml",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", PACKAGES)
def test_packages_and_folders_beside_are_covered_too(tmp_path, form):
    files, edited = PACKAGES[form]
    write(tmp_path, files)
    path = next(tmp_path / name for name in files if name.endswith("mine.py"))
    (before,) = run_study(path)
    assert factor_of(before) == pytest.approx(2.5)
    (tmp_path / edited).write_text(files[edited].replace("2.5", "7.5"))
    (after,) = run_study(path)
    assert after.architecture != before.architecture
    assert factor_of(after) == pytest.approx(7.5)
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_branch_that_was_not_run_is_covered(tmp_path):
    write(tmp_path, {"mine.py": text("if torch.cuda.device_count() > 99:\n    import big"), "big.py": "K = 1"})
    (before,) = run_study(tmp_path / "mine.py")
    (tmp_path / "big.py").write_text("K = 2")
    assert run_study(tmp_path / "mine.py")[0].architecture != before.architecture


def test_arrays_and_weights_beside_it_are_covered(tmp_path):
    from safetensors.torch import save_file

    head = """
import numpy as np
from pathlib import Path
from safetensors.torch import load_file
here = Path(__file__).parent
K = float(np.load(here / "k.npz")["k"]) * torch.load(here / "teacher.pt")["k"].item()
K = K * load_file(here / "more" / "teacher.safetensors")["k"].item()
"""
    write(tmp_path, {"mine.py": text(head, "K"), "more/readme": ""})

    def fill(*factors):
        np.savez(tmp_path / "k.npz", k=factors[0])
        torch.save({"k": torch.tensor(factors[1])}, tmp_path / "teacher.pt")
        save_file({"k": torch.tensor(factors[2])}, tmp_path / "more" / "teacher.safetensors")
        return run_study(tmp_path / "mine.py")[0]

    found = [fill(*factors) for factors in [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 1.0, 2.0)]]
    assert len({told.architecture for told in found}) == 4
    assert fill(1.0, 1.0, 1.0).architecture == found[0].architecture


def test_a_linked_file_is_what_it_links_to(tmp_path):
    write(tmp_path, {"study/mine.py": text("import net", "net.K"), "elsewhere/real.py": "K = 2.5"})
    (tmp_path / "study" / "net.py").symlink_to(tmp_path / "elsewhere" / "real.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "study" / "mine.py")
    (before,) = run_study(tmp_path / "link.py")
    (tmp_path / "elsewhere" / "real.py").write_text("K = 7.5")
    (after,) = run_study(tmp_path / "link.py")
    assert after.architecture != before.architecture
    assert factor_of(after) == pytest.approx(7.5)


def test_the_digest_is_the_same_in_every_process_folder_and_after_touching(tmp_path):
    content, others, _ = FORMS["JSON of a helper"]
    told = set()
    for folder in ("one", "two"):
        write(tmp_path / folder, {"mine.py": content, **others, "notes.txt": folder})
        path = tmp_path / folder / "mine.py"
        told.add(run_study(path)[0].architecture)
        for file in (tmp_path / folder).rglob("*"):
            os.utime(file, (1e9, 1e9))
        told.add(run_study(path)[0].architecture)
    script = (
        "from pathlib import Path; from compute.zoo import studies; "
        f"studies.allow(studies.named([Path({str(path)!r})])); print(studies.facts('mine').architecture)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {*told, done.stdout.strip()} == {run_study(path)[0].architecture}


def test_what_it_writes_and_what_it_does_not_read_makes_no_difference(tmp_path):
    head = """
from pathlib import Path
here = Path(__file__).parent
(here / "log.txt").open("a").write("started\\n")
count = here / "count.txt"
count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
"""
    write(tmp_path, {"mine.py": text(head), "unrelated.py": "K = 1", "runs/notes.txt": ""})
    (before,) = run_study(tmp_path / "mine.py")
    assert {Path(one.path).name for one in before.dependencies} == {"mine.py"}
    (tmp_path / "unrelated.py").write_text("K = 2")
    torch.save(torch.nn.Linear(3, 2).state_dict(), tmp_path / "runs" / "epoch-1.pt")
    (again,) = run_study(tmp_path / "mine.py")
    assert again.architecture == before.architecture


def test_a_checkpoint_that_the_study_loads_itself_is_no_part_of_it_but_what_it_reads_else_is(tmp_path):
    loading = (
        text("from pathlib import Path", body="torch.load(Path(__file__).parent / 'teacher.pt')")
        + """
def load(model, file):
    scale = float((Path(__file__).parent / "scale").read_text())
    model.load_state_dict({name: scale * value for name, value in torch.load(file).items()})
"""
    )
    write(tmp_path, {"mine.py": loading, "scale": "2.5", "runs/notes": ""})
    torch.save({"layer.weight": torch.ones(2, 3), "layer.bias": torch.ones(2)}, tmp_path / "runs" / "epoch-1.pt")
    torch.save({"k": torch.ones(1)}, tmp_path / "teacher.pt")
    (before,) = run_study(tmp_path / "mine.py")
    assert {Path(one.path).name for one in before.dependencies} == {"mine.py", "scale", "teacher.pt"}
    torch.save({"layer.weight": torch.ones(2, 3), "layer.bias": torch.ones(2)}, tmp_path / "runs" / "epoch-2.pt")
    torch.save({"layer.weight": torch.zeros(2, 3), "layer.bias": torch.ones(2)}, tmp_path / "runs" / "epoch-1.pt")
    assert run_study(tmp_path / "mine.py")[0].architecture == before.architecture
    (tmp_path / "scale").write_text("7.5")
    assert run_study(tmp_path / "mine.py")[0].architecture != before.architecture


def test_a_file_that_was_missed_counts_once_it_is_there(tmp_path):
    head = """
from pathlib import Path
try:
    K = float((Path(__file__).parent / "override").read_text())
except FileNotFoundError:
    K = 2.5
"""
    write(tmp_path, {"mine.py": text(head, "K")})
    (before,) = run_study(tmp_path / "mine.py")
    (tmp_path / "override").write_text("7.5")
    with pytest.raises(BadStudy, match="override should be as it was at the start, but has changed: start again"):
        studies.network(before.architecture)
    assert factor_of(study("mine")) == pytest.approx(7.5)


def test_installed_packages_enter_by_their_version(tmp_path, monkeypatch):
    write(tmp_path, {"mine.py": text("import h5py, json\nfrom sklearn import metrics\nimport net"), "net.py": ""})
    (before,) = run_study(tmp_path / "mine.py")
    true, asked = dependencies.version, []
    for changed in ("h5py", "sklearn", "torch", "json", "net"):
        monkeypatch.setattr(
            dependencies, "version", lambda name, c=changed: asked.append(name) or ("999" if name == c else true(name))
        )
        (after,) = run_study(tmp_path / "mine.py")
        assert (after.architecture != before.architecture) == (changed in {"h5py", "sklearn", "torch"})
    assert set(asked) == {"h5py", "sklearn", "torch"}
    assert true("sklearn").startswith("scikit-learn ")


def test_helpers_of_the_same_name_in_other_folders_are_others(tmp_path):
    for folder, name, k in (("a", "first", 2.5), ("b", "second", 7.5)):
        content = text("import net", "net.K * net2.K", forward="import net2")
        write(tmp_path / folder, {f"{name}.py": content, "net.py": f"K = {k}", "net2.py": f"K = {k}"})
    first, second = run_study(tmp_path / "a" / "first.py", tmp_path / "b" / "second.py")
    assert first.architecture.partition("@")[2] != second.architecture.partition("@")[2]
    for told, k in ((first, 2.5), (second, 7.5), (first, 2.5)):
        studies.check(told.architecture, None)  # as every task does
        assert factor_of(told) == pytest.approx(k * k)
    assert "net" in sys.modules
    studies.allow({})
    assert "net" not in sys.modules
    assert str(tmp_path / "a") not in sys.path


def test_a_module_beside_it_comes_before_an_installed_one_but_not_before_pythons(tmp_path):
    assert find_spec("pip") is not None
    assert "pip" not in sys.modules
    write(tmp_path, {"mine.py": text("import pip", "pip.K"), "pip.py": "K = 2.5", "calendar.py": "raise 1"})
    assert factor_of(run_study(tmp_path / "mine.py")[0]) == pytest.approx(2.5)
    write(tmp_path, {"mine.py": text("import json", "1"), "json.py": "K = 2.5"})
    with pytest.raises(
        BadStudy, match=r"json\.py should be imported by mine\.py, but json is the name of an installed"
    ):
        run_study(tmp_path / "mine.py")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"net.py": "K = 1\ndef broken(:\n"}, r"net\.py, line 2: it should run, but raised SyntaxError"),
        ({}, r"mine\.py, line 4: it should run, but raised ModuleNotFoundError: No module named 'net': correct it"),
        ({"net.py": "import missing_of_net"}, r"net\.py, line 1: it should run, but raised ModuleNotFoundError"),
        ({"net.py": "import more", "more.py": "K = 1 / 0"}, r"more\.py, line 1: it should run, but raised ZeroDiv"),
        ({"net.py": "import sys\nsys.exit(3)"}, r"net\.py, line 2: it should run, but raised SystemExit: 3: correct"),
        ({"net.py": "def f():\n    f()\nf()"}, r"net\.py, line 2: it should run, but raised RecursionError"),
        ({"net.py": "from mine import Later"}, r"it should run, but raised ImportError: cannot import name 'Later'"),
        ({"net.py": b"\x80\x81"}, r"should run, but raised SyntaxError"),
        ({"net.py": "from . import x"}, r"net\.py, line 1: it should run, but raised ImportError: attempted relative"),
    ],
)
def test_a_mistake_in_a_helper_is_one_sentence_with_its_file(tmp_path, files, told):
    (tmp_path / "mine.py").write_text(text("import net"))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadStudy, match=told):
        run_study(tmp_path / "mine.py")


def test_large_files_enter_by_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(dependencies, "LARGE", 1000)
    monkeypatch.setattr(dependencies, "PIECE", 10)
    path = tmp_path / "large.bin"
    content = bytearray(os.urandom(5000))
    path.write_bytes(content)
    before = dependencies.dependency(str(path))
    content[-1] ^= 1
    path.write_bytes(content)
    assert dependencies.dependency(str(path)).digest != before.digest
    assert dependencies.changed([before]) == str(path)


def test_the_server_refuses_an_edited_study_and_a_survey_under_way_ends(tmp_path):
    content, others, _ = FORMS["a module"]
    write(tmp_path, {"mine.py": content, **others})
    (tmp_path / "runs").mkdir()
    torch.save({"layer.weight": torch.ones(2, 3), "layer.bias": torch.ones(2)}, tmp_path / "runs" / "epoch-1.pt")
    told = run_study(tmp_path / "mine.py")
    service = LandscapeService(settings(tmp_path), MemoryStore(), [SequentialExecutor()], told)
    query = service.query("study:mine", "train", 20, RandomPlane())
    *_, last = service.unfolding(Survey(query, Lattice.spanning(1, (0, 0.5), (0, 0.5))))
    (tmp_path / "net.py").write_text("K = 7.5")
    with pytest.raises(BadStudy, match=r"net\.py should be as it was at the start, but has changed: start again"):
        service.query("study:mine", "train", 20, RandomPlane())
    with pytest.raises(Exception, match=r"net\.py should be as it was at the start, but has changed: start again"):
        list(service.unfolding(Survey(query, Lattice.spanning(2, (0, 0.5), (0, 0.5)))))
    assert [card.run for card in service.cards()] == ["study:mine"]
    edited = LandscapeService(
        settings(tmp_path), service._store, [SequentialExecutor()], run_study(tmp_path / "mine.py")
    )
    query = edited.query("study:mine", "train", 20, RandomPlane())
    *_, new = edited.unfolding(Survey(query, Lattice.spanning(1, (0, 0.5), (0, 0.5))))
    draws = torch.Generator().manual_seed(5)
    x, y = torch.randn(20, 3, generator=draws), torch.randn(20, 2, generator=draws)
    own = [((k * (x.sum(1, keepdim=True) + 1) - y).abs().mean()).item() for k in (2.5, 7.5)]
    assert [last.loss[0, 0], new.loss[0, 0]] == pytest.approx(own, rel=1e-5)
    assert json.dumps(own)
