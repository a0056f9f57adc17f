"""Files that claim much, unpack to much or name other files cost little and reveal nothing."""

import io

import h5py
import numpy as np
import pytest

from compute.errors import LandscapeError
from compute.store.imports import read
from tests.compute.store.hostile import AXES, GRID, declared, external, files, hdf5, header, large, linked, npz, virtual
from tests.measured import MEMORY, SECONDS, measured

READABLE = {"a provenance of zeros"}
"""What is read all the same: without what is too long."""


def costs(files, folder):
    for number, content in enumerate(files.values()):
        (folder / f"{number}").write_bytes(content)
    return dict(zip(files, measured("surface", *(folder / f"{n}" for n in range(len(files)))), strict=True))


@pytest.mark.slow
def test_a_file_that_claims_much_is_refused_in_a_sentence_before_it_costs_much(tmp_path):
    for kind, (said, memory, seconds) in costs(files(), tmp_path).items():
        assert (said == "read") == (kind in READABLE), (kind, said)
        assert said == "read" or (said.endswith(".") and "\n" not in said), kind
        assert memory < MEMORY, (kind, memory)
        assert seconds < SECONDS, (kind, seconds)


@pytest.mark.slow
def test_a_file_as_large_as_may_be_is_read_within_the_same_limits(tmp_path):
    for kind, (said, memory, seconds) in costs(large(), tmp_path).items():
        assert said == "read", kind
        assert memory < MEMORY, (kind, memory)
        assert seconds < SECONDS, (kind, seconds)


@pytest.mark.parametrize(
    "content",
    [
        declared((10**6, 10**6)),
        declared((5, 5), maxshape=(None, None), chunks=(16384, 16384)),
        npz(AXES | {"loss": header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}")}),
    ],
)
def test_a_declared_shape_is_refused_before_anything_is_read(content):
    with pytest.raises(LandscapeError, match=r"At most 1025 × 1025 points are drawn|should be stored in at most"):
        read("f", content)


SECRET = b"root:x:0:0:not for others\n" * 20


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("kind", ["raw", "virtual", "soft", "external", "dangling"])
def test_no_number_of_another_file_is_read(kind, within, tmp_path):
    (tmp_path / "secret").write_bytes(SECRET)
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["train_loss"] = np.full((5, 5), 1234.5)
    path = str(tmp_path / "secret.h5")
    made = {
        "raw": lambda: external(str(tmp_path / "secret")),
        "virtual": lambda: virtual(path),
        "soft": lambda: linked(h5py.SoftLink("/train_acc")),
        "external": lambda: linked(h5py.ExternalLink(path, "train_loss")),
        "dangling": lambda: linked(h5py.SoftLink("/nowhere")),
    }[kind]()
    content = grouped(made) if within else made
    with pytest.raises(LandscapeError, match=r"should lie in the file itself, .*(said to lie in another|is a link)"):
        read("f.h5", content)


def grouped(content):
    """The same file with all that it holds in one group."""
    file, moved = io.BytesIO(content), io.BytesIO()
    with h5py.File(file, "r") as source, h5py.File(moved, "w") as target:
        group = target.create_group("surface")
        for name in source:
            link = source.get(name, getlink=True)
            if isinstance(link, h5py.HardLink):
                h5py.h5o.copy(source.id, name.encode(), group.id, name.encode())
            else:
                group[name] = link
    return moved.getvalue()


@pytest.mark.parametrize("options", [{"compression": "gzip"}, {"compression": "lzf"}, {"shuffle": True}])
def test_packed_arrays_of_others_are_read(options):
    found = read("f", hdf5(lambda file: file.create_dataset("train_loss", data=GRID, fletcher32=True, **options)))
    assert found.part("train").values["loss"].tolist() == GRID.tolist()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_arrays_of_every_version_of_the_format_are_read(version):
    text = "{'descr': '<f8', 'fortran_order': True, 'shape': (5, 5), }".ljust(100) + "\n"
    numbers = np.arange(25.0).reshape(5, 5)
    found = read("f", npz(AXES | {"loss": header(text, version) + numbers.tobytes()}))
    assert found.part("").values["loss"].tolist() == numbers.T.tolist()
