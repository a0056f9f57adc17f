"""Checkpoints added by hand: told apart, suggested, kept, measured and removed."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from compute.adding import DataChoice, Upload, Wish
from compute.card import ModelCard
from compute.errors import BadCheckpoint, BadReference, LandscapeError, UnknownName
from compute.jobs.executors import SequentialExecutor
from compute.numerics.evaluation import judged
from compute.service import LandscapeService
from compute.settings import ROOT, Settings
from compute.specs import RandomPlane
from compute.store.memory import MemoryStore
from compute.zoo.datasets import data_ref, examples
from compute.zoo.downloads import DOWNLOADS
from compute.zoo.measures import measure
from compute.zoo.registry import build
from tests.compute.store.test_imports import as_the_public_code_does, npz
from tests.compute.zoo.test_downloads import laid
from tests.compute.zoo.test_pictures import painted

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


def held(service, contents, name="My net.pt"):
    found = service.receive(name, io.BytesIO(content(contents)))
    assert isinstance(found, Upload)
    return found


def own_loss(service, run):
    *_, last = service.unfolding(service.own(service.steps(run)[0], "train", 64))
    return last.loss[0, 0]


def plain_loss(network):
    data = examples(data_ref("digits:train:64"))
    with torch.inference_mode():
        return judged(network(data.inputs), data.targets)[0].mean().item()


def test_pairs_by_order_are_shown_and_load_only_once_they_are_confirmed(service, tmp_path, network):
    theirs = {f"p{number}": tensor for number, tensor in enumerate(network.state_dict().values())}
    found = held(service, theirs)
    best = found.candidates[0]
    assert best.architecture == "mlp"
    assert best.pairs == tuple(zip(network.state_dict(), theirs, strict=True))
    with pytest.raises(BadCheckpoint, match=r"should fit mlp, but it lacks layers\.0\.weight.*also has p0"):
        service.add(Wish(found.token, "My net", "mlp", "digits"))
    run = service.add(Wish(found.token, "My net", "mlp", "digits", ordered=True))
    for one in (service, opened(tmp_path)):
        assert one.steps(run)[0].match == "order"
        assert only(one).recipe == "added from my-net.pt, paired by order"
        assert own_loss(one, run) == pytest.approx(plain_loss(network), rel=1e-5)


def test_a_choice_of_weights_is_offered_and_kept(service, tmp_path, network):
    torch.manual_seed(1)
    averaged = build("mlp", (1, 8, 8), 10).eval()
    contents = {"params": network.state_dict(), "params_ema": averaged.state_dict()}
    for choice, wanted in (("auto", averaged), ("params_ema", averaged), ("params", network)):
        found = held(service, contents)
        assert found.candidates[0].weights == ("params_ema", "params")
        run = service.add(Wish(found.token, "My net", "mlp", "digits", weights=choice))
        assert own_loss(opened(tmp_path), run) == pytest.approx(plain_loss(wanted), rel=1e-5)
    assert {card.recipe for card in service.cards()} == {
        "added from my-net.pt", "added from my-net.pt, params_ema", "added from my-net.pt, params"
    }  # fmt: skip


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


PROSE = "It was the best of times, it was the worst of times. " * 20


@pytest.fixture
def sets(tmp_path):
    """A folder of data sets with one of each kind, and what is none."""
    folder = tmp_path / "datasets_dir"
    laid("mnist", folder)
    laid("cifar10", folder)
    (folder / "cifar10" / "y_test.npy").unlink()  # as if fetching had been cut short
    images, labels = np.zeros((4, 8, 8, 3), np.uint8), np.arange(4)
    np.savez(folder / "ours.npz", x_train=images, y_train=labels)
    np.savez(folder / "other.npz", weights=labels)
    (folder / "prose.txt").write_text(PROSE)
    (folder / "short.txt").write_text("Once.")
    for name in ("train/cat/1", "train/dog/1", "test/cat/1"):
        painted(folder / "pets" / f"{name}.png", (32, 32, 3))
    painted(folder / "sketches" / "drawn" / "cat" / "1.png")
    return folder


def test_the_data_that_can_be_chosen_are_those_that_are_there_in_full(sets, tmp_path):
    published = DOWNLOADS["mnist"].mean, DOWNLOADS["mnist"].std
    assert opened(tmp_path).choices() == (
        DataChoice("digits", "digits", (1, 8, 8), 10),
        DataChoice(f"npz:{sets}/ours.npz", "ours", (3, 8, 8), 4, True),
        DataChoice(f"text:{sets}/prose.txt", "prose", (64,), len(set(PROSE))),
        DataChoice(f"folder:{sets}/pets", "pets", (3, 32, 32), 2, True),
        DataChoice("mnist", "mnist", (1, 28, 28), 10, True, *published),
    )


def test_how_others_come_to_be_chosen_is_said(sets, tmp_path):
    drop = "For others, drop an .npz (x_train, y_train, x_test, y_test) or a .txt on the page, "
    fetch = f"run `python run.py fetch cifar10 --datasets-dir {sets}` (or cifar100, fashion-mnist), or "
    put = f"put images as NAME/train/CLASS/ into {sets}."
    assert opened(tmp_path).more_choices() == f"{drop}{fetch}{put}"
    for name in ("cifar100", "fashion-mnist"):
        laid(name, sets)
    assert "fetch cifar10 --datasets-dir" in opened(tmp_path).more_choices()
    np.save(sets / "cifar10" / "y_test.npy", np.arange(20))
    assert opened(tmp_path).more_choices() == f"{drop}{put}"


@pytest.mark.parametrize(
    ("data", "architecture"),
    [
        ("mnist", "mlp"),
        ("npz:{}/ours.npz", "resnet20"),
        ("text:{}/prose.txt", "transformer"),
        ("folder:{}/pets", "mlp"),
    ],
)
def test_a_checkpoint_has_its_own_loss_on_whatever_was_chosen(sets, tmp_path, data, architecture):
    service = opened(tmp_path)
    chosen = next(one for one in service.choices() if one.name == data.format(sets))
    torch.manual_seed(0)
    network = build(architecture, chosen.shape, chosen.classes).eval()
    found = received(service, network)
    assert (found.candidates[0].architecture, found.candidates[0].classes) == (architecture, chosen.classes)
    mean, std = (", ".join(map(str, one or ())) for one in (chosen.mean, chosen.std))
    run = service.add(Wish(found.token, "Mine", architecture, chosen.name, mean, std))
    (model,), named = service.steps(run), data_ref(f"{chosen.name}:train", datasets_dir=sets)
    survey = service.own(model, "train", named.size)
    assert survey.query.data.identity() == named.identity()  # the very key that the command line asks under
    *_, last = service.unfolding(survey)
    with torch.inference_mode():
        losses, right = judged(network(examples(named).inputs), examples(named).targets)
    assert last.loss[0, 0] == pytest.approx(losses.mean().item(), rel=1e-5)
    assert last.accuracy[0, 0] == pytest.approx(right.float().mean().item())
    assert only(service).answers == ("next symbols" if architecture == "transformer" else "classes")


def test_where_the_published_mean_was_taken_away_pixels_are_from_0_to_1(sets, tmp_path):
    service = opened(tmp_path)
    token = received(service, build("mlp", (1, 28, 28), 10)).token
    service.add(Wish(token, "My net", "mlp", "mnist"))
    found = examples(service.query("added:my-net", "train", 20, RandomPlane()).data).inputs
    np.testing.assert_allclose(found, np.load(sets / "mnist" / "x_train.npy") / np.float32(255), atol=1e-7)


def test_an_image_of_another_size_is_named_with_what_was_wanted(sets, tmp_path):
    service = opened(tmp_path)
    torch.manual_seed(0)
    found = received(service, build("mlp", (3, 32, 32), 2))
    run = service.add(Wish(found.token, "My net", "mlp", f"folder:{sets}/pets"))
    painted(sets / "pets" / "train" / "dog" / "2.png", (24, 40, 3))
    told = f"{sets}/pets/train/dog/2.png should be 32 × 32 pixels as .*/train/cat/1.png is, but is 40 × 24: "
    with pytest.raises(LandscapeError, match=f"{told}resize it, or take it out"):
        list(service.unfolding(service.own(service.steps(run)[0], "train", 3)))


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
