"""Checkpoints added by hand: told apart, suggested, kept, measured and removed."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from compute.adding import Upload, Wish
from compute.card import ModelCard
from compute.errors import BadCheckpoint, BadReference, LandscapeError, UnknownName
from compute.jobs.executors import SequentialExecutor
from compute.service import LandscapeService
from compute.settings import ROOT, Settings
from compute.specs import RandomPlane
from compute.store.memory import MemoryStore
from compute.zoo.datasets import data_ref, examples
from compute.zoo.measures import measure
from compute.zoo.registry import build
from tests.compute.store.test_imports import as_the_public_code_does, npz

DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT.parent / "shared" / "data"))
WEIGHTS, IMAGES = DATA / "resnet20-12fca82f.th", DATA / "cifar10_clean.npz"
MEAN, STD = "0.485,0.456,0.406", "0.229, 0.224, 0.225"


def settings(folder, **changed):
    names = ("cache_dir", "gallery_dir", "checkpoint_dir", "imports_dir", "models_dir", "datasets_dir")
    return Settings(**({name: folder / name for name in names} | changed))


def opened(folder, **changed):
    return LandscapeService(settings(folder, **changed), MemoryStore(), [SequentialExecutor()])


@pytest.fixture
def service(tmp_path):
    return opened(tmp_path)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build("mlp", (1, 8, 8), 10).eval()


def content(state):
    held = io.BytesIO()
    torch.save(state, held)
    return held.getvalue()


def received(service, network, name="My net.pt"):
    found = service.receive(name, io.BytesIO(content({f"net.{n}": t for n, t in network.state_dict().items()})))
    assert isinstance(found, Upload)
    return found


def added(service, network):
    return service.add(Wish(received(service, network).token, "My net", "mlp", "digits"))


def only(service) -> ModelCard:
    (card,) = service.cards()
    return card


def test_a_checkpoint_becomes_a_run_that_survives_a_restart_and_opens_like_any_other(service, tmp_path, network):
    found = received(service, network)
    best = found.candidates[0]
    assert (best.architecture, best.shape, best.differs) == ("mlp", (1, 8, 8), "")
    assert [choice.name for choice in service.choices()] == ["digits"]
    assert service.add(Wish(found.token, "My net", "mlp", "digits")) == "added:my-net"
    for one in (service, opened(tmp_path)):
        card = only(one)
        assert (card.run, card.title, card.parameters) == (
            "added:my-net",
            "My net",
            sum(p.numel() for p in network.parameters()),
        )
        assert (card.train_loss, card.test_error) == (None, None)
        query = one.query("added:my-net", "test", 60, RandomPlane())
        (ref,) = one.steps("added:my-net")
        assert (ref.digest, ref.run, one.drops(ref.run)) == (query.model.digest, "added:my-net", ())
        assert one.examples("added:my-net", "train") == 1437
    assert not list((tmp_path / "models_dir" / "incoming").glob("*"))


def test_measuring_tells_the_networks_own_losses_and_they_are_remembered(service, tmp_path, network):
    run = added(service, network)
    service.measure(run)
    truth = {split: measure(network, examples(data_ref(f"digits:{split}:all"))) for split in ("train", "test")}
    for one in (service, opened(tmp_path)):
        card = only(one)
        assert card.train_loss == pytest.approx(truth["train"].loss, rel=1e-5)
        assert card.test_loss == pytest.approx(truth["test"].loss, rel=1e-5)
        assert (card.train_error, card.test_error) == pytest.approx((truth["train"].error, truth["test"].error))


def test_two_of_one_title_are_two_runs_and_one_can_be_removed(service, network):
    assert [added(service, network), added(service, network)] == ["added:my-net", "added:my-net-2"]
    service.remove("added:my-net")
    assert only(service).run == "added:my-net-2"
    with pytest.raises(UnknownName, match="Unknown added model 'added:my-net': choose one of added:my-net-2"):
        service.remove("added:my-net")


def test_a_surface_is_told_by_its_content_whatever_it_is_called(service):
    surface, table = (
        as_the_public_code_does(5, 5)[0],
        npz(alpha=np.arange(3.0), beta=np.arange(3.0), loss=np.ones((3, 3))),
    )
    assert service.receive("weights.pt", io.BytesIO(surface)) == "import:weights"
    assert service.receive("archive.npz", io.BytesIO(table)) == "import:archive"


def test_a_safetensors_file_is_a_checkpoint_too(service, tmp_path, network):
    path = tmp_path / "weights.safetensors"
    save_file(network.state_dict(), path)
    with path.open("rb") as stream:
        assert service.receive(path.name, stream).candidates[0].architecture == "mlp"


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("weights.pt", b"PK\x03\x04 broken", "neither safetensors nor a file written by torch.save"),
        ("weights.safetensors", b"broken", "should be a safetensors file"),
        ("notes.txt", b"hello", "A surface needs two axes"),
    ],
)
def test_what_is_neither_is_refused_and_nothing_is_left(service, tmp_path, name, given, told):
    with pytest.raises(LandscapeError, match=told):
        service.receive(name, io.BytesIO(given))
    assert not list((tmp_path / "models_dir" / "incoming").glob("*"))


def test_a_file_that_is_too_large_is_refused_and_nothing_is_left(tmp_path):
    service = opened(tmp_path, upload_mib=1)
    with pytest.raises(BadCheckpoint, match="at most 1 MiB, this has more: raise --upload-mib"):
        service.receive("large.pt", io.BytesIO(bytes(2**20 + 1)))
    assert not list((tmp_path / "models_dir" / "incoming").glob("*"))


def test_what_does_not_fit_can_be_answered_otherwise(service, network):
    token = received(service, network).token
    with pytest.raises(BadCheckpoint, match="should fit resnet20, but"):
        service.add(Wish(token, "", "resnet20", "digits"))
    with pytest.raises(UnknownName, match=r"Unknown data set 'npz:/etc/passwd\.npz': choose one of digits"):
        service.add(Wish(token, "", "mlp", "npz:/etc/passwd.npz"))
    with pytest.raises(BadReference, match="Mean and std belong to images in bytes"):
        service.add(Wish(token, "", "mlp", "digits", MEAN, STD))
    assert service.add(Wish(token, "", "mlp", "digits")) == "added:my-net"


def test_what_was_put_away_or_is_no_token_is_gone(service, network):
    token = received(service, network).token
    service.discard(token)
    for name in (token, "../../..", ""):
        with pytest.raises(BadCheckpoint, match="is gone: drop it again"):
            service.add(Wish(name, "", "mlp", "digits"))


def test_a_broken_manifest_hides_one_run_only(service, tmp_path, network):
    added(service, network)
    (tmp_path / "models_dir" / "broken").mkdir()
    (tmp_path / "models_dir" / "broken" / "model.json").write_text("{}")
    assert only(service).run == "added:my-net"


@pytest.mark.skipif(not (WEIGHTS.is_file() and IMAGES.is_file()), reason=f"needs the images and weights in {DATA}")
def test_a_third_partys_network_is_suggested_rightly_and_has_its_published_loss(tmp_path):
    service = opened(tmp_path, datasets_dir=DATA)
    with WEIGHTS.open("rb") as stream:
        found = service.receive(WEIGHTS.name, stream)
    assert (found.candidates[0].architecture, found.candidates[0].differs) == ("resnet20", "")
    run = service.add(Wish(found.token, "ResNet-20", "resnet20", f"npz:{IMAGES}", MEAN, STD))
    survey = service.own(service.steps(run)[0], "train", service.examples(run, "train"))
    *_, last = service.unfolding(survey)
    assert np.round(last.loss[0, 0], 5) == pytest.approx(0.00836)
