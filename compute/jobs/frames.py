"""Messages over a stream of bytes: a length, then the content, so that half a message is told from a whole one."""

import struct
from collections.abc import Iterator

LENGTH = struct.Struct("!Q")


def frame(content: bytes) -> bytes:
    r"""A message as it goes over the stream.

    Example:
        >>> frame(b"hi")
        b'\x00\x00\x00\x00\x00\x00\x00\x02hi'
    """
    return LENGTH.pack(len(content)) + content


class Frames:
    """Collects bytes as they come and gives the messages that are complete; the rest waits, or is lost with its sender.

    Example:
        >>> frames, sent = Frames(), frame(b"one") + frame(b"two")
        >>> list(frames.messages(sent[:-1])), list(frames.messages(sent[-1:]))
        ([b'one'], [b'two'])
    """

    def __init__(self) -> None:
        """Has nothing yet."""
        self._buffer = bytearray()

    def messages(self, received: bytes) -> Iterator[bytes]:
        """The messages that these bytes complete."""
        self._buffer += received
        start = 0
        while len(self._buffer) >= start + LENGTH.size:
            end = start + LENGTH.size + LENGTH.unpack_from(self._buffer, start)[0]
            if end > len(self._buffer):
                break
            yield bytes(memoryview(self._buffer)[start + LENGTH.size : end])
            start = end
        del self._buffer[:start]
