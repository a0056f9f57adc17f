"""Films are made of whole pictures of one size, told by their headers."""

import io
import struct
import zlib
from base64 import b64encode

import pytest
from flask import Flask
from PIL import Image

from compute.errors import BadReference
from compute.foreign import TooSlow
from compute.jobs import reading
from compute.jobs.reading import read_apart, reading_process
from tests.measured import MEMORY, SECONDS, measured
from viewer.film import film
from viewer.saving import blueprint


def picture(size=(8, 6), kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


def bomb(width, height, rows=b""):
    """A PNG of any declared size."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([bomb(10_000, 10_000)], "of at most 8,388,608 pixels each"),
        ([bomb(100_000, 100_000)], "got something else|of at most 8,388,608 pixels each"),
        ([bomb(2**31 - 1, 2**31 - 1)], "got something else|of at most 8,388,608 pixels each"),
        ([bomb(2048, 2048)] * 40, "134,217,728 together, got 40 of 2048 × 2048"),
        ([picture(), picture((4, 4))], "pictures of one size"),
        ([bomb(8, 6)], "one is damaged"),
        ([picture()[:-30]], "one is damaged"),
        ([picture(kind="GIF")], "pictures as PNG, got something else"),
        ([picture(kind="JPEG")], "pictures as PNG, got something else"),
        ([picture(kind="WEBP")], "pictures as PNG, got something else"),
        ([b"<svg/>"], "pictures as PNG, got something else"),
        ([b""], "pictures as PNG, got something else"),
    ],
)
def test_what_makes_no_film_is_refused_in_a_sentence(frames, message):
    with pytest.raises(BadReference, match=message) as refused:
        film(frames, 2.0)
    assert "\n" not in str(refused.value)


def test_pictures_become_a_film():
    with Image.open(io.BytesIO(film([picture()] * 2, 2.0))) as found:
        assert found.size == (8, 6)


def test_the_largest_picture_costs_little(tmp_path):
    size = (4096, 2048)
    (tmp_path / "a.png").write_bytes(bomb(*size, rows=bytes((size[0] * 3 + 1) * size[1])))
    ((said, memory, seconds),) = measured("picture", tmp_path / "a.png")
    assert said == "read"
    assert memory < MEMORY
    assert seconds < SECONDS


class Recorder:
    """A service that tells what was handed to the process that reads files."""

    def __init__(self):
        self.calls = []

    def read_apart(self, file, size, function, *args):
        self.calls.append((file, size, function))
        return function(*args)


def test_pictures_from_the_browser_are_unpacked_in_the_process_that_reads_files():
    service, server = Recorder(), Flask(__name__)
    server.register_blueprint(blueprint(service))
    frame = "data:image/png;base64," + b64encode(picture()).decode()
    answer = server.test_client().post("/api/film", json={"frames": [frame, frame], "pace": 5})
    assert answer.mimetype == "image/gif"
    assert service.calls == [("The film", 2 * len(picture()), film)]


def test_a_film_that_takes_too_long_is_a_sentence(monkeypatch):
    monkeypatch.setattr(reading, "LEAST_SECONDS", 0.2)
    process = reading_process({}, None)
    try:
        with pytest.raises(TooSlow, match=r"The film should be read within 0 s, but takes longer: save it"):
            read_apart(process, "The film", 0, film, [picture((2048, 2048))] * 30, 2.0)
        monkeypatch.undo()
        assert read_apart(process, "The film", 0, film, [picture()] * 2, 2.0) == film([picture()] * 2, 2.0)
    finally:
        process.shutdown()
