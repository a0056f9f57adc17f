"""Networks of timm, named by the `config.json` that the hub keeps beside their weights."""

import json

import numpy as np
import pytest
import torch

from compute.errors import BadCheckpoint, BadReference, UnknownName
from compute.jobs.build import examples
from compute.request import Request
from compute.zoo.checkpoints import load_model
from compute.zoo.hub import HubConfig, hub_config
from compute.zoo.registry import build


def stated(folder, **told):
    (folder / "config.json").write_text(json.dumps(told))
    return folder / "model.safetensors"


def test_a_configuration_states_architecture_classes_and_pixels(tmp_path):
    file = stated(
        tmp_path,
        architecture="resnet10t",
        num_classes=5,
        model_args={"num_classes": 5, "in_chans": 3, "global_pool": "max"},
        pretrained_cfg={"mean": [0.1, 0.2, 0.3], "std": [1, 0.5, 0.5]},
    )
    expected = HubConfig('timm:resnet10t {"global_pool": "max"}', 5, (0.1, 0.2, 0.3), (1.0, 0.5, 0.5))
    assert hub_config(file) == hub_config(tmp_path) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {"architecture": "resnet18", "num_classes": 3, "mean": [0.5], "std": [0.5]},
            ("timm:resnet18", 3, (0.5,), (0.5,)),
        ),
        ({"architecture": "resnet18", "mean": [0.5]}, ("timm:resnet18", None, None, None)),
        ({"architecture": "resnet18", "model_type": "timm_wrapper"}, ("timm:resnet18", None, None, None)),
        ({"something": "else"}, None),
    ],
)
def test_what_is_not_stated_is_not_known(tmp_path, told, expected):
    assert hub_config(stated(tmp_path, **told)) == (expected and HubConfig(*expected))


def test_no_configuration_or_a_damaged_one_states_nothing(tmp_path):
    assert hub_config(tmp_path / "model.safetensors") is None
    (tmp_path / "config.json").write_text("{")
    assert hub_config(tmp_path / "model.safetensors") is None


def test_a_network_of_transformers_needs_a_study(tmp_path):
    file = stated(tmp_path, architectures=["BertModel"], model_type="bert")
    with pytest.raises(BadReference, match=r"is BertModel of transformers, as its config.json says.*--study"):
        Request(checkpoint=file).query("digits:train:8", [])


def test_without_timm_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(BadReference, match="needs that package, but it is missing: run pip install timm"):
        build("timm:resnet18", (3, 32, 32), 10)


@pytest.fixture
def timm():
    return pytest.importorskip("timm", reason="needs the package timm")


@pytest.fixture
def archive(tmp_path):
    """Twelve images of three of a network's classes."""
    draws = np.random.default_rng(0)
    path = tmp_path / "images.npz"
    pixels, labels = draws.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8), np.arange(12) % 3
    np.savez(path, x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    return path


@pytest.mark.parametrize(
    ("name", "arguments", "file"),
    [
        ("resnet10t", {}, "model.safetensors"),
        ("resnet10t", {"global_pool": "max"}, "pytorch_model.bin"),
        (
            "vit_tiny_patch16_224",
            {"img_size": (32, 32), "depth": 2, "embed_dim": 48, "num_heads": 3},
            "model.safetensors",
        ),
        ("mobilenetv3_small_050", {}, "model.safetensors"),
        ("convnext_atto", {"depths": (1, 1, 1, 1), "dims": (8, 16, 24, 32)}, "model.safetensors"),
    ],
)
def test_a_saved_network_answers_as_timm_does(tmp_path, timm, archive, name, arguments, file):
    from timm.models import save_for_hf

    torch.manual_seed(0)
    network = timm.create_model(name, num_classes=5, **arguments).eval()
    folder = tmp_path / "saved"
    safe = "both" if file.endswith("safetensors") else False
    save_for_hf(network, str(folder), safe_serialization=safe)
    config = json.loads((folder / "config.json").read_text())
    query = Request(checkpoint=folder / file).query(f"npz:{archive}:train", [])
    assert query.model.classes == 5
    assert query.data.mean == pytest.approx(tuple(config["pretrained_cfg"]["mean"]))
    data = examples(query.data, query.model, torch.device("cpu"))
    mean, std = (torch.tensor(config["pretrained_cfg"][key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    pixels = torch.from_numpy(np.load(archive)["x_train"]).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        torch.testing.assert_close(load_model(query.model)(data.inputs), network((pixels - mean) / std))
    named = Request(checkpoint=folder / file, architecture=f"timm:{name}").query(f"npz:{archive}:train", [])
    assert named.model == query.model  # what is stated completes the name


def test_ones_own_mean_goes_before_the_stated_one_and_digits_bring_their_own(tmp_path, timm, archive):
    told = {"architecture": "resnet10t", "num_classes": 5, "pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    file = stated(tmp_path, **told)
    torch.save(timm.create_model("resnet10t", num_classes=5).state_dict(), tmp_path / "pytorch_model.bin")
    file = tmp_path / "pytorch_model.bin"
    assert Request(checkpoint=file, mean="0,0,0", std="1,1,1").query(f"npz:{archive}:train", []).data.mean == (0, 0, 0)
    assert Request(checkpoint=file).query("digits:train:8", []).data.mean is None
    other = Request(checkpoint=file, architecture="timm:resnet18").query(f"npz:{archive}:train", [])
    assert (other.model.architecture, other.model.classes, other.data.mean) == ("timm:resnet18", 3, None)
    with pytest.raises(BadCheckpoint, match="should fit timm:resnet18"):
        load_model(other.model)


@pytest.mark.parametrize(
    ("name", "shape", "told", "kind"),
    [
        ("timm:resnet10z", (3, 32, 32), "Unknown timm model 'resnet10z'", UnknownName),
        ("timm:resnet18 {", (3, 32, 32), r"named timm:NAME or timm:NAME \{", BadReference),
        ('timm:resnet18 {"nonsense": 1}', (3, 32, 32), r"cannot be built for them \(.*nonsense", BadReference),
        ("timm:resnet18", (12,), r"takes images of shape \(channels, height, width\)", BadReference),
    ],
)
def test_what_timm_cannot_build_is_one_sentence(timm, name, shape, told, kind):
    with pytest.raises(kind, match=told):
        build(name, shape, 10)


def test_grey_images_and_other_sizes_have_networks_of_timm(timm):
    images = torch.zeros(2, 1, 64, 64)
    for name in ("timm:resnet10t", "timm:vit_tiny_patch16_224"):
        assert build(name, (1, 64, 64), 7)(images).shape == (2, 7)
