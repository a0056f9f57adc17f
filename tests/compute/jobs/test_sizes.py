import json

import pytest

from compute.jobs import sizes


@pytest.fixture
def file(tmp_path):
    sizes.keep_in(tmp_path / "sizes.json")
    yield tmp_path / "sizes.json"
    sizes.keep_in(None)


def test_sizes_are_kept_for_whoever_comes_next(file):
    assert sizes.read(("mlp", 64)) is None
    sizes.keep(("mlp", 64), (128, 4))
    sizes.keep(("mlp", 65), (65, 1))
    assert (sizes.read(("mlp", 64)), sizes.read(("mlp", 65)), sizes.read(("vgg9", 64))) == ((128, 4), (65, 1), None)


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '"a"', "[" * 100_000, "\udcff"])
def test_a_file_that_is_damaged_is_none(file, content):
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    assert sizes.read(("mlp", 64)) is None
    sizes.keep(("mlp", 64), (128, 4))
    assert sizes.read(("mlp", 64)) == (128, 4)


@pytest.mark.parametrize("wrong", [[0, 1], [-1, 4], [2**40, 1], [True, 1], [1.5, 1], ["128", 4], [128], {}, None])
def test_sizes_that_cannot_be_are_none(file, wrong):
    sizes.keep(("mlp", 64), (128, 4))
    file.write_text(json.dumps(dict.fromkeys(json.loads(file.read_text()), wrong)))
    assert sizes.read(("mlp", 64)) is None


def test_without_a_file_or_a_folder_nothing_is_kept(tmp_path):
    sizes.keep(("mlp", 64), (128, 4))
    sizes.keep_in(tmp_path / "none" / "sizes.json")
    sizes.keep(("mlp", 64), (128, 4))
    assert sizes.read(("mlp", 64)) is None
    sizes.keep_in(None)
