"""ZIP archives with a damaged directory are refused in one way by all that read them."""

import io
import zipfile
from contextlib import suppress

import pytest

from compute.archives import BadArchive, opened
from compute.zoo.contents import holds_weights
from compute.zoo.unpickling import is_script
from compute.zoo.whole import whole


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("a/data.pkl", b"no pickle")
    return file.getvalue()


@pytest.mark.parametrize("value", [0x00, 0x80, 0xFF])
def test_no_damage_of_a_directory_is_an_error_of_another_kind(value, tmp_path):
    """A version from the future, a date that is none, a name that is no text, an offset before the file ..."""
    content, path, kinds = archive(), tmp_path / "a.pt", set()
    for place in range(content.index(b"PK\x01\x02"), len(content)):
        path.write_bytes(content[:place] + bytes([value]) + content[place + 1 :])
        try:
            with opened(path) as found:
                kinds.add(type(found))
        except (zipfile.BadZipFile, BadArchive) as problem:
            kinds.add(type(problem))
        assert {is_script(path), whole(path)} <= {True, False}
        with suppress(BadArchive):
            assert holds_weights(path) in {True, False}
    assert zipfile.BadZipFile in kinds


def test_a_version_from_the_future_is_a_damaged_archive(tmp_path):
    content = bytearray(archive())
    content[content.index(b"PK\x01\x02") + 6] = 255  # the version that is needed to read it
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(zipfile.BadZipFile, match=r"zip file version 25\.5"), opened(tmp_path / "a.pt"):
        pass
    assert holds_weights(tmp_path / "a.pt")  # as its name says
