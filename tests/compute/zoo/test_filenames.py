"""Names of checkpoints tell when in training they were saved; the time of change counts only where none does."""

import os

import pytest
import torch

from compute.zoo import folders
from compute.zoo.filenames import is_weights, moment
from compute.zoo.folders import sightings

COUNT = 12
TWELVE = range(COUNT)

NAMED = {
    "e": "model_e{}.pt",
    "ep": "ep{}.pth",
    "EP": "EP{}.PTH",
    "epoch, padded": "epoch{:03d}.pt",
    "epoch and accuracy": "epoch={}-val_acc={}.ckpt",
    "epoch and rate": "net_epoch_{:02d}_lr0.1.pth",
    "small rate": "lr1e-5_epoch_{}.pth",
    "accuracy behind": "resnet20_{}_acc9{}.pth",
    "accuracy before": "acc91_ep{}.pth",
    "loss that falls": "val_loss=0.{}-e{}.pt",
    "unit behind": "model_{}epochs.pt",
    "unit apart": "model-{}-epochs-final.pt",
    "brackets": "weights[epoch {}].pt",
    "Chinese": "第{}轮.pth",
    "Chinese unit": "模型_{}轮.pth",
    "Chinese steps": "第{}步.pth",
    "Japanese": "エポック{}.pt",
    "Russian": "эпоха_{}.pt",
    "German": "Epoche {}.pt",
    "date": "2024-01-{:02d}_model.pt",
    "date and time": "20240105_{:02d}3000.pt",
    "German date": "{:02d}.03.2024.pt",
    "steps": "iter_{}000.pth",
    "thousands": "model_{}k.pt",
    "thousands of steps": "ckpt-{}k-steps.pt",
    "bare": "net_{}.pt",
    "bare of two": "run_7_{}.pt",
    "bare and digest": "resnet20-{}-12fca82f.th",
    "bare and accuracy": "resnet_{}_93{}.pth",
    "of a hundred": "model_{}_of_100.pt",
    "joined": "model{}.pt",
    "snapshot": "snapshot{}.pt",
    "tar": "checkpoint_{}.pth.tar",
    "lua": "model_{}.t7",
    "global step": "global_step{}.pt",
    "seed before": "seed3_epoch{}.pt",
    "dots": "weights.{:04d}.th",
    "version": "v2.1-epoch{}.pt",
}


@pytest.fixture(autouse=True)
def all_whole(monkeypatch):
    monkeypatch.setattr(folders, "whole", lambda _: True)


def laid(folder, names):
    """Files of no content, the last of them changed first."""
    for age, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (1e9 - age, 1e9 - age))
    return [str(name) for name in names]


def named(pattern, number):
    """A name; where a second number stands in it, that falls as the first rises, or goes up and down."""
    if pattern.startswith("val_loss"):
        return pattern.format(99 - number, number)
    shift = 1 if "2024" in pattern else 0
    return pattern.format(number + shift, (number * 7) % 10)


@pytest.mark.parametrize("way", NAMED)
def test_the_order_is_that_of_training_and_not_of_the_time_of_change(tmp_path, way):
    names = laid(tmp_path, [named(NAMED[way], number) for number in TWELVE])
    found = sightings(tmp_path)
    assert [one.path.name for one in found] == names
    if "date" not in way:
        factor = 1000 if "ousand" in way or way == "steps" else 1
        assert [one.told for one in found] == [factor * number for number in TWELVE]


@pytest.mark.parametrize(
    ("name", "epoch", "step"),
    [
        ("acc91.pt", None, None),
        ("resnet110_acc93.pth", None, None),
        ("best_val_loss_3.pt", None, None),
        ("epoch=3-step=120.ckpt", 3, 120),
        ("model_v2.pt", None, None),
        ("top1_76.pt", None, None),
        ("yolov5s.pt", None, None),
        ("seed_4_fold_2.pt", None, None),
    ],
)
def test_measures_versions_and_networks_are_no_epochs(name, epoch, step):
    told = moment(name)
    assert (told.epoch, told.step, told.bare) == (epoch, step, ())


@pytest.mark.parametrize(
    "beside",
    [
        "optim_{}.pt", "optimizer_{}.pt", "{}_opt.pt", "scheduler_{}.pt", "model_{}.optim.pt", "scaler-{}.pt",
        "checkpoint_{}_optimizer.pth", "rng_state_{}.pth", "Optimiser{}.bin", "mp_rank_00_optim_states_{}.pt",
    ],
)  # fmt: skip
def test_optimisers_beside_models_are_no_checkpoints(tmp_path, beside):
    models = laid(tmp_path, [f"model_{number}.pt" for number in (1, 2)])
    laid(tmp_path, [beside.format(number) for number in (1, 2)])
    assert [one.path.name for one in sightings(tmp_path)] == models
    assert not is_weights(beside.format(1))


@pytest.mark.parametrize("name", ["optimal.pt", "adopt_3.pt", "options-net.pt", "schedule-free.pt", "scheduled.pt"])
def test_words_that_only_look_like_an_optimisers_are_names(name):
    assert is_weights(name)


def test_lightnings_last_version_with_checkpoints_is_the_run(tmp_path):
    inside = tmp_path / "lightning_logs"
    for version, count in ((0, 3), (2, 12), (10, 11), (11, 0)):
        (inside / f"version_{version}" / "checkpoints").mkdir(parents=True)
        laid(inside / f"version_{version}" / "checkpoints", [f"epoch={n}.ckpt" for n in range(count)])
    for place in (tmp_path, inside, inside / "version_10", inside / "version_10" / "checkpoints"):
        assert [one.epoch for one in sightings(place)] == list(range(11))
    assert len(sightings(inside / "version_2")) == 12


def test_a_folder_for_each_time_holds_one_file(tmp_path):
    laid(tmp_path, [f"epoch_{number}/{name}.pt" for number in TWELVE for name in ("weights", "optim")])
    assert [one.epoch for one in sightings(tmp_path)] == list(TWELVE)


def test_wildcards_choose_among_files_of_two_networks(tmp_path):
    laid(tmp_path, [f"net{which}_epoch_{number}.pth" for number in TWELVE for which in "DG"])
    found = sightings(tmp_path / "netG_*.pth")
    assert [one.path.name for one in found] == [f"netG_epoch_{number}.pth" for number in TWELVE]


def test_names_that_tell_less_are_left_out_and_never_ordered_by_time(tmp_path):
    laid(tmp_path, ["epoch_3.pt", "step_100.pt", "epoch_2.pt", "best.pt"])
    assert [one.path.name for one in sightings(tmp_path)] == ["epoch_2.pt", "epoch_3.pt"]


def test_where_no_name_tells_the_time_of_change_does(tmp_path):
    laid(tmp_path, ["c_acc93.pt", "a_acc90.pt", "b_acc91.pt"])
    assert [one.path.name for one in sightings(tmp_path)] == ["b_acc91.pt", "a_acc90.pt", "c_acc93.pt"]


def test_a_lone_file_is_a_folder_of_one(tmp_path):
    torch.save({"a": torch.ones(1)}, tmp_path / "model_3.pth.tar")
    assert [one.told for one in sightings(tmp_path / "model_3.pth.tar")] == [3]
