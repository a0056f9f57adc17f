"""How the numbers of an HDF5 array are stored: in chunks that unpack to what they say, and to no more."""

import math
import zlib

import h5py
from h5py.h5d import StoreInfo

from compute.errors import BadSurface

CHUNKS = 2**16
"""Chunks of an array, at most."""
CHUNK = 16 * 2**20
"""Bytes of a chunk, unpacked."""
DEFLATE, LZF = 1, 32000
FILTERS = {DEFLATE: "gzip", 2: "shuffle", 3: "fletcher32", LZF: "lzf"}
"""What chunks may be packed with; other filters believe sizes in the file, or are looked for as libraries outside."""
LZF_RATIO = 90
"""How many times its own size a chunk can be at most that is packed with lzf."""
LZF_ROOM = 2**28
SLACK = 64
"""Bytes that other filters may add to a chunk."""


def check_stored(name: str, array: h5py.Dataset) -> None:
    """Refuses an array in very many or large chunks, packed in an unknown way, or to more than their size.

    Raises:
        BadSurface: it is.
    """
    if array.chunks is None:
        return
    room = math.prod(array.chunks) * array.dtype.itemsize
    count = math.prod(-(-side // chunk) for side, chunk in zip(array.shape, array.chunks, strict=True))
    if room > CHUNK or count > CHUNKS:
        raise BadSurface(
            f"The array {name} should be stored in at most {CHUNKS:,} chunks of at most {CHUNK // 2**20} MiB, it is in "
            f"{count:,} of {room / 2**20:.3g} MiB: store it in one piece."
        )
    packing = [one[0] for one in filters(array)]
    if packing.count(DEFLATE) > 1 or not set(packing) <= set(FILTERS):
        raise BadSurface(
            f"The array {name} should be packed with gzip, once, or not at all, it is with "
            f"{', '.join(FILTERS.get(one, f'filter {one}') for one in packing)}: store it without compression."
        )
    if packing:
        check_unpacked(name, array, room, packing)


def filters(array: h5py.Dataset) -> list[tuple[int, ...]]:
    """The filters of an array in the order of writing."""
    made = array.id.get_create_plist()
    return [made.get_filter(place) for place in range(made.get_nfilters())]


def check_unpacked(name: str, array: h5py.Dataset, room: int, packing: list[int]) -> None:
    """Unpacks each chunk as far as its size, for HDF5 itself unpacks whatever comes.

    Raises:
        BadSurface: a chunk goes on behind that, or may do.
    """
    for number in range(min(array.id.get_num_chunks(), CHUNKS)):
        info = array.id.get_chunk_info(number)
        large = info.size > room + SLACK or (LZF in packing and info.size * LZF_RATIO > LZF_ROOM)
        unpacked = inflated(array, info, packing.index(DEFLATE), room + 2 * SLACK) if DEFLATE in packing else 0
        if large or unpacked > room + SLACK:
            raise BadSurface(
                f"The array {name} should unpack to what its shape says, a chunk unpacks to more than {room:,} bytes: "
                "store it without compression."
            )


def inflated(array: h5py.Dataset, info: StoreInfo, place: int, room: int) -> int:
    """How many bytes a chunk unpacks to, as far as `room`; 0 where it was stored as it is."""
    skipped, packed = array.id.read_direct_chunk(info.chunk_offset)
    return 0 if skipped >> place & 1 else len(zlib.decompressobj().decompress(packed, room))
