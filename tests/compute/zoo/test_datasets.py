"""Examples are named exactly, split once and for all, and never augmented."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from compute.errors import BadData, BadReference, UnknownName
from compute.zoo import digits
from compute.zoo.datasets import classes, data_ref, examples, shape, split_size


@pytest.fixture
def archive(tmp_path):
    """Six images of 4 x 5 pixels in three colours, four for training and two for testing."""
    pixels = np.random.RandomState(1).randint(0, 256, (6, 4, 5, 3), dtype=np.uint8)
    path = tmp_path / "pictures.npz"
    np.savez(path, x_train=pixels[:4], y_train=[0, 1, 2, 3], x_test=pixels[4:], y_test=[1, 0])
    return path


def test_digits_splits_share_no_image_and_lose_none():
    from sklearn.datasets import load_digits

    everything = (load_digits().data / 16 - digits.MEAN) / digits.STD
    parts = np.concatenate([digits.arrays(split)[0].reshape(-1, 64) for split in digits.SIZES])
    np.testing.assert_array_equal(
        np.unique(parts, axis=0, return_counts=True)[1],
        np.unique(everything.astype(np.float32), axis=0, return_counts=True)[1],
    )
    np.testing.assert_array_equal(np.unique(parts, axis=0), np.unique(everything.astype(np.float32), axis=0))


def test_digits_splits_are_stratified():
    train, test = (np.bincount(digits.arrays(split)[1]) for split in ("train", "test"))
    assert train.sum() == 1437
    assert test.sum() == 360
    assert np.abs(test - (train + test) / 5).max() < 1


def test_digits_split_has_not_moved_since_the_version_was_named():
    assert digits.VERSION == "digits-1"
    assert digits.arrays("train")[1][:12].tolist() == [8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 6, 6]
    assert digits.arrays("test")[1][:12].tolist() == [2, 8, 6, 0, 7, 4, 9, 1, 8, 6, 7, 0]


def test_digits_are_centred_and_scaled():
    images = examples(data_ref("digits:train")).inputs
    assert images.dtype == torch.float32
    assert images.mean().abs() < 0.01
    assert (images.std() - 1).abs() < 0.01


def test_a_size_takes_a_prefix_and_a_seed_another_order():
    whole, some = examples(data_ref("digits:train")), examples(data_ref("digits:train:100"))
    assert torch.equal(some.inputs, whole.inputs[:100])
    drawn = examples(data_ref("digits:train:100", seed=3))
    assert torch.equal(drawn.targets, examples(data_ref("digits:train:100", seed=3)).targets)
    assert not torch.equal(drawn.targets, some.targets)
    everything = examples(data_ref("digits:train", seed=3))
    assert torch.equal(everything.targets.bincount(), whole.targets.bincount())


def test_every_size_has_its_own_reference_and_the_whole_split_only_one():
    assert data_ref("digits:test") == data_ref("digits:test:all") == data_ref("digits:test:360")
    assert data_ref("digits:test:359") != data_ref("digits:test")


def test_sizes_and_shapes_are_known_without_loading():
    assert split_size("digits", "train") == 1437
    assert split_size("digits", "test") == 360
    assert shape(data_ref("digits:test")) == (1, 8, 8)
    assert classes(data_ref("digits:test")) == 10


def test_archives_come_normalised_with_channels_first(archive):
    mean, std = (0.5, 0.25, 0.125), (0.5, 0.2, 0.1)
    ref = data_ref(f"npz:{archive}:train:3", mean, std)
    found = examples(ref)
    with np.load(archive) as stored:
        wanted = (stored["x_train"][:3] / 255 - mean) / std
    np.testing.assert_allclose(found.inputs.numpy(), wanted.transpose(0, 3, 1, 2), atol=1e-6)
    assert found.targets.tolist() == [0, 1, 2]
    assert found.inputs.is_contiguous()
    assert shape(ref) == (3, 4, 5)
    assert classes(ref) == 4


def test_archives_without_mean_are_scaled_to_one(archive):
    images = examples(data_ref(f"npz:{archive}:test")).inputs
    with np.load(archive) as stored:
        assert images.max() == stored["x_test"].max() / np.float32(255)


def test_a_path_may_hold_colons(archive, tmp_path):
    odd = tmp_path / "a:b.npz"
    archive.rename(odd)
    assert data_ref(f"npz:{odd}:test").size == 2
    assert data_ref(f"npz:{odd}:test:1").size == 1


def test_an_archive_that_changes_is_another_reference_and_the_old_one_is_refused(archive):
    ref = data_ref(f"npz:{archive}:test")
    np.savez(archive, x_test=np.zeros((2, 4, 5, 3), np.uint8), y_test=[0, 1])
    assert data_ref(f"npz:{archive}:test").identity() != ref.identity()
    with pytest.raises(BadData, match="content has changed: name it again"):
        examples(ref)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("mnist:train:5", UnknownName, "Unknown data set 'mnist': choose one of digits, npz"),
        ("digits:valid:5", UnknownName, "Unknown split of digits 'valid': choose one of test, train"),
        ("digits", BadReference, "should be named digits:SPLIT.*but came as 'digits'"),
        ("digits:train:5:6", BadReference, "at most one size"),
        ("digits:train:0", BadReference, "between 1 and 1437, or all, but is '0'"),
        ("digits:train:1438", BadReference, "between 1 and 1437, or all, but is '1438'"),
        ("digits:test:-1", BadReference, "between 1 and 360"),
        ("digits:test:1e2", BadReference, "between 1 and 360"),
        ("digits:test:", BadReference, "between 1 and 360"),
        ("npz:pictures", BadReference, "name the archive and its split"),
        ("npz:pictures.npz", BadReference, "name the archive and its split"),
        ("npz:nowhere.npz:train", BadData, r"nowhere\.npz, but there is no such file"),
    ],
)
def test_bad_names_are_refused_in_one_sentence(text, error, sentence):
    with pytest.raises(error, match=sentence):
        data_ref(text)


@pytest.mark.parametrize(
    ("mean", "std", "sentence"),
    [
        ((0.5,) * 3, None, "give both or neither"),
        ((0.5,), (0.5,), "3 finite numbers each"),
        ((0.5, 0.5, float("nan")), (1.0,) * 3, "3 finite numbers each"),
        ((0.5,) * 3, (1.0, 0.0, 1.0), "above 0, but came as 0.0"),
    ],
)
def test_unusable_means_are_refused(archive, mean, std, sentence):
    with pytest.raises(BadReference, match=sentence):
        data_ref(f"npz:{archive}:train", mean, std)


def test_digits_take_no_mean_and_seeds_have_bounds():
    with pytest.raises(BadReference, match="digits bring their own"):
        data_ref("digits:train", (0.5,), (0.5,))
    with pytest.raises(BadReference, match="seed should be between 0 and"):
        data_ref("digits:train", seed=-1)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x_train": np.zeros((2, 4, 4, 1), np.uint8)}, "should hold x_train and y_train, but its .* are: none"),
        ({"x_train": np.zeros((2, 4, 4, 1)), "y_train": [0, 1]}, r"should be uint8 .* but is float64"),
        ({"x_train": np.zeros((2, 4, 4), np.uint8), "y_train": [0, 1]}, r"but is uint8 of shape \(2, 4, 4\)"),
        ({"x_train": np.zeros((2, 4, 4, 1), np.uint8), "y_train": [0]}, r"2 whole numbers, .* of shape \(1,\)"),
        ({"x_train": np.zeros((2, 4, 4, 1), np.uint8), "y_train": [0.0, 1.0]}, "whole numbers, .* is float64"),
        ({"x_train": np.zeros((0, 4, 4, 1), np.uint8), "y_train": np.zeros(0, int)}, r"shape \(0, 4, 4, 1\)"),
    ],
)
def test_unusable_arrays_are_refused(tmp_path, arrays, sentence):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(BadData, match=sentence):
        data_ref(f"npz:{tmp_path / 'bad.npz'}:train")


def test_labels_below_zero_are_refused(tmp_path):
    np.savez(tmp_path / "bad.npz", x_train=np.zeros((2, 4, 4, 1), np.uint8), y_train=[-1, 1])
    with pytest.raises(BadData, match="count classes from 0, but holds -1"):
        examples(data_ref(f"npz:{tmp_path / 'bad.npz'}:train"))


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "text.npz"
    path.write_text("hello")
    with pytest.raises(BadData, match=r"should be a NumPy archive, but cannot be read"):
        data_ref(f"npz:{path}:train")


def test_a_missing_file_of_a_reference_is_said(archive):
    ref = data_ref(f"npz:{archive}:train")
    archive.unlink()
    with pytest.raises(BadData, match="no such file"):
        examples(ref)


def test_references_made_by_hand_are_checked_too():
    ref = data_ref("digits:train")
    with pytest.raises(BadReference, match="between 1 and 1437, but is 2000"):
        examples(replace(ref, size=2000))
    with pytest.raises(UnknownName, match="Unknown data set 'mnist'"):
        examples(replace(ref, name="mnist"))
