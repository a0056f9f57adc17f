"""Folders of images, compared with torchvision's own reading of them."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms.functional import pil_to_tensor

from compute.errors import BadData, BadReference
from compute.zoo.datasets import classes, data_ref, examples, first, shape

MEAN, STD = (0.5, 0.25, 0.125), (0.5, 0.2, 0.1)


def painted(path, sides=(5, 4, 3), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.RandomState(seed).randint(0, 256, sides, dtype=np.uint8).squeeze()).save(path)


@pytest.fixture
def tree(tmp_path):
    """Three classes of different sizes, in two splits; the path has a colon."""
    folder = tmp_path / "zoo: animals"
    for seed, name in enumerate(["train/cat/1.png", "train/cat/2.png", "train/ant/x.PNG", "train/dog/1.jpg"]):
        painted(folder / name, seed=seed)
    painted(folder / "test/dog/9.png", seed=9)
    (folder / "train/cat/notes.txt").write_text("no image")
    return folder


def test_images_and_labels_are_torchvisions(tree):
    reading = ImageFolder(str(tree / "train"))
    wanted = {(pil_to_tensor(image).numpy().tobytes(), label) for image, label in reading}
    found = examples(data_ref(f"folder:{tree}:train"))
    pixels = (found.inputs * 255).round().to(torch.uint8)
    assert {
        (image.numpy().tobytes(), label) for image, label in zip(pixels, found.targets.tolist(), strict=True)
    } == wanted
    assert (classes(data_ref(f"folder:{tree}:train")), reading.classes) == (3, ["ant", "cat", "dog"])


def test_a_class_has_one_number_in_every_split(tree):
    assert examples(data_ref(f"folder:{tree}:test")).targets.tolist() == [2]


def test_sizes_means_and_splits_work_as_everywhere(tree):
    whole, some = (data_ref(f"folder:{tree}:train{size}") for size in ("", ":3"))
    assert (whole.size, some.size, shape(some)) == (4, 3, (3, 5, 4))
    assert torch.equal(examples(some).inputs, examples(whole).inputs[:3])
    normalised = examples(data_ref(f"folder:{tree}:train", MEAN, STD)).inputs
    mean, std = (torch.tensor(part).reshape(1, 3, 1, 1) for part in (MEAN, STD))
    torch.testing.assert_close(normalised, (examples(whole).inputs - mean) / std)
    assert first(some, "test", 99).size == 1


def test_grey_images_have_one_channel(tmp_path):
    painted(tmp_path / "train/a/1.png", (6, 7))
    assert shape(data_ref(f"folder:{tmp_path}:train")) == (1, 6, 7)
    assert examples(data_ref(f"folder:{tmp_path}:train")).inputs.shape == (1, 1, 6, 7)


def test_only_the_wanted_images_are_read(tree):
    names = sorted(path for path in tree.glob("train/*/*") if path.suffix.lower() in {".png", ".jpg"})
    order = np.random.RandomState(0).permutation(4)
    names[order[2]].write_bytes(b"spoilt")
    assert order[2] != 0  # whose size is asked for
    assert len(examples(data_ref(f"folder:{tree}:train:2"))) == 2
    with pytest.raises(BadData, match="should be an image"):
        examples(data_ref(f"folder:{tree}:train:3"))


@pytest.mark.parametrize("change", ["content", "name", "new"])
def test_what_changes_is_another_key_and_the_old_reference_is_refused(tree, change):
    ref = data_ref(f"folder:{tree}:train")
    if change == "content":
        painted(tree / "train/cat/1.png", seed=77)
    elif change == "name":
        (tree / "train/cat/1.png").rename(tree / "train/cat/7.png")
    else:
        painted(tree / "train/eel/1.png")
    assert data_ref(f"folder:{tree}:train").identity() != ref.identity()
    with pytest.raises(BadData, match="content has changed: name it again"):
        examples(ref)


def test_what_cannot_be_read_is_named(tree):
    painted(tree / "train/dog/2.png", (9, 4, 3))
    told = r"dog/2\.png should be 4 × 5 pixels as .*/train/ant/x\.PNG is, but is 4 × 9: resize it, or take it out"
    with pytest.raises(BadData, match=told):
        examples(data_ref(f"folder:{tree}:train"))
    (tree / "train/dog/2.png").write_bytes(b"none")
    with pytest.raises(BadData, match=r"2\.png should be an image, but cannot be read .*: take it out"):
        examples(data_ref(f"folder:{tree}:train"))


def test_colours_are_never_lost_because_the_first_image_is_grey(tmp_path):
    painted(tmp_path / "train/a/1.png", (6, 7))
    painted(tmp_path / "train/b/1.png", (6, 7, 3))
    with pytest.raises(BadData, match=r"b/1\.png should be grey as .*/a/1\.png is, but has colours: convert either"):
        examples(data_ref(f"folder:{tmp_path}:train"))


def test_a_grey_image_among_coloured_ones_is_as_grey_in_each_channel(tmp_path):
    painted(tmp_path / "train/a/1.png", (6, 7, 3))
    painted(tmp_path / "train/b/1.png", (6, 7))
    found = examples(data_ref(f"folder:{tmp_path}:train"))
    grey = found.inputs[found.targets == 1][0]
    assert torch.equal(grey, grey[:1].expand(3, -1, -1))


def test_what_is_not_there_is_said(tree):
    with pytest.raises(BadData, match="but its splits are: test, train; name one"):
        data_ref(f"folder:{tree}:valid")
    with pytest.raises(BadData, match="nowhere, but there is no such folder: check the path"):
        data_ref("folder:nowhere:train")
    with pytest.raises(BadReference, match="name the file and its split"):
        data_ref("folder:nowhere")
