"""A user's own file: any loss of each example, and every mistake in one sentence."""

import importlib.util
import io
import pickle
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.func import functional_call

from compute.adding import Wish
from compute.errors import BadCheckpoint, BadData, BadReference, BadStudy, UnknownName
from compute.inputs import arguments, select_rows
from compute.jobs.executors import SequentialExecutor
from compute.jobs.tasks import study
from compute.lattice import Lattice
from compute.numerics.directions import gaussian, scaled
from compute.request import Request
from compute.service import LandscapeService
from compute.settings import ROOT
from compute.shapes import shape_text
from compute.specs import OneClass, RandomPlane, Survey, ThroughPlane
from compute.store.memory import MemoryStore
from compute.zoo import studies
from compute.zoo.checkpoints import load_weights
from compute.zoo.registry import build
from compute.zoo.sources import code_digest
from tests.compute.test_intake import settings

EXAMPLES = ROOT / "docs" / "studies"

GOOD = """
import torch
from torch import nn

title = "Mine"
checkpoints = "runs"

def model():
    return nn.Linear(3, 2)

def data(split):
    draws = torch.Generator().manual_seed(len(split))
    return torch.randn(20, 3, generator=draws), torch.randn(20, 2, generator=draws)

def loss(outputs, targets):
    return (outputs - targets).abs().mean(1)
"""


@pytest.fixture(autouse=True)
def nothing_else():
    """No study outlives its test."""
    yield
    studies.allow({})


def written(folder, text=GOOD, name="mine.py"):
    path = folder / name
    path.write_text(textwrap.dedent(text))
    studies.allow(studies.named([path]))
    return path


def opened(folder, *paths):
    files = studies.named(paths)
    studies.allow(files)
    known = [study(name) for name in files]
    return LandscapeService(settings(folder), MemoryStore(), [SequentialExecutor()], known)


def trained(folder, name):
    """A copy of an example study, with its checkpoints, and its module."""
    path = Path(shutil.copy(EXAMPLES / f"{name}.py", folder))
    if name == "language":
        path.write_text(path.read_text().replace("Path(__file__).resolve().parents[2]", f"Path({str(ROOT)!r})"))
    spec = importlib.util.spec_from_file_location(f"copy_of_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.train(epochs=1, steps=3)
    return path, module


@pytest.mark.parametrize("name", ["regression", "segmentation", "classification", "language", "pairs"])
def test_every_example_shows_its_own_loss_on_a_plane(tmp_path, name):
    path, module = trained(tmp_path, name)
    service = opened(tmp_path, path)
    run = service.cards()[0].run
    assert [step.step for step in service.steps(run)] == [0, 1]
    query = service.query(run, "test", 8, RandomPlane(seed=2))
    survey = Survey(pickle.loads(pickle.dumps(query)), Lattice.spanning(1, (0, 0.5), (0, 0.5)))
    *_, last = service.unfolding(survey)
    network, (inputs, targets) = module.model().eval(), module.data("test")
    network.load_state_dict(load_weights(query.model))
    weights = {n: w.detach() for n, w in network.named_parameters()}
    x, y = (scaled(gaussian(weights, 2, axis), weights, "filter", "biasbn") for axis in (0, 1))
    for row, col in np.ndindex(last.loss.shape):
        point = {n: w + 0.5 * col * x[n] + 0.5 * row * y[n] for n, w in weights.items()}
        with torch.inference_mode():
            outputs = functional_call(network, point, arguments(select_rows(inputs, 0, 8))[0])
        assert last.loss[row, col] == pytest.approx(module.loss(outputs, targets[:8]).mean().item(), rel=1e-4)
        if hasattr(module, "correct"):
            assert last.accuracy[row, col] == pytest.approx(module.correct(outputs, targets[:8]).float().mean().item())
        else:
            assert np.isnan(last.accuracy[row, col])


CLASSIFYING = """
import torch
from torch import nn

checkpoints = "runs"
COUNT = {count}

def model():
    return nn.Linear(3, COUNT)

def data(split):
    draws = torch.Generator().manual_seed(0)
    return torch.randn(60, 3, generator=draws), torch.randint(0, COUNT, (60,), generator=draws)

def loss(outputs, targets):
    return nn.functional.cross_entropy(outputs, targets, reduction="none")

def correct(outputs, targets):
    return outputs.argmax(1) == targets
"""


@pytest.mark.parametrize("count", [3, 12])
def test_each_class_of_a_study_can_be_looked_at_alone_and_no_other(tmp_path, count):
    path = written(tmp_path, CLASSIFYING.format(count=count))
    torch.manual_seed(1)
    network = torch.nn.Linear(3, count)
    (tmp_path / "runs").mkdir()
    torch.save(network.state_dict(), tmp_path / "runs" / "epoch-001.pt")
    service = opened(tmp_path, path)
    query = service.query("study:mine", "train", 60, RandomPlane())
    inputs, labels = (one.numpy() for one in studies._data("mine", code_digest(path), "train"))
    with torch.inference_mode():
        outputs = network(torch.from_numpy(inputs)).double().numpy()
    losses = np.log(np.exp(outputs).sum(axis=1)) - outputs[np.arange(60), labels]
    for label in range(count):
        said = Request(statistic=f"class:{label}").said(query)
        *_, last = service.unfolding(Survey(query, Lattice(0, (0, 0)), statistic=said))
        own = labels == label
        assert last.loss[0, 0] == pytest.approx(losses[own].mean(), rel=1e-5)
        assert last.accuracy[0, 0] == pytest.approx((outputs[own].argmax(axis=1) == label).mean())
    told = f"class should be a number from 0 to {count - 1} for this network, got {count}: choose another"
    with pytest.raises(BadReference, match=told):
        Request(statistic=f"class:{count}").said(query)
    with pytest.raises(BadReference, match=told):
        Survey(query, Lattice(0, (0, 0)), statistic=OneClass(count))


@pytest.mark.parametrize("name", ["regression", "segmentation", "language"])
def test_no_class_can_be_looked_at_where_an_example_is_not_of_one(tmp_path, name):
    path, _ = trained(tmp_path, name)
    service = opened(tmp_path, path)
    query = service.query(f"study:{name}", "train", 8, RandomPlane())
    with pytest.raises(BadReference, match="examples of one class each, but those of this network are not: choose an"):
        Request(statistic="class:0").said(query)


def test_a_studys_cards_come_first_and_tell_what_was_measured(tmp_path):
    path, module = trained(tmp_path, "regression")
    service = opened(tmp_path, path)
    card = service.cards()[0]
    assert (card.run, card.title, card.recipe) == ("study:regression", "Noisy sine", "2 checkpoints")
    service.measure(card.run)
    network, (x, y) = module.model(), module.data("test")
    network.load_state_dict(torch.load(tmp_path / "checkpoints" / "regression" / "epoch-001.pt"))
    told = service.cards()[0]
    assert told.test_loss == pytest.approx(module.loss(network(x), y).mean().item(), rel=1e-5)
    assert told.test_error is None


def test_its_runs_grow_while_training_goes_on_and_half_a_file_is_never_among_them(tmp_path):
    path, module = trained(tmp_path, "classification")
    service = opened(tmp_path, path)
    assert [card.run for card in service.cards()] == ["study:classification:plain", "study:classification:decayed"]
    run, place = "study:classification:plain", tmp_path / module.checkpoints["plain"]
    before = service.steps(run)
    content = (place / "epoch-001.pth").read_bytes()
    (place / "epoch-002.pth").write_bytes(content[:-100])
    assert service.steps(run) == before
    (place / "epoch-002.pth").write_bytes(content)
    assert [step.step for step in service.steps(run)] == [0, 1, 2]


def test_a_plane_may_be_named_by_a_studys_own_checkpoints(tmp_path):
    path, _ = trained(tmp_path, "regression")
    service = opened(tmp_path, path)
    first, last = service.steps("study:regression")
    asked = Request(model="study:regression@0", plane="through:study:regression@1")
    query = asked.query_of(service, "test:16")
    assert (query.model, query.plane, query.data.size) == (first, ThroughPlane(last), 16)
    survey = Survey(query, Lattice.spanning(0, (0, 1), (0, 0)))
    *_, found = service.unfolding(survey)
    own = [list(service.unfolding(service.own(step, "test", 16)))[-1].loss[0, 0] for step in (first, last)]
    np.testing.assert_allclose(found.loss[0], own, rtol=1e-5)


def test_what_has_no_checkpoint_yet_says_so(tmp_path):
    service = opened(tmp_path, written(tmp_path))
    assert service.cards()[0].recipe == "0 checkpoints"
    with pytest.raises(BadCheckpoint, match=r"Mine should have checkpoints at .*runs, but no whole one is there yet"):
        service.steps("study:mine")


def test_no_classes_no_basin(tmp_path):
    path, _ = trained(tmp_path, "regression")
    service = opened(tmp_path, path)
    survey = Survey(service.query("study:regression", "train", 8, RandomPlane()), Lattice.spanning(1, (-1, 1), (-1, 1)))
    with pytest.raises(BadReference, match="guessing among classes, but study:regression has none: choose a range"):
        service.basin(survey, [1.0])


def test_only_what_the_command_line_names_is_run(tmp_path):
    path, _ = trained(tmp_path, "regression")
    service = opened(tmp_path, path)
    query = service.query("study:regression", "train", 8, RandomPlane())
    studies.allow({})
    with pytest.raises(UnknownName, match="Unknown study named with --study 'regression'"):
        studies.network(query.model.architecture)
    with pytest.raises(UnknownName, match="Unknown study named with --study 'regression'"):
        studies.examples(query.data)


def test_a_file_that_changes_is_refused_until_the_next_start(tmp_path):
    path = written(tmp_path)
    known = study("mine")
    path.write_text(GOOD.replace(".abs()", ".square()"))
    with pytest.raises(BadStudy, match=r"mine\.py should be as it was at the start, but has changed: start again"):
        studies.network(known.architecture)
    assert study("mine").architecture != known.architecture
    assert study("mine").splits[0].digest != known.splits[0].digest


def test_what_a_file_imports_from_its_folder_is_part_of_its_digest(tmp_path):
    (tmp_path / "my_net_of_studies.py").write_text("from torch import nn\ndef make():\n    return nn.Linear(3, 2)\n")
    path = written(
        tmp_path, GOOD.replace("nn.Linear(3, 2)", "my_net_of_studies.make()") + "\nimport my_net_of_studies\n"
    )
    assert study("mine").parameters == 8
    before = code_digest(path)
    (tmp_path / "my_net_of_studies.py").write_text("# another\n")
    assert code_digest(path) != before


def test_examples_that_differ_from_time_to_time_are_refused(tmp_path):
    path = written(tmp_path, GOOD.replace("manual_seed(len(split))", "").replace(".Generator().", ".Generator()"))
    service = opened(tmp_path, path)
    data = service._runs("study:mine").data("study:mine", "train")
    with pytest.raises(BadData, match=r"data\('train'\) should give the same examples every time.*by a fixed seed"):
        studies.examples(replace(data, digest="another"))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("def loss(", "def lost(", r"mine\.py should define loss, a function of \(outputs, targets\)"),
        ("checkpoints = ", "checkpoint = ", r"mine\.py should define checkpoints, a file or a folder"),
        ("import torch\n", "import torch,\n", r"mine\.py, line 2: it should run, but raised SyntaxError"),
        (
            "return nn.Linear(3, 2)",
            "return 3",
            r"model\(\) should give a torch\.nn\.Module, but gave a int",
        ),
        (
            "return nn.Linear(3, 2)",
            "return nn.Lin(3)",
            r"mine\.py, line 9: model\(\) should run, but raised Attr",
        ),
        (
            "nn.Linear(3, 2)",
            "nn.Linear(4, 2)",
            r"model\(\) called with a tensor of .* should run, but raised Run",
        ),
        (
            "nn.Linear(3, 2)",
            "nn.LSTM(3, 2)",
            r"line 16: loss\(outputs, targets\) of tuple of \(a tensor of shape \(3, 2\).* should run, but raised Type",
        ),
        ("return torch.randn(20, 3", "return torch.randn(19, 3", r"with a row for each example in every tensor"),
        (
            ".mean(1)",
            ".mean()",
            r"one loss per example, floats of shape \(3,\) for 3 examples, but gave a tensor",
        ),
        (".abs().mean(1)", ".abs()", r"but gave a tensor of shape \(3, 2\), float32: take reduction='none'"),
        (
            ".abs().mean(1)",
            ".abs().mean(1) / len(outputs)",
            r"loss of an example should depend on it alone",
        ),
        (
            "(outputs - targets)",
            "(outputs - other)",
            r"mine\.py, line 16: loss\(outputs, targets\) of a tensor of shape \(3, 2\), float32 should run",
        ),
        ('"runs"', "3", r"should define checkpoints, .*, but it is a int"),
        (
            "checkpoints =",
            "correct = lambda outputs, targets: outputs\ncheckpoints =",
            r"whether each example is",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_the_file_what_was_wanted_and_what_came(tmp_path, before, after, told):
    assert before in GOOD
    written(tmp_path, GOOD.replace(before, after))
    with pytest.raises(BadStudy, match=told) as problem:
        study("mine")
    assert "\n" not in str(problem.value).replace("\nTraceback", "")


def test_files_that_are_no_studies_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(BadStudy, match=r"should be a Python file, but there is none at .*nowhere\.py: check the path"):
        studies.named([tmp_path / "nowhere.py"])
    path = written(tmp_path)
    (tmp_path / "more").mkdir()
    other = Path(shutil.copy(path, tmp_path / "more"))
    with pytest.raises(BadStudy, match="Studies need names of their own"):
        studies.named([path, other])


def test_a_checkpoint_of_a_known_architecture_can_be_evaluated_on_a_studys_data_by_its_loss(tmp_path):
    text = GOOD.replace("20, 3", "20, 1, 8, 8").replace("20, 2,", "20, 10,")
    text = text.replace("nn.Linear(3, 2)", "nn.Sequential(nn.Flatten(), nn.Linear(64, 10))")
    service = opened(tmp_path, written(tmp_path, text))
    torch.manual_seed(0)
    network, held = build("mlp", (1, 8, 8), 10).eval(), io.BytesIO()
    torch.save(network.state_dict(), held)
    found = service.receive("mine.pt", io.BytesIO(held.getvalue()))
    assert [choice.name for choice in service.choices()] == ["digits", "study:mine"]
    run = service.add(Wish(found.token, "Mine", "mlp", "study:mine"))
    *_, last = service.unfolding(service.own(service.steps(run)[0], "train", 20))
    draws = torch.Generator().manual_seed(5)
    inputs, targets = torch.randn(20, 1, 8, 8, generator=draws), torch.randn(20, 10, generator=draws)
    assert last.loss[0, 0] == pytest.approx((network(inputs) - targets).abs().mean().item(), rel=1e-5)


def test_weights_of_another_network_are_refused(tmp_path):
    service = opened(tmp_path, written(tmp_path))
    (tmp_path / "runs").mkdir()
    torch.save(torch.nn.Linear(5, 2).state_dict(), tmp_path / "runs" / "epoch_1.pt")
    with pytest.raises(BadCheckpoint, match=r"in it weight is \(2, 5\) instead of \(2, 3\): it should hold what model"):
        load_weights(service.steps("study:mine")[-1])


SEVERAL = """
from collections import UserDict

import torch
from torch import nn

checkpoints = "runs"

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(20, 8), nn.Linear(8, 2)

    def forward(self, input_ids, attention_mask=None, scale=1.0):
        mask = attention_mask[..., None].float()
        hidden = (self.embedding(input_ids) * mask).sum(1) / mask.sum(1)
        return {"logits": self.head(hidden), "hidden": hidden * scale}

def model():
    return Net()

def data(split):
    draws = torch.Generator().manual_seed(0)
    ids, mask = torch.randint(0, 20, (40, 6), generator=draws), torch.rand(40, 6, generator=draws) > 0.3
    mask[:, 0] = True
    return FORM, {"label": ids[:, 0] % 2, "weight": torch.rand(40, generator=draws)}

def loss(outputs, targets):
    return targets["weight"] * nn.functional.cross_entropy(outputs["logits"], targets["label"], reduction="none")

def correct(outputs, targets):
    return outputs["logits"].argmax(1) == targets["label"]
"""


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        ("(ids, mask)", "0 (6,), 1 (6,)"),
        ("[ids, mask]", "0 (6,), 1 (6,)"),
        ("dict(attention_mask=mask, input_ids=ids)", "attention_mask (6,), input_ids (6,)"),
        ("UserDict(attention_mask=mask, input_ids=ids)", "attention_mask (6,), input_ids (6,)"),
    ],
)
def test_inputs_outputs_and_targets_of_a_study_may_be_several(tmp_path, form, shape):
    path = written(tmp_path, SEVERAL.replace("FORM", form))
    network = studies.network(study("mine").architecture)
    (tmp_path / "runs").mkdir()
    torch.save(network.state_dict(), tmp_path / "runs" / "epoch-001.pt")
    service = opened(tmp_path, path)
    query = service.query("study:mine", "train", 30, RandomPlane(seed=1))
    assert shape_text(query.model.shape) == shape
    assert not query.data.labelled
    *_, last = service.unfolding(Survey(query, Lattice.spanning(1, (0, 0.5), (0, 0.5))))
    inputs, targets = studies._data("mine", code_digest(path), "train")
    ids, mask = inputs if isinstance(inputs, tuple) else (inputs["input_ids"], inputs["attention_mask"])
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    x, y = (scaled(gaussian(weights, 1, axis), weights, "filter", "biasbn") for axis in (0, 1))
    for row, col in np.ndindex(last.loss.shape):
        point = {name: w + 0.5 * col * x[name] + 0.5 * row * y[name] for name, w in weights.items()}
        logits, labels = functional_call(network, point, (ids[:30], mask[:30]))["logits"], targets["label"][:30]
        losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        assert last.loss[row, col] == pytest.approx((targets["weight"][:30] * losses).mean().item(), rel=1e-5)
        assert last.accuracy[row, col] == pytest.approx((logits.argmax(1) == labels).float().mean().item())


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("(ids, mask[:39])", r"a row for each example in every tensor.*bool.*share in the network"),
        ("(ids, mask.numpy())", r"every tensor, but gave tuple of \(tuple of \(.*, a ndarray of shape \(40, 6\), bool"),
        ("((ids, mask), ids)", r"every tensor, but gave tuple of \(tuple of \(tuple of"),
        ("(ids, torch.tensor(1))", r"a row for each example in every tensor"),
        ("()", r"a row for each example in every tensor, but gave tuple of \(tuple of \(nothing\)"),
        ("(ids, None)", r"a row for each example in every tensor, but gave tuple of \(tuple of \(a tensor"),
        (
            "dict(ids=ids, mask=mask)",
            r"model\(\) called by name with dictionary of \(ids: .*unexpected keyword",
        ),
        ("(ids, mask, ids, ids)", r"model\(\) called with tuple of .* should run, but raised TypeError"),
    ],
)
def test_inputs_that_do_not_fit_are_one_sentence(tmp_path, form, told):
    written(tmp_path, SEVERAL.replace("FORM", form))
    with pytest.raises(BadStudy, match=told):
        study("mine")


def test_which_input_a_tensor_is_belongs_to_the_digest(tmp_path):
    found = set()
    for form in ("(ids, mask)", "(mask, ids)", "dict(ids=ids, mask=mask)", "dict(mask=ids, ids=mask)"):
        written(tmp_path, SEVERAL.replace("FORM", form))
        found.add(studies._numbers("mine", form, "train"))
    assert len(found) == 4


@pytest.mark.parametrize(
    ("outputs", "classes", "labelled"),
    [
        ("{'logits': x, 'hidden': x[:, :2]}", 3, True),
        ("type('Output', (), {'logits': x})()", 3, True),
        ("{'scores': x}", 1, False),
        ("(x, x)", 1, False),
    ],
)
def test_logits_among_other_outputs_tell_the_classes(tmp_path, outputs, classes, labelled):
    text = CLASSIFYING.format(count=3).replace("outputs.argmax(1)", "logits(outputs).argmax(1)")
    text = text.replace("nn.Linear(3, COUNT)", "Net()").replace("entropy(outputs", "entropy(logits(outputs)")
    written(
        tmp_path,
        text
        + f"""
class Net(nn.Linear):
    def __init__(self):
        super().__init__(3, 3)
    def forward(self, x):
        x = super().forward(x)
        return {outputs}

def logits(outputs):
    if isinstance(outputs, dict):
        return outputs.get("logits", outputs.get("scores"))
    return outputs[0] if isinstance(outputs, tuple) else outputs.logits
""",
    )
    found = study("mine")
    assert (found.classes, found.labelled) == (classes, labelled)


def test_data_of_several_inputs_are_not_lent_to_checkpoints_added_on_the_page(tmp_path):
    (tmp_path / "one").mkdir()
    single = tmp_path / "one" / "plain.py"
    single.write_text(GOOD)
    pair = written(tmp_path, SEVERAL.replace("FORM", "(ids, mask)"), "pair.py")
    names = {choice.name for choice in opened(tmp_path, single, pair).choices()}
    assert "study:plain" in names
    assert "study:pair" not in names
