"""Archives of images that claim much are refused in a sentence before anything is allocated."""

import io
import re
import struct
import zipfile

import numpy as np
import pytest

from compute import memory
from compute.errors import BadData
from compute.memory import free_memory
from compute.zoo import npz
from compute.zoo.datasets import classes, data_ref, examples, shape
from tests.compute.zoo.hostile import Calls
from tests.viewer.test_film import bomb

IMAGES, LABELS = np.zeros((2, 4, 4, 1), np.uint8), np.array([0, 1])


def array(value):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(value), allow_pickle=True)
    return file.getvalue()


def claiming(sides, kind="|u1", body=b""):
    """An array that claims a shape, with whatever numbers there are."""
    return header(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {sides}}}") + body


def header(text, version=(1, 0)):
    padded = text.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(padded)) + padded


def written(path, method=zipfile.ZIP_STORED, **members):
    """An archive of a good pair of arrays, some of them replaced by any bytes."""
    found = {"x_train": array(IMAGES), "y_train": array(LABELS)} | members
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in found.items():
            archive.writestr(f"{name}.npy", content)
    return path


def everything(path):
    """All that is asked of an archive."""
    ref = data_ref(f"npz:{path}:train")
    return npz.contents(path), shape(ref), classes(ref), examples(ref)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"x_train": claiming((10**6, 10**3, 10**3, 3))}, "x_train claims 3,000,000,000,000 bytes and holds 0"),
        ({"x_train": claiming((2, 4, 4, 10**30))}, "x_train claims .* bytes and holds 0"),
        ({"x_train": claiming((-2, -4, 4, 1), body=bytes(32))}, "cannot be read"),
        ({"x_train": claiming((2, 4, 4, 1), body=bytes(31))}, "x_train claims 32 bytes and holds 31"),
        ({"x_train": claiming("(2, 4, 4, 1" + "," * 9_000 + ")")}, "cannot be read"),
        ({"x_train": header("[" * 5_000)}, "cannot be read"),
        ({"x_train": header("{'descr': '|u1'")}, "cannot be read"),
        ({"x_train": header("'" * 7, (9, 9))}, r"x_train is stored in format \(9, 9\)"),
        ({"x_train": header("{'descr': '|u1', 'fortran_order': 3, 'shape': 'abc'}")}, "cannot be read"),
        ({"x_train": b""}, "cannot be read"),
        ({"x_train": array(np.array([{}], object))}, "should be uint8 of shape .* but is object"),
        ({"y_train": claiming((2,), "<i8")}, "y_train claims 16 bytes and holds 0"),
        ({"y_train": array([0, 2**40])}, "y_train in .* should be below 1,048,576, but holds 1,099,511,627,776"),
        ({"y_train": array(np.array([0, 2**63], np.uint64))}, "should be below 1,048,576"),
        ({"y_train": array([[0, 1]])}, "should be 2 whole numbers"),
        ({"x_test": array(IMAGES), "y_test": array([0.5, 1])}, "y_test in .* should be .*whole numbers, one per image"),
        ({"x_test": array(IMAGES), "y_test": array(np.zeros(0, int))}, "y_test in .* should be .*whole numbers"),
        ({"x_test": array(IMAGES), "y_test": array([0, 2**50])}, "y_test in .* should be below"),
        ({"clean_train": claiming((10**12,), "|b1")}, "clean_train claims 1,000,000,000,000 bytes"),
        ({"clean_train": array(["a", "b"])}, "clean_train in .* should be a truth value for each image"),
        ({"clean_train": array([True])}, "clean_train in .* should be a truth value for each image"),
    ],
)
def test_what_claims_much_or_is_damaged_is_a_sentence(members, sentence, tmp_path):
    with pytest.raises(BadData, match=sentence) as refused:
        everything(written(tmp_path / "a.npz", **members))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


def test_nothing_is_unpickled(tmp_path):
    touched = np.array([Calls(print, "CALLED")], object)
    for name in ("x_train", "y_train", "clean_train"):
        with pytest.raises(BadData):
            everything(written(tmp_path / "a.npz", **{name: array(touched)}))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_a_sentence(method, tmp_path):
    with pytest.raises(BadData, match="should hold members that are stored or deflated"):
        everything(written(tmp_path / "a.npz", method))


@pytest.mark.parametrize(("at", "value"), [(8, 1), (6, 255), (10, 99), (42, 255)])
def test_a_damaged_directory_is_a_sentence(at, value, tmp_path):
    """Encrypted, of a version from the future, compressed in an unknown way, elsewhere."""
    path = written(tmp_path / "a.npz")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + at] = value
    path.write_bytes(content)
    with pytest.raises(BadData, match=re.escape(str(path))) as refused:
        everything(path)
    assert "\n" not in str(refused.value)


def test_what_unpacks_to_more_than_the_memory_there_is_is_a_sentence(tmp_path, monkeypatch):
    path = written(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, x_train=array(np.zeros((2, 1024, 1024, 1), np.uint8)))
    assert path.stat().st_size < 2**14
    monkeypatch.setattr(memory, "free_memory", lambda: 2**21)
    with pytest.raises(BadData, match=r"x_train in .*a\.npz should take at most half of the free memory, 0\.0 GiB"):
        examples(data_ref(f"npz:{path}:train"))
    monkeypatch.setattr(memory, "free_memory", lambda: 2**23)
    with pytest.raises(BadData, match="2 examples of npz should take at most half of the free memory"):
        examples(data_ref(f"npz:{path}:train"))
    monkeypatch.undo()
    assert examples(data_ref(f"npz:{path}:train")).inputs.shape == (2, 1, 1024, 1024)


def test_free_memory_is_the_least_that_system_and_group_say(tmp_path):
    system, group = tmp_path / "meminfo", tmp_path / "group"
    system.write_text("MemTotal: 16 kB\nMemAvailable:       8 kB\n")
    assert free_memory(system, group) == 8 * 1024
    (group / "memory").mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    assert free_memory(system, group) == 8 * 1024
    (group / "memory.max").write_text("5000\n")
    (group / "memory.current").write_text("2000\n")
    (group / "memory.stat").write_text("anon 900\nactive_file 500\ninactive_file 300\n")  # of which files may go
    assert free_memory(system, group) == 3800
    (group / "memory" / "memory.limit_in_bytes").write_text("900\n")
    (group / "memory" / "memory.usage_in_bytes").write_text("100\n")
    (group / "memory" / "memory.stat").write_text("cache 7\n")
    assert free_memory(system, group) == 800
    assert free_memory() > 2**20


@pytest.mark.parametrize("damage", [lambda content: content[:200], lambda content: b"", lambda content: b"no" * 200])
def test_a_damaged_downloaded_set_is_a_sentence(damage, tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for split in ("train", "test"):
        np.save(folder / f"x_{split}.npy", np.zeros((20, 1, 28, 28), np.uint8))
        np.save(folder / f"y_{split}.npy", np.arange(20))
    assert data_ref("mnist:train", datasets_dir=tmp_path).size == 20
    path = folder / "x_train.npy"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadData, match=r"x_train\.npy is damaged .* fetch it again with `python run\.py fetch mnist"):
        data_ref("mnist:train", datasets_dir=tmp_path)


@pytest.mark.parametrize("sides", [(8, 6), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_claims_much_is_a_sentence(sides, tmp_path):
    path = tmp_path / "train" / "a" / "1.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(bomb(*sides))
    with pytest.raises(BadData, match=r"1\.png should be an image, but cannot be read .* take it out"):
        examples(data_ref(f"folder:{tmp_path}:train"))


def test_pictures_and_texts_that_take_more_than_the_memory_there_is_are_a_sentence(tmp_path, monkeypatch):
    path, text = tmp_path / "train" / "a" / "1.png", tmp_path / "a.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(bomb(4000, 4000))
    text.write_text("letters " * 10_000)
    monkeypatch.setattr(memory, "free_memory", lambda: 2**20)
    for name, what in (
        (f"folder:{tmp_path}:train", "1 images of .*train"),
        (f"text:{text}:train", r"The text .*a\.txt"),
    ):
        with pytest.raises(BadData, match=f"{what} should take at most half of the free memory"):
            examples(data_ref(name))
