"""Small files that claim much, unpack to much, or name other files."""

import io
import struct
import zipfile
import zlib

import h5py
import numpy as np

AXIS = np.linspace(-1, 1, 5)
GRID = np.ones((5, 5))
SIDE = 1025


def hdf5(fill) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        written["xcoordinates"] = written["ycoordinates"] = AXIS
        fill(written)
    return file.getvalue()


def declared(shape, **options) -> bytes:
    """An array of which nothing is written: the file has 2 KB, whatever the shape."""
    return hdf5(lambda file: file.create_dataset("train_loss", shape, "f8", **{"fillvalue": 1.0, **options}))


def inflating(times: int) -> bytes:
    """A chunk of 200 bytes that unpacks to a gibibyte."""

    def fill(file):
        made = file.create_dataset("train_loss", (5, 5), "f8", chunks=(5, 5), compression="gzip")
        packer = zlib.compressobj(9)
        piece = bytes(2**20)
        made.id.write_direct_chunk((0, 0), b"".join(packer.compress(piece) for _ in range(times)) + packer.flush())

    return hdf5(fill)


def twice():
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((5, 5))
    made.set_deflate(9)
    made.set_deflate(9)
    return made


def external(path: str) -> bytes:
    return hdf5(lambda file: file.create_dataset("train_loss", (5, 5), "f8", external=[(path, 0, 200)]))


def virtual(path: str) -> bytes:
    layout = h5py.VirtualLayout((5, 5), "f8")
    layout[:] = h5py.VirtualSource(path, "train_loss", (5, 5))
    return hdf5(lambda file: file.create_virtual_dataset("train_loss", layout))


def virtual_array(name: str) -> bytearray:
    """A file with a virtual array, whose source is named in a global heap."""

    def fill(file):
        layout = h5py.VirtualLayout((5, 5), "f8")
        layout[:] = h5py.VirtualSource("a", "b", (5, 5))
        file.create_virtual_dataset(name, layout)

    return bytearray(hdf5(fill))


def endless(name="train_loss") -> bytes:
    """A virtual array in whose heap the free space is said to have no bytes: HDF5 never gets beyond it."""
    content = virtual_array(name)
    at = content.index(b"GCOL") + 16
    while content[at : at + 2] != b"\0\0":
        at += 16 + -(-struct.unpack_from("<Q", content, at + 8)[0] // 8) * 8
    struct.pack_into("<Q", content, at + 8, 0)
    return bytes(content)


def crashing(name="train_loss") -> bytes:
    """A virtual array of so many sources that HDF5 crashes when it opens the array."""
    content = virtual_array(name)
    struct.pack_into("<Q", content, content.index(b"GCOL") + 33, 2**60)  # after both headers and the version
    return bytes(content)


def linked(link) -> bytes:
    def fill(file):
        file["train_loss"] = link
        file["train_acc"] = GRID

    return hdf5(fill)


def npz(members, method=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name + ".npy", content)
    return file.getvalue()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(text: str, version=(1, 0), length=None) -> bytes:
    """An array's file with any header."""
    kind = "<H" if version == (1, 0) else "<I"
    return b"\x93NUMPY" + bytes(version) + struct.pack(kind, len(text) if length is None else length) + text.encode()


AXES = {"x": npy(AXIS), "y": npy(AXIS)}


def archives():
    """ZIP archives, by what they are."""
    zeros = npy(np.zeros((SIDE, SIDE)))
    return {
        "a thousand losses of zeros": npz(AXES | {f"s{n}_loss": zeros for n in range(200)}),
        "a provenance of zeros": npz(AXES | {"loss": npy(GRID), "provenance": npy(np.array(["0" * 2**26]))}),
        "a shape of 10^12": npz(
            AXES | {"loss": header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}")}
        ),
        "a negative shape": npz(AXES | {"loss": header("{'descr': '<f8', 'fortran_order': False, 'shape': (-5, -5)}")}),
        "numbers of a gigabyte": npz(
            AXES | {"loss": header("{'descr': '|V1000000000', 'fortran_order': False, 'shape': (5, 5)}") + bytes(2**20)}
        ),
        "a header that calls": npz(AXES | {"loss": header("__import__('os').system('touch /tmp/called')")}),
        "a deep header": npz(AXES | {"loss": header("(" * 60000)}),
        "a header of 4 GiB": npz(AXES | {"loss": header("", (2, 0), 2**32 - 1) + bytes(2**28)}),
        "packed with lzma": npz({"x": npy(np.zeros(2**24)), "y": npy(AXIS), "loss": zeros}, zipfile.ZIP_LZMA),
        "a hundred thousand members": npz({f"a{n}": b"" for n in range(100_000)}, zipfile.ZIP_STORED),
    }


def files():
    """All kinds, by what they are."""
    return archives() | {
        "2 KB of HDF5 that declare 8 TB": declared((10**6, 10**6), chunks=(1000, 1000)),
        "2 KB of HDF5 that declare 4 GiB": declared((23000, 23000)),
        "many quantities of HDF5": hdf5(
            lambda file: [
                file.create_dataset(f"s{n}_loss", (SIDE, SIDE), "f8", chunks=(SIDE, SIDE), fillvalue=1.0)
                for n in range(200)
            ]
        ),
        "a million chunks": declared((SIDE, SIDE), chunks=(1, 1)),
        "a chunk of 2 GiB": declared((5, 5), maxshape=(None, None), chunks=(16384, 16384)),
        "a chunk that unpacks to a gibibyte": inflating(1024),
        "packed twice": hdf5(
            lambda file: h5py.h5d.create(
                file.id, b"train_loss", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((5, 5)), twice()
            )
        ),
        "long texts": hdf5(lambda file: file.create_dataset("train_loss", (5, 5), h5py.string_dtype())),
        "a numbers' type of a gigabyte": hdf5(lambda file: file.create_dataset("train_loss", (5, 5), "S1000000000")),
        "twenty thousand groups": hdf5(lambda file: [file.create_group(f"g{n}") for n in range(20_000)]),
        "a row of 60 MB": b"alpha,beta,loss\n" + b"1," * (30 * 2**20),
        "a word of 60 MB": b"alpha,beta,loss\n" + b"1" * (60 * 2**20),
        "a cell in quotes of 60 MB": b'alpha,beta,loss\n"' + b"1\n" * (30 * 2**20),
        "15 million rows": b"alpha,beta,loss\n" + b"1,1\n" * (15 * 2**20),
        "20 million rows of one number": b"alpha\n" + b"1\n" * (30 * 2**20),
        "rows of blanks": b"alpha beta loss\n" + b" \n" * (30 * 2**20),
        "60 MB of comments": b"#\n" * (30 * 2**20),
        "60 MB of commas": b"," * (60 * 2**20),
        "twenty thousand columns": b"alpha,beta,loss," + b",".join(b"c%d" % n for n in range(20_000)) + b"\n",
        "a deep provenance": b"# " + b"[" * 100_000 + b"\nalpha,beta,loss\n0,0,1\n",
        "a number of 60,000 digits": b"alpha,beta,loss\n0,0," + b"1" * 60_000 + b"\n",
        "digits in groups": b"alpha,beta,loss\n" + b'0,0,"' + b"111," * 30_000 + b'x"\n',
    }


def large():
    """Files as large as they may be."""
    wide = np.linspace(-1, 1, SIDE)
    return {
        "eight arrays of the most points": npz(
            {"x": npy(wide), "y": npy(wide)}
            | {
                f"{s}_{k}": npy(np.random.default_rng(0).random((SIDE, SIDE)))
                for s in ("train", "test", "val")
                for k in ("loss", "acc")
            },
            zipfile.ZIP_STORED,
        ),
        "a table of the most points": b"alpha,beta,loss,accuracy\n"
        + b"".join(b"%.8f,%.8f,%.6f,0.5\n" % (a, b, a * a + b * b) for a in wide for b in wide),
    }
