"""Checkpoints open whatever wraps them, and never run code."""

import os
import pickle
import random
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from compute.errors import BadCheckpoint, UnknownName
from compute.zoo.checkpoints import layout_in, load_model, load_weights, model_ref
from compute.zoo.registry import build
from compute.zoo.suggest import suggest

SHAPE = (1, 8, 8)

pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return build("resnet20", SHAPE, 10).state_dict()


def ref(path, architecture="resnet20", shape=SHAPE):
    return model_ref(path, architecture, shape, 10)


def same(one, other):
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def wrapped(state, way):
    prefixed = OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    compiled = {f"_orig_mod.module.{name}": tensor for name, tensor in state.items()}
    return {
        "bare": state,
        "state_dict": {"epoch": 7, "best": 0.5, "state_dict": prefixed},
        "model_state_dict": {"model_state_dict": compiled, "optimizer": {"state": {}}},
        "model": {"model": {"state_dict": state}},
        "uncounted": {name: tensor for name, tensor in state.items() if "num_batches" not in name},
    }[way]


@pytest.mark.parametrize("modern", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("way", ["bare", "state_dict", "model_state_dict", "model", "uncounted"])
def test_wrappers_and_prefixes_make_no_difference(tmp_path, state, way, modern):
    path = tmp_path / "weights.pt"
    torch.save(wrapped(state, way), path, _use_new_zipfile_serialization=modern)
    assert same(load_weights(ref(path)), state)


def test_half_precision_comes_back_as_float32(tmp_path, state):
    path = tmp_path / "weights.safetensors"
    save_file({name: tensor.half() if tensor.dim() > 1 else tensor for name, tensor in state.items()}, path)
    weights = load_weights(ref(path))
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32, torch.int64}
    assert torch.equal(weights["conv1.weight"], state["conv1.weight"].half().float())


def test_a_loaded_network_is_ready_to_judge_and_touches_no_random_numbers(tmp_path, state):
    path = tmp_path / "weights.pt"
    torch.save(state, path)
    before = torch.get_rng_state()
    network = load_model(ref(path))
    assert torch.equal(before, torch.get_rng_state())
    assert not network.training
    assert same(network.state_dict(), state)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"cpu"}


def test_a_reference_is_named_after_its_file_and_addressed_by_its_content(tmp_path, state):
    first, second = tmp_path / "one.pt", tmp_path / "two.safetensors"
    torch.save(state, first)
    save_file(state, second)
    assert ref(first).run == "one"
    assert ref(first).digest != ref(second).digest
    assert model_ref(first, "resnet20", SHAPE, 10, run="mine", step=3).step == 3


class Trap:
    """Writes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("kind", ["zip", "legacy", "plain"])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path, kind):
    path, sprung = tmp_path / "trap.pt", tmp_path / "sprung"
    if kind == "plain":
        path.write_bytes(pickle.dumps({"state_dict": Trap(sprung)}, protocol=2))
    else:
        torch.save({"state_dict": Trap(sprung)}, path, _use_new_zipfile_serialization=kind == "zip")
    with pytest.raises(BadCheckpoint, match=r"objects that could run code.*save its state_dict\(\) alone"):
        load_weights(ref(path))
    assert not sprung.exists()


def test_a_pickled_network_is_refused(tmp_path):
    path = tmp_path / "network.pt"
    torch.save(build("mlp", SHAPE, 10), path)
    with pytest.raises(BadCheckpoint, match="objects that could run code"):
        load_weights(ref(path, "mlp"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadCheckpoint, match=r"nowhere\.pt, but there is no such file: check the path"):
        ref(tmp_path / "nowhere.pt")
    with pytest.raises(BadCheckpoint, match="no such file"):
        ref(tmp_path)


@pytest.mark.parametrize("name", ["notes.pt", "notes.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights at all\n", b"PK\x03\x04 broken", b"\x80\x04\x95"])
def test_a_file_without_weights_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadCheckpoint, match=r"save (it|the network's state_dict.*) again"):
        load_weights(ref(tmp_path / name))


def test_noise_is_always_refused_in_one_sentence(tmp_path):
    noise = random.Random(0)
    for number in range(100):
        path = tmp_path / f"{number}.pt"
        path.write_bytes(noise.randbytes(noise.randrange(1, 300)))
        with pytest.raises(BadCheckpoint):
            load_weights(ref(path))


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_truncated_file_is_refused(tmp_path, state, suffix):
    path = tmp_path / f"weights.{suffix}"
    (torch.save if suffix == "pt" else save_file)(state, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadCheckpoint, match="damaged"):
        load_weights(ref(path))


@pytest.mark.parametrize(
    ("content", "came"),
    [([1, 2], "one list"), ({"epoch": 3, "lr": 0.1}, "a dictionary of 'epoch', 'lr'"), ({}, "a dictionary of nothing")],
)
def test_a_file_of_other_things_is_refused(tmp_path, content, came):
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(BadCheckpoint, match=rf"tensors by name, but holds {came}"):
        load_weights(ref(tmp_path / "other.pt"))


def test_another_architecture_is_named_with_what_to_do(tmp_path, state):
    path = tmp_path / "weights.pt"
    torch.save(build("resnet20-projection", SHAPE, 10).state_dict(), path)
    told = r"should fit resnet20, but it also has layer2\.0\.shortcut\.0\.weight.*: it fits resnet20-projection: "
    with pytest.raises(BadCheckpoint, match=told + "pass --architecture resnet20-projection"):
        load_weights(ref(path))


def test_a_mis_shaped_tensor_is_named(tmp_path, state):
    path = tmp_path / "weights.pt"
    torch.save(state, path)
    told = r"in it conv1\.weight is \(16, 1, 3, 3\) instead of \(16, 3, 3, 3\): none of .* fits 10 classes of"
    with pytest.raises(BadCheckpoint, match=told):
        load_weights(ref(path, shape=(3, 32, 32)))


def test_a_missing_tensor_is_named(tmp_path, state):
    path = tmp_path / "weights.pt"
    torch.save({name: tensor for name, tensor in state.items() if name != "linear.bias"}, path)
    with pytest.raises(BadCheckpoint, match=r"but it lacks linear\.bias: none of"):
        load_weights(ref(path))


def test_a_file_that_changed_since_it_was_named_is_refused(tmp_path, state):
    path = tmp_path / "weights.pt"
    torch.save(state, path)
    old = ref(path)
    torch.save({name: tensor + 1 for name, tensor in state.items()}, path)
    with pytest.raises(BadCheckpoint, match="content has changed: reopen it"):
        load_weights(old)


def test_an_unknown_architecture_is_refused(tmp_path, state):
    path = tmp_path / "weights.pt"
    torch.save(state, path)
    with pytest.raises(UnknownName, match="Unknown architecture 'lenet'"):
        ref(path, "lenet")
    with pytest.raises(UnknownName, match="Unknown architecture 'lenet'"):
        load_weights(replace(ref(path), architecture="lenet"))


def test_numpy_arrays_are_no_tensors(tmp_path):
    torch.save({"weight": 1.0}, tmp_path / "scalars.pt")
    np.savez(tmp_path / "arrays.npz", weight=np.zeros(3))
    for name in ("scalars.pt", "arrays.npz"):
        with pytest.raises(BadCheckpoint):
            load_weights(ref(tmp_path / name))


class HyperParameters:
    """What Lightning's save_hyperparameters may leave in a checkpoint."""


@pytest.mark.parametrize("start", ["model.", "net.encoder.", "module.model."])
@pytest.mark.parametrize("name", ["weights.bin", "weights.th", "epoch=3-step=120.ckpt", "model.safetensors"])
def test_what_stands_before_every_name_makes_no_difference(tmp_path, state, name, start):
    path, named = tmp_path / name, {start + name: tensor for name, tensor in state.items()}
    if path.suffix == ".ckpt":  # as Lightning writes it
        named = {"epoch": 3, "global_step": 120, "state_dict": named, "hyper_parameters": {"lr": 0.1}, "loops": {}}
    (save_file if path.suffix == ".safetensors" else torch.save)(named, path)
    found = load_weights(ref(path))
    assert list(found) == list(state)
    assert all(torch.equal(found[name], state[name]) for name in state if "num_batches" not in name)
    first, *_ = suggest(layout_in(path))
    assert (first.architecture, first.shape, first.classes, first.differs) == ("resnet20", SHAPE, 10, "")


def test_hyper_parameters_that_are_objects_are_named_with_what_to_do(tmp_path, state):
    path = tmp_path / "epoch=3.ckpt"
    torch.save({"state_dict": state, "hyper_parameters": {"options": HyperParameters()}}, path)
    told = r"run code \([\w.]+\.HyperParameters, among its hyper-parameters\).*weights_only=False\) and save its"
    with pytest.raises(BadCheckpoint, match=told):
        load_weights(ref(path))


def test_what_only_the_order_tells_is_suggested_and_loads_where_the_user_says_so(tmp_path, state):
    path = tmp_path / "theirs.pt"
    theirs = {name.replace("linear", "out").replace("conv", "c"): tensor for name, tensor in state.items()}
    torch.save(theirs, path)
    first, *_ = suggest(layout_in(path))
    assert (first.architecture, first.ordered) == ("resnet20", True)
    assert first.differs.startswith("its names are others, which only their order pairs: c1.weight for conv1.weight")
    told = r"lacks conv1\.weight, .*also has c1\.weight, .*order they fit resnet20 \(c1\.weight for conv1\.weight, .*"
    with pytest.raises(BadCheckpoint, match=told + "so pass --match order if that is right"):
        load_weights(ref(path))
    assert same(load_weights(replace(ref(path), match="order")), state)


@pytest.mark.parametrize("architecture", ["resnet20", "resnet20-projection", "resnet110-noshort", "wrn56-k2"])
def test_torchvisions_names_of_a_resnet_are_known(tmp_path, architecture):
    torch.manual_seed(0)
    state = build(architecture, SHAPE, 10).state_dict()
    theirs = {f"module.{n}".replace("linear", "fc").replace("shortcut", "downsample"): t for n, t in state.items()}
    torch.save({"state_dict": theirs, "best_acc": 90.0}, tmp_path / "theirs.pth.tar")
    assert same(load_weights(ref(tmp_path / "theirs.pth.tar", architecture)), state)
    assert suggest(layout_in(tmp_path / "theirs.pth.tar"))[0].differs == ""


def test_an_unknown_way_to_match_is_refused(tmp_path, state):
    torch.save(state, tmp_path / "weights.pt")
    with pytest.raises(UnknownName, match="Unknown way to match tensors 'shape': choose one of name, order"):
        model_ref(tmp_path / "weights.pt", "resnet20", SHAPE, 10, match="shape")
