"""A folder of checkpoints is a run: in the order of training, and never half a file."""

import json
import multiprocessing
import os
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from compute.zoo.checkpoints import load_weights, model_ref
from compute.zoo.folders import sightings
from compute.zoo.registry import build
from compute.zoo.whole import whole

SHAPE = (1, 8, 8)


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return build("mlp", SHAPE, 10).state_dict()


def names(folder):
    return [one.path.name for one in sightings(folder)]


def put(state, *paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        (save_file if path.suffix == ".safetensors" else torch.save)(state, path)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["epoch=10-step=300.ckpt", "epoch=9-step=270.ckpt", "last.ckpt"], [9, 10]),
        (["step=900.ckpt", "step=1000.ckpt"], [900, 1000]),
        (["epoch-007.safetensors", "epoch-010.safetensors"], [7, 10]),
        (["resnet20_12.pth", "resnet20_2.pth", "resnet20_best.pth"], [2, 12]),
        (["ckpt9.pt", "ckpt10.pt"], [9, 10]),
        (["weights.0003.th", "weights.0020.th"], [3, 20]),
        (["iter_2000.bin", "iter_400.bin", "optimizer_2000.bin"], [400, 2000]),
    ],
)
def test_names_tell_the_order(tmp_path, state, given, told):
    put(state, *(tmp_path / name for name in given))
    assert [one.told for one in sightings(tmp_path)] == told


def test_without_numbers_the_time_of_writing_tells(tmp_path, state):
    put(state, *(tmp_path / name for name in ("zero.pt", "last.pt", "best.pt")))
    for age, name in enumerate(["last.pt", "best.pt", "zero.pt"]):
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    assert names(tmp_path) == ["zero.pt", "best.pt", "last.pt"]


def test_drafts_and_what_trainers_write_beside_the_weights_are_no_checkpoints(tmp_path, state):
    put(state, tmp_path / "epoch_1.pt", tmp_path / ".epoch_2.pt", tmp_path / "optimizer.pt")
    for name in ("epoch_3.pt.part", "epoch_4.pt.tmp", "notes.txt", "epoch_5.pt"):
        (tmp_path / name).write_bytes(b"")
    assert names(tmp_path) == ["epoch_1.pt"]
    assert sightings(tmp_path / "nowhere") == ()


def sharded(state, folder, ending):
    """As the trainer of Hugging Face writes a large network."""
    stem = {"safetensors": "model", "bin": "pytorch_model"}[ending]
    files = {name: f"{stem}-{1 + number % 2:05d}-of-00002.{ending}" for number, name in enumerate(state)}
    for file in set(files.values()):
        put({name: state[name] for name in state if files[name] == file}, folder / file)
    (folder / f"{stem}.{ending}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))
    return sorted(set(files.values()))


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_a_trainers_folders_load_whole_or_sharded(tmp_path, state, ending):
    whole_name = {"safetensors": "model.safetensors", "bin": "pytorch_model.bin"}[ending]
    put({"net." + name: tensor for name, tensor in state.items()}, tmp_path / "checkpoint-500" / whole_name)
    shards = sharded(state, tmp_path / "checkpoint-1000", ending)
    assert names(tmp_path) == ["checkpoint-500"]  # an index counts once it has come to rest
    os.utime(tmp_path / "checkpoint-1000" / f"{whole_name}.index.json", (1e9, 1e9))
    assert [one.told for one in sightings(tmp_path)] == [500, 1000]
    for one in sightings(tmp_path):
        ref = model_ref(one.path, "mlp", SHAPE, 10, step=one.told)
        assert ref.run == one.path.name
        assert all(torch.equal(tensor, state[name]) for name, tensor in load_weights(ref).items())
    before = ref.digest
    put({name: tensor + 1 for name, tensor in state.items()}, tmp_path / "checkpoint-1000" / shards[0])
    assert model_ref(tmp_path / "checkpoint-1000", "mlp", SHAPE, 10).digest != before
    (tmp_path / "checkpoint-1000" / shards[0]).unlink()
    assert [one.told for one in sightings(tmp_path)] == [500]


def test_an_index_names_files_of_its_own_folder_only(tmp_path, state):
    put(state, tmp_path / "outside.safetensors")
    index = tmp_path / "inside" / "model.safetensors.index.json"
    index.parent.mkdir()
    index.write_text(json.dumps({"weight_map": dict.fromkeys(state, "../outside.safetensors")}))
    assert not whole(index.parent)


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_every_beginning_of_a_file_is_less_than_the_whole(tmp_path, state, ending):
    path = tmp_path / f"weights.{ending}"
    put(state, path)
    content = path.read_bytes()
    for length in sorted({*range(0, len(content), 997), 4, 8, 9, len(content) - 1}):
        path.write_bytes(content[:length])
        assert not whole(path)
    path.write_bytes(content)
    assert whole(path)


def test_a_file_that_does_not_tell_its_length_counts_once_it_has_come_to_rest(tmp_path, state):
    path = tmp_path / "old.pt"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert not whole(path)
    os.utime(path, (time.time() - 2 * 5, time.time() - 2 * 5))
    assert whole(path)


def write_slowly(source: Path, folder: Path, looked: Event) -> None:
    """Copies files in small pieces, as slowly as a full disk would; each is `looked` at before the next one comes."""
    for path in sorted(source.iterdir()):
        with open(folder / path.name, "wb", buffering=0) as file:
            content = path.read_bytes()
            for start in range(0, len(content), 4096):
                file.write(content[start : start + 4096])
                time.sleep(0.001)
        for _ in range(2):  # the first look may have begun before the file was whole
            looked.clear()
            looked.wait(60)


def test_a_folder_that_another_process_writes_never_shows_half_a_file(tmp_path, state):
    source, folder = tmp_path / "source", tmp_path / "folder"
    folder.mkdir()
    every = {f"epoch-{epoch:03d}": {n: t + epoch for n, t in state.items()} for epoch in range(8)}
    for number, (name, weights) in enumerate(every.items()):
        put(weights, source / f"{name}.{('safetensors', 'pt')[number % 2]}")
    processes = multiprocessing.get_context("spawn")
    looked = processes.Event()
    writer = processes.Process(target=write_slowly, args=(source, folder, looked))
    writer.start()
    looks, counts = 0, set()
    while writer.is_alive() or not looks:
        found = sightings(folder)
        for one in found[-2:]:  # those before have been looked at
            weights = load_weights(model_ref(one.path, "mlp", SHAPE, 10))
            assert all(torch.equal(tensor, every[one.path.stem][name]) for name, tensor in weights.items())
        looks, counts = looks + 1, counts | {len(found)}
        looked.set()
    writer.join()
    assert writer.exitcode == 0
    assert len(counts) > 4  # it was seen growing
    assert [one.epoch for one in sightings(folder)] == list(range(8))
