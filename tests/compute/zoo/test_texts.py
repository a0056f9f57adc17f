"""Texts are cut into sequences that lose and repeat nothing, and whose every next character is the target."""

import numpy as np
import pytest
import torch

from compute.errors import BadData, BadReference, UnknownName
from compute.zoo import texts
from compute.zoo.datasets import classes, data_ref, examples, shape

POEM = "".join(chr(97 + (7 * place * place + place // 9) % 23) for place in range(4000)) + "äß\N{GRINNING FACE}"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text(POEM, encoding="utf-8")
    return path


def read(path, split):
    """The sequences of a split as strings, and those that come one character later."""
    letters = sorted(set(POEM))
    return [["".join(letters[symbol] for symbol in row) for row in part] for part in texts.arrays(path, split)]


def test_both_splits_are_parts_of_the_text_and_share_none(path):
    border = round(len(POEM) * 0.9)
    for split, part in (("train", POEM[:border]), ("test", POEM[border:])):
        inputs, _ = read(path, split)
        assert sorted(inputs) == sorted(part[at : at + 64] for at in range(0, len(part) - 64, 64))


def test_the_target_of_each_place_is_the_next_character(path):
    for split in texts.SPLITS:
        for before, after in zip(*read(path, split), strict=True):
            assert before[1:] == after[:-1]
            assert before + after[-1] in POEM


def test_symbols_are_numbered_over_the_whole_file(path):
    ref = data_ref(f"text:{path}:train")
    assert classes(ref) == len(set(POEM))
    assert shape(ref) == (64,)
    found = examples(data_ref(f"text:{path}:train:10"))
    assert (found.inputs.shape, found.inputs.dtype, found.targets.dtype) == ((10, 64), torch.int64, torch.int64)
    assert torch.equal(found.inputs, examples(ref).inputs[:10])


def test_another_text_is_another_key_and_the_old_reference_is_refused(path):
    ref = data_ref(f"text:{path}:test")
    path.write_text(POEM[::-1], encoding="utf-8")
    assert data_ref(f"text:{path}:test").identity() != ref.identity()
    with pytest.raises(BadData, match="content has changed: name it again"):
        examples(ref)


def test_a_text_that_ships_is_found_by_its_name_alone():
    ref = data_ref("text:atlas.txt:train")
    assert ref.path == str(texts.SHIPPED / "atlas.txt")
    assert (classes(ref), ref.size + data_ref("text:atlas.txt:test").size) == (74, 1477)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"x" * 500, "at least 651 characters, but holds 500"), (b"\xff" * 999, "plain text in UTF-8, but is not")],
)
def test_unusable_texts_are_refused(tmp_path, content, sentence):
    (tmp_path / "bad.txt").write_bytes(content)
    with pytest.raises(BadData, match=sentence):
        data_ref(f"text:{tmp_path / 'bad.txt'}:train")


def test_the_shortest_text_has_a_sequence_of_each_split(tmp_path):
    (tmp_path / "short.txt").write_text("ab" * 325 + "c")
    assert [data_ref(f"text:{tmp_path / 'short.txt'}:{split}").size for split in texts.SPLITS] == [9, 1]


def test_what_does_not_fit_a_text_is_refused(path):
    with pytest.raises(UnknownName, match="Unknown split of a text 'valid': choose one of test, train"):
        data_ref(f"text:{path}:valid")
    with pytest.raises(BadData, match="no such file: check the path"):
        data_ref("text:nowhere.txt:train")
    with pytest.raises(BadReference, match="Only classes can be made wrong"):
        data_ref(f"text:{path}:train,noise=0.1")
    with pytest.raises(BadReference, match="belong to images in bytes"):
        data_ref(f"text:{path}:train", (0.5,), (0.5,))


def test_the_order_is_drawn_once_and_for_all(path):
    assert texts.VERSION == "text-1"
    first = np.random.RandomState(0).permutation(len(texts.arrays(path, "train")[0]))[0]
    assert read(path, "train")[0][0] == POEM[64 * first : 64 * first + 64]


def test_no_sequence_is_of_one_class(path):
    assert not data_ref(f"text:{path}:train").labelled
    assert data_ref("digits:train").labelled
