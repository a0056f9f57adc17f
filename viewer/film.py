"""Pictures that follow one another as one file."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from PIL import Image

from compute.errors import BadReference
from viewer.values import flag, listed, number, optional, table

PACES = (0.5, 20.0)
"""Fewest and most pictures a second."""
FRAME, PIXELS = 2**23, 2**27
"""Most pixels of a picture, and of all pictures of a film."""
MOST = 2000
"""Pictures of a film: no training of the pages has as many checkpoints."""
FILM = table(frames=listed(lambda frame: isinstance(frame, str)), pace=number, loops=optional(flag))
"""What a browser sends."""
REST = 1500
"""Milliseconds that the last picture stays before the film begins anew."""


def film(frames: Sequence[bytes], pace: float, rest: int = REST) -> bytes:
    """An animated GIF of pictures, `pace` of them a second, without end; the last one stays for `rest` milliseconds.

    Raises:
        BadReference: there is no picture, one cannot be read, they are too large, or the pace is none.
    """
    if not frames or not PACES[0] <= pace <= PACES[1]:
        raise BadReference(
            f"A film needs pictures, {PACES[0]} to {PACES[1]} of them a second, got {len(frames):,} at {pace}: "
            "choose a training run and a speed."
        )
    check_frames(frames)
    first, *others = map(few_colours, frames)
    durations = [round(1000 / pace)] * len(others) + [rest]
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return content.getvalue()


def check_frames(frames: Sequence[bytes]) -> None:
    """Refuses pictures of another size than the first, or too large ones, before any is unpacked.

    Raises:
        BadReference: they are, or one cannot be read.
    """
    if len(frames) > MOST:
        raise BadReference(f"A film takes at most {MOST:,} pictures, got {len(frames):,}: choose fewer epochs.")
    sizes = [opened(frame).size for frame in frames]
    width, height = sizes[0]
    if set(sizes) != {sizes[0]} or width * height > FRAME or width * height * len(frames) > PIXELS:
        raise BadReference(
            f"A film needs pictures of one size, of at most {FRAME:,} pixels each and {PIXELS:,} together, got "
            f"{len(frames)} of {width} × {height} at first: choose fewer epochs, or a smaller figure."
        )


def opened(frame: bytes) -> Image.Image:
    """A picture of which only the header was read.

    Raises:
        BadReference: it is no PNG.
    """
    try:
        return Image.open(BytesIO(frame), formats=["PNG"])
    except Exception as problem:  # damaged pictures fail in many ways
        reason = " ".join(str(problem).split())[:100]
        raise BadReference(f"A film needs pictures as PNG, got something else ({reason}): send PNG.") from problem


def few_colours(frame: bytes) -> Image.Image:
    """A picture in 256 colours.

    Raises:
        BadReference: it is damaged.
    """
    with opened(frame) as picture:
        try:
            return picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        except Exception as problem:
            raise BadReference("A film needs whole pictures, one is damaged: send them again.") from problem


def playback_of(told: Mapping[str, Any]) -> tuple[list[bytes], float, int]:
    """The pictures and the pace that a browser sends, and how long the last one stays: as all do where the film loops.

    Raises:
        BadReference: it sends something else.
    """
    if not FILM(told):
        raise BadReference(
            "A film needs pictures, as a list of data addresses, and a pace, which is a number, got others: send both."
        )
    pace = told["pace"]
    rest = round(1000 / max(pace, PACES[0])) if told.get("loops") else REST
    return [decoded(frame) for frame in told["frames"]], pace, rest


def decoded(address: str) -> bytes:
    """The picture of a data address; of any other, bytes that are none."""
    try:
        return b64decode(address.partition(",")[2])
    except ValueError:
        return b""
