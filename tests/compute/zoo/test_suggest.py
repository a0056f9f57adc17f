"""Names and shapes tell the architecture."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.errors import BadReference
from compute.settings import ROOT
from compute.zoo.checkpoints import layout_in
from compute.zoo.layouts import layout
from compute.zoo.matching import Held
from compute.zoo.registry import ARCHITECTURES, IMAGES, build
from compute.zoo.suggest import LIBRARY, suggest, suggestions

CIFAR, DIGITS, TEXT = (3, 32, 32), (1, 8, 8), (24,)
DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT.parent / "shared" / "data"))
WEIGHTS = DATA / "resnet20-12fca82f.th"

RESNET20 = layout("resnet20", CIFAR, 10)


def same(one, state):
    return layout(one.architecture, one.shape, one.classes) == state


@pytest.mark.parametrize("shape", [CIFAR, DIGITS])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_suggests_itself_or_first_one_with_the_same_tensors(name, shape):
    state = layout(name, shape if name in IMAGES else TEXT, 13)
    found = suggest(state)
    assert same(found[0], state)
    assert name in [one.architecture for one in found if not one.differs]
    assert all(same(one, state) for one in found if not one.differs)
    assert {one.classes for one in found if not one.differs} == {13}
    assert found[0].names == {tensor: tensor for tensor in state}


def test_the_size_is_told_where_it_shows():
    for name, shape in [("vgg9", DIGITS), ("mlp", (1, 28, 28)), ("alexnet", (1, 28, 28)), ("transformer", TEXT)]:
        assert suggest(layout(name, shape, 10))[0].shape == shape


def test_a_state_dict_as_torch_gives_it_is_read_past_prefixes_and_counters():
    state = build("resnet20-projection", CIFAR, 100).state_dict()
    (first, *_) = suggest({f"_orig_mod.module.{name}": tensor.shape for name, tensor in state.items()})
    assert (first.architecture, first.classes, first.differs) == ("resnet20-projection", 100, "")


def test_where_only_a_part_is_called_otherwise_it_is_said_and_told_which_is_which():
    theirs = {name.replace("linear", "top"): shape for name, shape in sorted(RESNET20.items())}
    (first, *_) = suggest(theirs)
    assert (first.architecture, first.ordered) == ("resnet20", True)
    assert first.differs.endswith(
        "which only their order pairs: top.weight for linear.weight, top.bias for linear.bias"
    )
    assert first.names["linear.bias"] == "top.bias"
    assert list(first.names) == list(RESNET20)


def test_names_of_a_known_layout_are_translated_and_need_no_order():
    theirs = {name.replace("linear", "fc"): shape for name, shape in RESNET20.items()}
    (first, *_) = suggest(theirs)
    assert (first.architecture, first.differs, first.ordered) == ("resnet20", "", False)
    assert first.names["linear.bias"] == "fc.bias"


def test_the_sets_of_weights_that_fit_are_told_and_the_one_that_is_taken_first():
    raw, averaged = ({f"{key}.{n}": Held(s, key) for n, s in RESNET20.items()} for key in ("params", "params_ema"))
    beside = {"optimizer.state.0.exp_avg": Held((16, 3, 3, 3), "optimizer.state.0")}
    (first, *_) = suggestions(raw | averaged | beside)
    assert (first.architecture, first.differs, first.weights) == ("resnet20", "", ("params_ema", "params"))
    (only, *_) = suggestions({f"net.p{number}": Held(s, "net") for number, s in enumerate(RESNET20.values())})
    assert (only.ordered, only.weights) == (True, ("net",))


def test_where_all_is_called_otherwise_the_order_tells():
    theirs = {f"p{number}": shape for number, shape in enumerate(RESNET20.values())}
    (first, *_) = suggest(theirs)
    assert first.architecture == "resnet20"
    assert first.ordered
    assert "only their order pairs: p0 for conv1.weight, p1 for bn1.weight" in first.differs
    assert list(first.names.values()) == list(theirs)


def test_where_neither_names_nor_order_tell_only_the_architecture_is_suggested():
    first, *middle, last = RESNET20.values()
    theirs = {f"p{number}": shape for number, shape in enumerate([first, *reversed(middle), last])}
    (best, *_) = suggest(theirs)
    assert (best.architecture, best.names) == ("resnet20", {})
    assert best.differs == "it has other names; they come in another order"


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([name for name in RESNET20 if name != "conv1.weight"]))
def test_a_missing_tensor_is_named(lost):
    (first, *_) = suggest({name: shape for name, shape in RESNET20.items() if name != lost})
    assert (first.architecture, first.differs) == ("resnet20", f"it lacks {lost}")


def test_a_tensor_of_another_shape_is_named():
    (first, *_) = suggest({**RESNET20, "layer2.1.conv1.weight": (32, 32, 5, 5)})
    assert first.differs == "in it layer2.1.conv1.weight is (32, 32, 5, 5) instead of (32, 32, 3, 3)"


def test_what_lacks_under_other_names_is_told_by_its_shape():
    theirs = {f"p{name}": shape for name, shape in RESNET20.items() if name != "layer3.2.conv2.weight"}
    (first, *_) = suggest(theirs)
    assert (first.architecture, first.names) == ("resnet20", {})
    assert first.differs == "it has other names; it lacks 1 of shape (64, 64, 3, 3)"


@pytest.mark.parametrize("name", [LIBRARY[0], LIBRARY[-1]])
def test_networks_of_torchvision_are_known_too(name):
    (first, *_) = suggest(layout(name, (3, 224, 224), 1000))
    assert (first.architecture, first.shape, first.classes, first.differs) == (name, (3, 224, 224), 1000, "")


@pytest.mark.parametrize("run", ["resnet20", "resnet56-noshort", "vgg9-bs128", "mlp"])
def test_the_gallerys_files_are_told(run):
    path = sorted((ROOT / "data" / "gallery" / run).glob("*.safetensors"))[-1]
    first, *others = suggest(layout_in(path))
    assert first.classes == 10
    assert first.shape == DIGITS
    told = [one.architecture for one in (first, *others) if not one.differs]
    assert {"vgg9-bs128": "vgg9-slim"}.get(run, run) in told


@pytest.mark.skipif(not WEIGHTS.is_file(), reason=f"needs {WEIGHTS.name} in {DATA}")
def test_a_third_partys_checkpoint_is_told():
    first, second, third, *_ = suggest(layout_in(WEIGHTS))
    assert (first.architecture, first.shape, first.classes, first.differs) == ("resnet20", CIFAR, 10, "")
    assert (second.architecture, second.differs) == ("resnet20-noshort", "")
    assert third.differs


def test_tensors_of_no_known_network_still_have_a_nearest():
    (first, *_) = suggest({"scale": (), "weight": (3, 2)})
    assert first.differs


def test_no_tensors_are_refused():
    with pytest.raises(BadReference, match="should be told from tensors, but there are none: choose another file"):
        suggest({"bn.num_batches_tracked": ()})
