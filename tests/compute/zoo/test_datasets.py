"""Examples are named exactly, split once and for all, and never augmented."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from compute.errors import BadData, BadReference, UnknownName
from compute.zoo import digits
from compute.zoo.datasets import classes, data_ref, examples, noisy, prefix, said, shape


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
    assert data_ref("digits:train").size == 1437
    assert data_ref("digits:test").size == 360
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
        ("svhn:train:5", UnknownName, "Unknown data set 'svhn': choose one of cifar10, cifar100, digits, "),
        ("digits:valid:5", UnknownName, "Unknown split of digits 'valid': choose one of test, train"),
        ("digits", BadReference, "should be named .*digits:SPLIT.*but came as 'digits'"),
        ("digits:train:5:6", BadReference, "at most one size"),
        ("digits:train:0", BadReference, "between 1 and 1437, or all, but is '0'"),
        ("digits:train:1438", BadReference, "between 1 and 1437, or all, but is '1438'"),
        ("digits:test:-1", BadReference, "between 1 and 360"),
        ("digits:test:1e2", BadReference, "between 1 and 360"),
        ("digits:test:", BadReference, "between 1 and 360"),
        ("npz:pictures", BadReference, "name the file and its split"),
        ("npz:pictures.npz", BadReference, "name the file and its split"),
        ("npz:nowhere.npz:train", BadData, r"nowhere\.npz, but there is no such file"),
    ],
)
def test_bad_names_are_refused_in_one_sentence(text, error, sentence):
    with pytest.raises(error, match=sentence):
        data_ref(text)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ("nois=0.2", UnknownName, "Unknown option of data 'nois': choose one of noise, noise_seed, seed"),
        ("noise=some", BadReference, "share of its labels, but is 'some'"),
        ("noise=1.2", BadReference, "0 to 1, but is 1.2"),
        ("noise=nan", BadReference, "0 to 1, but is nan"),
        ("noise=0.2,noise_seed=-1", BadReference, "noise_seed of data should be a whole number from 0 up, but is '-1'"),
        ("seed=1.5", BadReference, "seed of data should be a whole number"),
        ("seed=99999999999", BadReference, "seed should be between 0 and"),
    ],
)
def test_bad_options_are_refused_in_one_sentence(options, error, sentence):
    with pytest.raises(error, match=sentence):
        data_ref(f"digits:train:5,{options}")


def test_options_say_what_arguments_do(archive):
    assert data_ref("digits:train:100,seed=3") == data_ref("digits:train:100", seed=3)
    assert data_ref("digits:train,seed=3").size == 1437
    odd = archive.rename(archive.with_name("a,b=c:d.npz"))
    assert data_ref(f"npz:{odd}:train:2,seed=1").path == str(odd)


def test_a_share_of_the_labels_is_wrong_and_all_else_as_it_was():
    clean, wrong = (examples(data_ref(f"digits:train{options}")) for options in ("", ",noise=0.2,noise_seed=3"))
    assert torch.equal(clean.inputs, wrong.inputs)
    assert (clean.targets != wrong.targets).sum() == round(0.2 * 1437)
    assert wrong.targets.unique().tolist() == list(range(10))


def test_which_labels_are_wrong_depends_on_neither_size_nor_order():
    whole = examples(data_ref("digits:train,noise=0.5,noise_seed=3"))
    some = examples(data_ref("digits:train:100,noise=0.5,noise_seed=3"))
    assert torch.equal(some.targets, whole.targets[:100])
    mixed, order = examples(data_ref("digits:train,noise=0.5,noise_seed=3,seed=7")), np.random.RandomState(7)
    assert torch.equal(mixed.targets, whole.targets[order.permutation(1437)])
    other = examples(data_ref("digits:train,noise=0.5,noise_seed=4"))
    assert not torch.equal(other.targets, whole.targets)


def test_every_other_class_is_as_likely():
    labels = np.arange(30_000) % 3
    shifts = np.bincount((noisy(labels, 3, 1.0, seed=0) - labels) % 3, minlength=3)
    assert shifts[0] == 0
    assert abs(shifts[1] - shifts[2]) < 4 * np.sqrt(30_000)
    with pytest.raises(BadReference, match="only one: leave the noise out"):
        noisy(np.zeros(3, int), 1, 0.5, seed=0)


def test_wrong_labels_are_another_key_and_none_keep_the_former():
    clean, none, wrong = (data_ref(f"digits:train{o}").identity() for o in ("", ",noise=0,noise_seed=3", ",noise=0.1"))
    assert clean == none != wrong
    assert set(clean) == {"name", "split", "seed", "digest", "mean", "std"}


def test_a_prefix_has_the_same_key(archive):
    whole = data_ref(f"npz:{archive}:train")
    assert prefix(whole, 2) == data_ref(f"npz:{archive}:train:2")
    with pytest.raises(BadReference, match="between 1 and 4, but is 5"):
        prefix(whole, 5)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("digits:train", "digits"),
        ("npz:/a/b:c.npz:test:9", "b:c.npz"),
        ("text:atlas.txt:train,seed=1", "atlas.txt"),
        ("folder:/a/b:c/cifar:train:512", "cifar"),
    ],
)
def test_cards_call_a_file_by_its_name(text, name):
    assert said(text) == name


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
    with pytest.raises(UnknownName, match="Unknown data set 'svhn'"):
        examples(replace(ref, name="svhn"))
