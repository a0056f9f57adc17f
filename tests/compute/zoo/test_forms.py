"""One network, its weights saved in every way that training code saves them: each loads by name, or is refused."""

import argparse
import datetime
import io
import json
import logging
import pathlib
import types
from collections import OrderedDict, defaultdict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

from compute.errors import BadCheckpoint, BadStudy
from compute.zoo import studies, study_loading
from compute.zoo.checkpoints import load_model, load_weights, model_ref, taken
from compute.zoo.readers import readers

STUDY = """
import torch
from torch import nn

checkpoints = "runs"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)))


def model():
    return Net()


def data(split):
    return torch.randn(8, 3), torch.arange(8) % 2


def loss(outputs, targets):
    return nn.functional.cross_entropy(outputs, targets, reduction="none")
"""

WRAPPED = STUDY.replace(
    "    return Net()",
    "    net = nn.Module()\n    net.net = Net()\n    net.forward = net.net.forward\n    return net",
)

TIED = """
import torch
from torch import nn

checkpoints = "runs"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.mix = nn.Linear(4, 4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        return self.head(self.mix(self.embed(x))).transpose(1, 2)


def model():
    return Net()


def data(split):
    return torch.arange(12).reshape(4, 3) % 5, torch.arange(12).reshape(4, 3) % 5


def loss(outputs, targets):
    return nn.functional.cross_entropy(outputs, targets, reduction="none").mean(1)
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Names a network by the text of a study's file."""

    def write(text=STUDY, name="mine"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        studies.allow({name: path})
        (tmp_path / "runs").mkdir(exist_ok=True)
        return studies.facts(name)

    yield write
    studies.allow({})


def fresh(text=STUDY, seed=3):
    scope = {}
    exec(text, scope)
    torch.manual_seed(seed)
    network = scope["model"]()
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape) + 0.1)
    return network


def ref(known, path, **how):
    return model_ref(path, known.architecture, known.shape, known.classes, **how)


def same(found, state):
    return all(torch.equal(found[name], one) for name, one in state.items() if "num_batches" not in name)


def start(state, before, end=""):
    return {before + name + end: tensor for name, tensor in state.items()}


def renamed(state, old, new):
    return {name.replace(old, new): tensor for name, tensor in state.items()}


def other(state):
    return {name: tensor + 1 for name, tensor in state.items()}


NAMES = {
    "bare": lambda s: s,
    "reversed": lambda s: dict(reversed(list(s.items()))),
    "ddp": lambda s: start(s, "module."),
    "ddp of ddp": lambda s: start(s, "module.module."),
    "compiled": lambda s: start(s, "_orig_mod."),
    "compiled ddp": lambda s: start(s, "_orig_mod.module."),
    "ddp inside": lambda s: renamed(s, "body.", "body.module."),
    "compiled inside": lambda s: renamed(s, "body.", "body._orig_mod."),
    "fsdp": lambda s: renamed(start(s, "_fsdp_wrapped_module."), "body.", "body._fsdp_wrapped_module."),
    "older fsdp": lambda s: renamed(s, "head.", "head._fpw_module."),
    "checkpointed": lambda s: renamed(s, "body.2.", "body.2._checkpoint_wrapped_module."),
    "opacus": lambda s: start(s, "_module."),
    "fabric": lambda s: start(s, "_forward_module."),
    "lightning": lambda s: start(s, "model."),
    "lightning, compiled inside": lambda s: renamed(start(s, "net."), "net.", "net._orig_mod."),
    "two levels": lambda s: start(s, "trainer.policy.net."),
    "underscore": lambda s: start(s, "model_"),
    "slash": lambda s: start(s, "model/"),
    "suffix": lambda s: start(s, "", ":0"),
    "counters missing": lambda s: {n: t for n, t in s.items() if "num_batches" not in n},
}


@pytest.mark.parametrize("way", NAMES)
@pytest.mark.parametrize("text", [STUDY, WRAPPED], ids=["network", "wrapped"])
def test_one_rule_that_explains_all_names_is_found(study, tmp_path, way, text):
    known, state = study(text), fresh().state_dict()
    torch.save(NAMES[way](state), tmp_path / "w.pt")
    found = load_weights(ref(known, tmp_path / "w.pt"))
    before = "net." if text is WRAPPED else ""
    assert same(found, start(state, before))


CONTAINERS = {
    "net": lambda s: {"net": start(s, "module."), "acc": 93.1, "epoch": 12},
    "network": lambda s: {"network": s},
    "weights": lambda s: {"weights": s, "meta": {"lr": 1}},
    "model_state": lambda s: {"model_state": s, "epoch": 3},
    "deepspeed": lambda s: {"module": s, "ds_config": {}, "optimizer": {"state": {0: {"exp_avg": torch.ones(4, 3)}}}},
    "generator": lambda s: {"generator": s, "discriminator": {"w": torch.zeros(3)}},
    "G": lambda s: {"G": s, "D": {"0.weight": torch.ones(4, 3)}},
    "nested": lambda s: {"checkpoint": {"models": {"policy": {"state_dict": s}}}},
    "list": lambda s: {"models": [s], "optimizers": [{"state": {}}]},
    "tuple": lambda s: (s, {"lr": 0.1}),
    "pieces": lambda s: {
        key: {n.removeprefix(key + "."): t for n, t in s.items() if n.startswith(key)} for key in ("body", "head")
    },
    "namespace": lambda s: {"state_dict": s, "args": argparse.Namespace(lr=0.1, out=pathlib.Path("a") / "b")},
    "simple namespace": lambda s: {"model": s, "cfg": types.SimpleNamespace(a=1)},
    "numpy scalars": lambda s: {"state_dict": s, "best": np.float64(80.2), "n": np.int64(3), "ok": np.bool_(True)},
    "numpy arrays": lambda s: {"state_dict": s, "history": np.arange(3), "names": np.array(["a", "b"])},
    "arrays as weights": lambda s: {"model": {n: t.numpy() for n, t in s.items()}},
    "dates": lambda s: {"state_dict": s, "when": datetime.datetime(2024, 1, 5), "took": datetime.timedelta(1)},
    "defaultdict": lambda s: {"state_dict": s, "log": defaultdict(list, {"loss": [1.0]})},
    "ordered": lambda s: OrderedDict(state_dict=OrderedDict(s)),
    "sets and slices": lambda s: {"state_dict": s, "done": {1, 2}, "part": slice(1, 2), "size": torch.Size([1])},
    "sparse": lambda s: {n: t.to_sparse() if t.dim() == 2 else t for n, t in s.items()},
    "csr": lambda s: {n: t.to_sparse_csr() if t.dim() == 2 else t for n, t in s.items()},
    "float64": lambda s: {n: t.double() if t.is_floating_point() else t for n, t in s.items()},
    "parameters": lambda s: {n: nn.Parameter(t) if t.is_floating_point() else t for n, t in s.items()},
    "strided": lambda s: {n: t.t().contiguous().t() if t.dim() == 2 else t for n, t in s.items()},
}


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
@pytest.mark.parametrize("way", CONTAINERS)
def test_whatever_entry_holds_tensors_that_fit_is_found(study, tmp_path, way):
    known, state = study(), fresh().state_dict()
    torch.save(CONTAINERS[way](state), tmp_path / "w.pt")
    assert same(load_weights(ref(known, tmp_path / "w.pt")), state)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2])
@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_numbers_of_any_width_come_as_float32(study, tmp_path, kind, name):
    known, state = study(), fresh().state_dict()
    narrow = {n: t.to(kind) if t.is_floating_point() else t for n, t in state.items()}
    (save_file if name.endswith("safetensors") else torch.save)(narrow, tmp_path / name)
    model = ref(known, tmp_path / name)
    assert same(load_weights(model), {n: t.float() if t.is_floating_point() else t for n, t in narrow.items()})
    with readers([model]) as (read,):
        assert torch.equal(read([("head.weight", slice(0, 1))])[0].float(), narrow["head.weight"][:1].float())


@pytest.mark.parametrize("name", ["w.t7", "w.pth.tar", "w.bin", "w.PTH", "w.model", "a – letzte Epoche (ü).pt"])
def test_the_end_of_a_name_makes_no_difference(study, tmp_path, name):
    known, state = study(), fresh().state_dict()
    torch.save({"state_dict": state}, tmp_path / name)
    assert same(load_weights(ref(known, tmp_path / name)), state)


EMA = {
    "params_ema": lambda s: {"params": other(s), "params_ema": s},
    "state_dict_ema": lambda s: {"state_dict_ema": s, "state_dict": other(s)},
    "ema": lambda s: {"model": other(s), "ema": {"shadow": s, "decay": 0.99}},
    "model_ema": lambda s: {"model": start(other(s), "module."), "model_ema": {"module": start(s, "module.")}},
    "prefixes": lambda s: start(other(s), "online_model.") | start(s, "ema_model.") | {"initted": torch.tensor(True)},
    "averaged": lambda s: {"net": other(s), "swa": start(s, "module.") | {"n_averaged": torch.tensor(4)}},
    "in the middle": lambda s: {"g": renamed(other(s), "body.", "body.module."), "g_ema": s},
    "shadow": lambda s: {"raw": other(s), "shadow": s},
    "EMA": lambda s: {"state_dict": other(s), "EMA": s},
    "avg": lambda s: {"last": other(s), "avg_model": s},
}


@pytest.mark.parametrize("way", EMA)
def test_averaged_weights_are_taken_unless_others_are_named_and_the_log_says_so(study, tmp_path, way, caplog):
    known, state = study(), fresh().state_dict()
    torch.save(EMA[way](state), tmp_path / "w.pt")
    with caplog.at_level(logging.INFO):
        assert same(load_weights(ref(known, tmp_path / "w.pt")), state)
    (raw,) = taken(ref(known, tmp_path / "w.pt")).others
    assert f"others={raw}" in caplog.text
    assert same(load_weights(ref(known, tmp_path / "w.pt", weights=raw)), other(state))
    assert ref(known, tmp_path / "w.pt").identity() != ref(known, tmp_path / "w.pt", weights=raw).identity()


def test_a_suffix_marks_averages_too(study, tmp_path):
    known, state = study(), fresh().state_dict()
    torch.save(other(state) | start(state, "", "_ema"), tmp_path / "w.pt")
    assert same(load_weights(ref(known, tmp_path / "w.pt")), state)
    assert same(load_weights(ref(known, tmp_path / "w.pt", weights="bare")), other(state))


def test_where_no_rule_tells_which_of_several_the_choice_is_asked_for(study, tmp_path):
    known, state = study(), fresh().state_dict()
    torch.save({"teacher": state, "student": other(state)}, tmp_path / "w.pt")
    told = "should hold one set of weights that fits .*, but has teacher, student: choose one with --weights teacher"
    with pytest.raises(BadCheckpoint, match=told):
        load_weights(ref(known, tmp_path / "w.pt"))
    assert same(load_weights(ref(known, tmp_path / "w.pt", weights="student")), other(state))
    with pytest.raises(BadCheckpoint, match="called 'best' that fit, but has teacher, student: choose another"):
        load_weights(ref(known, tmp_path / "w.pt", weights="best"))


ASIDE = {
    "criterion": {"criterion.weight": torch.ones(2)},
    "a network as criterion": {"criterion.vgg.0.weight": torch.ones(3, 3), "criterion.vgg.0.bias": torch.ones(3)},
    "loss function": {"loss_fn.weight": torch.ones(2), "train_loss.total": torch.tensor(1.0)},
    "metrics": {"val_acc.correct": torch.tensor(3), "val_acc.total": torch.tensor(9)},
    "floating metrics": {"val_accuracy.mean": torch.tensor(0.5), "metrics.auroc.preds": torch.ones(9)},
    "confusion": {"test_confmat.confmat": torch.zeros(2, 2)},
    "n_averaged": {"n_averaged": torch.tensor(4)},
    "extra state": {"body._extra_state": torch.zeros(0)},
    "extra state with content": {"head._extra_state": torch.ones(3)},
    "counters": {"global_step": torch.tensor(9), "ema.num_updates": torch.tensor(9)},
    "positions": {"body.position_ids": torch.arange(9)[None]},
    "masks": {"body.attn.bias": torch.ones(1, 1, 4, 4).tril(), "body.attn.masked_bias": torch.tensor(-1e4)},
    "frequencies": {"body.rotary.inv_freq": torch.ones(4)},
    "nothing": {"empty": torch.zeros(0)},
}


@pytest.mark.parametrize("way", ASIDE)
@pytest.mark.parametrize("before", ["", "model."])
def test_what_is_no_parameter_is_left_aside_and_listed(study, tmp_path, way, before, caplog):
    known, state = study(), fresh().state_dict()
    torch.save({"state_dict": start(state, before) | ASIDE[way]}, tmp_path / "w.ckpt")
    with caplog.at_level(logging.INFO):
        assert same(load_weights(ref(known, tmp_path / "w.ckpt")), state)
    assert all(f"state_dict.{name}" in caplog.text for name in ASIDE[way])
    assert set(taken(ref(known, tmp_path / "w.ckpt")).aside) >= {f"state_dict.{name}" for name in ASIDE[way]}


def test_optimisers_are_no_weights_and_listed(study, tmp_path, caplog):
    known, network = study(), fresh()
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.randn(4, 3)).sum().backward()
    optimiser.step()
    torch.save({"model": network.state_dict(), "optimizer": optimiser.state_dict()}, tmp_path / "w.pt")
    with caplog.at_level(logging.INFO):
        assert same(load_weights(ref(known, tmp_path / "w.pt")), network.state_dict())
    assert "entries=optimizer" in caplog.text


def test_a_module_with_two_names_leaves_a_copy_that_is_no_surplus(study, tmp_path):
    known, state = study(), fresh().state_dict()
    torch.save(start(state, "model.") | {"backbone.0.weight": state["body.0.weight"]}, tmp_path / "w.pt")
    assert same(load_weights(ref(known, tmp_path / "w.pt")), state)
    copy = {"backbone.0.weight": state["body.0.weight"].clone() + 1}
    torch.save(start(state, "model.") | copy, tmp_path / "w.pt")
    with pytest.raises(BadCheckpoint, match=r"also has backbone\.0\.weight"):
        load_weights(ref(known, tmp_path / "w.pt"))


def exchanged(state):
    """Two tensors of one shape under names that are no network's."""
    return {name.replace("body", "trunk").replace("head", "top"): tensor for name, tensor in state.items()}


REFUSED = {
    "other names": (exchanged, r"lacks body\.0\.weight.*also has trunk\.0\.weight"),
    "one more layer": (lambda s: s | {"body.4.weight": torch.ones(4, 4)}, r"but it also has body\.4\.weight: "),
    "one scale more": (lambda s: s | {"logit_scale": torch.ones(())}, "but it also has logit_scale"),
    "one less": (lambda s: {n: t for n, t in s.items() if n != "head.bias"}, r"but it lacks head\.bias"),
    "no statistics": (lambda s: {n: t for n, t in s.items() if "running" not in n}, r"lacks body\.1\.running_mean"),
    "other shapes": (
        lambda s: s | {"head.weight": torch.ones(3, 4), "head.bias": torch.ones(3)},
        r"in it head\.weight is \(3, 4\) instead of \(2, 4\)",
    ),
    "transposed": (lambda s: s | {"body.0.weight": s["body.0.weight"].t()}, r"is \(3, 4\) instead of \(4, 3\)"),
    "half of the names": (lambda s: renamed(s, "head.", "model.head."), r"lacks head\.weight.*also has model\.head"),
    "another network beside": (
        lambda s: start(s, "generator.") | {"discriminator.0.weight": torch.ones(4, 3)},
        r"also has discriminator\.0\.weight: .*pass --weights generator if the network is that part",
    ),
    "flat": (lambda s: {"flat_param": torch.cat([t.flatten().float() for t in s.values()])}, "also has flat_param"),
    "list": (lambda s: {"shadow_params": list(s.values())}, r"lacks body\.0\.weight"),
    "only optimiser": (lambda s: {"optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}}, "none"),
}


@pytest.mark.parametrize("way", REFUSED)
def test_anything_else_is_refused_with_the_first_tensors_that_differ(study, tmp_path, way):
    known, state = study(), fresh().state_dict()
    change, told = REFUSED[way]
    torch.save(change(state), tmp_path / "w.pt")
    with pytest.raises(Exception, match=told) as raised:
        load_weights(ref(known, tmp_path / "w.pt"))
    assert type(raised.value).__module__ == "compute.errors"
    assert str(raised.value).count(". ") == 0


def test_a_part_is_taken_where_it_is_named(study, tmp_path):
    known, state = study(), fresh().state_dict()
    torch.save(start(state, "generator.") | {"discriminator.0.weight": torch.ones(4, 3)}, tmp_path / "w.pt")
    assert same(load_weights(ref(known, tmp_path / "w.pt", weights="generator")), state)


def test_order_pairs_only_where_the_user_says_so_and_the_reference_says_it(study, tmp_path):
    known, state = study(), fresh().state_dict()
    torch.save(exchanged(state), tmp_path / "w.pt")
    plain, ordered = (ref(known, tmp_path / "w.pt", match=match) for match in ("name", "order"))
    with pytest.raises(BadCheckpoint, match="should fit"):
        load_weights(plain)
    assert same(load_weights(ordered), state)
    assert plain.identity() != ordered.identity()
    torch.save({"a": torch.ones(3)}, tmp_path / "w.pt")
    with pytest.raises(BadCheckpoint, match="by the order of its tensors, but it lacks"):
        load_weights(ref(known, tmp_path / "w.pt", match="order"))


@pytest.mark.parametrize("kept", ["embed.weight", "head.weight", "both"])
@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_names_that_the_network_ties_are_one_tensor(study, tmp_path, kept, name):
    known, network = study(TIED), fresh(TIED)
    state = dict(network.state_dict())
    if kept != "both":
        del state[{"embed.weight": "head.weight", "head.weight": "embed.weight"}[kept]]
    state = {n: t.clone() for n, t in state.items()}
    (save_file if name.endswith("safetensors") else torch.save)(state, tmp_path / name)
    model = ref(known, tmp_path / name)
    loaded = load_model(model)
    assert same(loaded.state_dict(), network.state_dict())
    assert loaded.head.weight is loaded.embed.weight
    with readers([model]) as (read,):
        assert torch.equal(read([("embed.weight", slice(1, 3))])[0], network.embed.weight[1:3])


def test_save_model_drops_twins_and_they_come_back(study, tmp_path):
    known, network = study(TIED), fresh(TIED)
    save_model(network, str(tmp_path / "w.safetensors"))
    assert same(load_weights(ref(known, tmp_path / "w.safetensors")), network.state_dict())


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_untied_tensors_are_no_tied_ones(study, tmp_path, name):
    known, network = study(TIED), fresh(TIED)
    state = {n: t.clone() for n, t in network.state_dict().items()}
    state["head.weight"] += 1
    (save_file if name.endswith("safetensors") else torch.save)(state, tmp_path / name)
    model = ref(known, tmp_path / name)
    told = r"one tensor for embed\.weight and head\.weight, which the network ties, but .* differ: untie them"
    with pytest.raises(BadCheckpoint, match=told):
        load_weights(model)
    with pytest.raises(BadCheckpoint, match=told), readers([model]):
        pass


def test_an_untied_network_gets_no_twin(study, tmp_path):
    untied = TIED.replace("        self.head.weight = self.embed.weight\n", "")
    known, network = study(untied), fresh(TIED)
    save_model(network, str(tmp_path / "w.safetensors"))
    with pytest.raises(BadCheckpoint, match=r"but it lacks (embed|head)\.weight"):
        load_weights(ref(known, tmp_path / "w.safetensors"))


def test_a_part_called_module_is_no_wrapper(study, tmp_path):
    text = STUDY.replace("self.body", "self.module")
    known, state = study(text), fresh(text).state_dict()
    for number, way in enumerate((state, start(state, "module."), start(state, "_orig_mod."))):
        torch.save(way, tmp_path / f"{number}.pt")
        assert same(load_weights(ref(known, tmp_path / f"{number}.pt")), state)


def test_a_data_parallel_network_takes_weights_with_and_without_its_prefix(study, tmp_path):
    known, state = study(STUDY.replace("return Net()", "return nn.DataParallel(Net())")), fresh().state_dict()
    for number, way in enumerate((state, start(state, "module."), {"net": start(state, "module.")})):
        torch.save(way, tmp_path / f"{number}.pt")
        assert same(load_weights(ref(known, tmp_path / f"{number}.pt")), start(state, "module."))


def old_norm(network):
    nn.utils.weight_norm(network.head)
    return network


def new_norm(network):
    nn.utils.parametrizations.weight_norm(network.head)
    return network


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated")
def test_weight_norm_of_one_kind_takes_weights_of_the_other(study, tmp_path):
    kinds = {"nn.utils.weight_norm": old_norm, "nn.utils.parametrizations.weight_norm": new_norm}
    for number, (function, others) in enumerate(zip(kinds, reversed(kinds.values()), strict=True)):
        text = STUDY.replace("    return Net()", f"    net = Net()\n    {function}(net.head)\n    return net")
        known = study(text, f"norm{number}")
        saved = others(fresh())
        torch.save(saved.state_dict(), tmp_path / f"{number}.pt")
        loaded, x = load_model(ref(known, tmp_path / f"{number}.pt")), torch.randn(5, 3)
        torch.testing.assert_close(loaded(x), saved.eval()(x))


def test_a_lazy_network_takes_the_files_shapes(study, tmp_path):
    text = STUDY.replace("self.head = nn.Linear(4, 2)", "self.head = nn.LazyLinear(2)")
    known, state = study(text), fresh().state_dict()
    torch.save(start(state, "model."), tmp_path / "w.pt")
    assert same(load_weights(ref(known, tmp_path / "w.pt")), state)


def itself(state):
    contents = {"state_dict": state}
    contents["self"] = contents
    contents["twice"] = {"again": contents}
    return contents


def test_a_dictionary_that_holds_itself_ends(study, tmp_path):
    known, state = study(), fresh().state_dict()
    torch.save(itself(state), tmp_path / "w.pt")
    assert same(load_weights(ref(known, tmp_path / "w.pt")), state)


def deep(levels):
    found = {"x": torch.ones(1)}
    for _ in range(levels):
        found = {"inner": found}
    return found


def wide(levels):
    """2^levels paths to one tensor."""
    found = {"x": torch.ones(1)}
    for _ in range(levels):
        found = {"a": found, "b": found}
    return found


@pytest.mark.parametrize("content", [deep(400), wide(40)], ids=["deep", "wide"])
def test_absurd_nesting_is_refused_in_a_sentence(study, tmp_path, content):
    known = study()
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(BadCheckpoint, match=r"more than 32 deep, or are more than .*: save the network's state_dict"):
        load_weights(ref(known, tmp_path / "w.pt"))


class Own:
    """A class that only this module knows."""


@pytest.mark.filterwarnings("ignore:Detected pickle protocol", "ignore:.*torch.jit")
@pytest.mark.parametrize(
    ("save", "told"),
    [
        (lambda n, p: torch.save(n, p), r"is a whole network, pickled.*torch\.save\(model\.state_dict\(\), FILE\)"),
        (lambda n, p: torch.save({"model": n, "epoch": 3}, p), "is a whole network, pickled"),
        (lambda n, p: torch.save(n, p, _use_new_zipfile_serialization=False), "is a whole network, pickled"),
        (
            lambda n, p: torch.jit.trace(n, torch.randn(2, 3)).save(str(p)),
            r"is a TorchScript program.*jit\.load",
        ),
        (lambda n, p: torch.jit.script(n).save(str(p)), "is a TorchScript program"),
        (lambda n, p: torch.export.save(torch.export.export(n, (torch.randn(2, 3),)), str(p)), "by torch.export"),
        (lambda n, p: torch.save({"model": n.state_dict(), "config": Own()}, p), r"could run code \([\w.]+\.Own\)"),
        (lambda n, p: torch.save({"model": n.state_dict(), "f": len}, p), "could run code"),
        (lambda n, p: torch.save(n.state_dict(), p, pickle_protocol=4), "a newer pickle protocol"),
        (lambda n, p: p.write_bytes(json.dumps({"a": 1}).encode()), "neither safetensors nor"),
        (lambda n, p: np.savez(p.open("wb"), a=np.ones(3)), "neither safetensors nor"),
        (lambda n, p: torch.save(io.BytesIO(b"x"), p), "could run code"),
        (lambda n, p: torch.save({"w": np.array([object()])}, p), "could run code"),
    ],
)
def test_what_a_file_is_and_how_to_save_it_instead_is_said(study, tmp_path, save, told):
    known, path = study(), tmp_path / "w.pt"
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    save(network, path)
    with pytest.raises(BadCheckpoint, match=told):
        load_weights(ref(known, path))


LOADING = (
    STUDY
    + """

def load(model, file):
    found = torch.load(file, weights_only=True)["mine"]
    for name, tensor in model.state_dict().items():
        tensor.copy_(found[name.upper()])
"""
)


def test_a_study_may_load_its_checkpoints_itself_and_everything_uses_it(study, tmp_path):
    known, state = study(LOADING), fresh().state_dict()
    torch.save({"mine": {name.upper(): tensor for name, tensor in state.items()}}, tmp_path / "w.pt")
    model = ref(known, tmp_path / "w.pt")
    assert same(load_model(model).state_dict(), state)
    assert same(load_weights(model), state)
    with readers([model]) as (read,):
        assert torch.equal(read([("head.weight", slice(1, 2))])[0], state["head.weight"][1:])


def test_load_is_called_for_safetensors_files_and_folders_too(study, tmp_path):
    text = STUDY + (
        "\n\ndef load(model, file):\n    from safetensors.torch import load_file\n"
        "    model.load_state_dict({n: -t if t.is_floating_point() else t for n, t in load_file(file).items()})\n"
    )
    known, state = study(text), fresh().state_dict()
    (tmp_path / "checkpoint-9").mkdir()
    save_file(state, tmp_path / "checkpoint-9" / "model.safetensors")
    model = ref(known, tmp_path / "checkpoint-9")
    assert torch.equal(load_weights(model)["head.bias"], -state["head.bias"])
    with readers([model]) as (read,):
        assert torch.equal(read([("head.weight", slice(0, 2))])[0], -state["head.weight"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "raise ValueError('no such key.')",
            r"mine\.py, line \d+: load\(model, '.*w\.pt'\) should run, but raised",
        ),
        ("model.nothing", r"line \d+: .*raised AttributeError"),
        ("torch.load(str(file) + '.missing')", r"line \d+: .*raised FileNotFoundError"),
        ("pass", r"should set all weights from .*, but left body\.0\.weight, .* at random values"),
        ("model.load_state_dict({}, strict=False)", "at random values"),
        ("model.head.load_state_dict({'weight': torch.ones(2, 4), 'bias': torch.ones(2)})", r"left body\.0\.weight"),
        ("return Net()", "should load into the model that it is given, but gave another"),
    ],
)
def test_what_goes_wrong_in_load_is_a_sentence_with_the_line(study, tmp_path, body, told):
    known = study(STUDY + f"\n\ndef load(model, file):\n    {body}\n")
    torch.save(fresh().state_dict(), tmp_path / "w.pt")
    with pytest.raises(BadStudy, match=told):
        load_weights(ref(known, tmp_path / "w.pt"))


def test_what_model_builds_the_same_every_time_need_not_be_loaded(study, tmp_path):
    text = STUDY.replace("    return Net()", "    torch.manual_seed(5)\n    return Net()")
    known = study(text + "\n\ndef load(model, file):\n    model.head.load_state_dict(torch.load(file))\n")
    torch.save(fresh().head.state_dict(), tmp_path / "w.pt")
    assert torch.equal(load_weights(ref(known, tmp_path / "w.pt"))["head.bias"], fresh().head.bias)
    assert study_loading.defines_load(known.architecture)


def test_a_load_that_fails_on_the_runs_own_file_is_told_at_the_start(study, tmp_path):
    (tmp_path / "runs").mkdir()
    torch.save({"mine": {}}, tmp_path / "runs" / "a.pt")
    with pytest.raises(BadStudy, match=r"mine\.py, line \d+: load\(model, '.*a\.pt'\) should run, but raised KeyError"):
        study(LOADING)
