"""Pictures that follow one another as one file."""

from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from compute.errors import BadReference

PACES = (0.5, 20.0)
"""Fewest and most pictures a second."""
REST = 1500
"""Milliseconds that the last picture stays before the film begins anew."""


def film(frames: Sequence[bytes], pace: float) -> bytes:
    """An animated GIF of pictures, `pace` of them a second, without end.

    Raises:
        BadReference: there is no picture, one cannot be read, or the pace is none.
    """
    if not frames or not PACES[0] <= pace <= PACES[1]:
        raise BadReference(
            f"A film needs pictures, {PACES[0]:g} to {PACES[1]:g} of them a second, got {len(frames)} at {pace:g}: "
            "choose a training and a speed."
        )
    try:
        pictures = [Image.open(BytesIO(frame)).convert("RGB") for frame in frames]
    except (UnidentifiedImageError, OSError) as problem:
        raise BadReference(f"A film needs pictures as PNG, got something else ({problem}): send PNG.") from None
    first, *rest = [picture.quantize(256, dither=Image.Dither.NONE) for picture in pictures]
    durations = [round(1000 / pace)] * len(rest) + [REST]
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return content.getvalue()


def decoded(address: str) -> bytes:
    """The picture of a data address; of any other, bytes that are none."""
    try:
        return b64decode(address.partition(",")[2])
    except Error:
        return b""
