"""Checkpoints of a few bytes that claim much, would make much, or keep their reader busy."""

import io
import json
import pickle
import struct
import zipfile
from collections import Counter, OrderedDict

import torch


class Calls:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def saved(contents, **options):
    file = io.BytesIO()
    torch.save(contents, file, **options)
    return file.getvalue()


def archive(data: bytes, members=(), method=zipfile.ZIP_STORED):
    """A checkpoint around any pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as written:
        written.writestr("a/data.pkl", data)
        written.writestr("a/version", b"3\n")
        for name, content in members:
            written.writestr(f"a/{name}", content)
    return file.getvalue()


def pickled(contents):
    return archive(pickle.dumps(contents, protocol=2))


def deep(times):
    found = {"w": 0}
    for _ in range(times):
        found = {"a": found}
    return found


def opcodes(body: bytes):
    return archive(b"\x80\x02" + body + b".")


def twins(times, double, start=b")"):
    """Pairs of pairs of pairs: few bytes, and 2^times ends."""
    return opcodes(start + b"".join(b"q%c" % n + b"h%c" % n + double for n in range(times)) + b"\x85.")


def safetensors(header: bytes, body=b"", length=None):
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def row(shape, ends):
    return {"dtype": "F32", "shape": shape, "data_offsets": list(ends)}


ONE = torch.ones(1)
WIDE = 10**9


def expanded(*shape):
    return ONE.expand(*shape)


def sparse(*shape):
    return torch.sparse_coo_tensor(torch.zeros(len(shape), 1, dtype=torch.long), ONE, shape)


def files():
    """All kinds, by what they are."""
    return {
        "expanded to 10^9 classes": saved({"layers.0.weight": ONE.expand(64, 64), "fc.weight": expanded(WIDE, 64)}),
        "sparse, 10^12 numbers": saved({"fc.weight": sparse(10**6, 10**6)}),
        "sparse by rows": saved(
            {
                "w": torch.sparse_csr_tensor(
                    torch.zeros(10**5 + 1, dtype=torch.long), torch.zeros(0), torch.zeros(0), (10**5, 10**6)
                )
            }
        ),
        "meta tensors": saved({"fc.weight": torch.empty(WIDE, 64, device="meta")}),
        "no numbers in 10^9 classes": saved({"fc.weight": torch.empty(WIDE, 0), "fc.bias": torch.empty(0)}),
        "ten thousand expanded tensors": saved({f"w{n}": expanded(10**6) for n in range(10_000)}),
        "nested tensors": saved({"w": torch.nested.nested_tensor([ONE, ONE])}),
        "an array of 10 GB": pickled({"w": Calls(bytearray, 10**10)}),
        "a list of a range": pickled({"w": Calls(list, range(10**10))}),
        "a set of a range": pickled({"w": Calls(set, range(10**9))}),
        "a count of a range": pickled({"w": Calls(Counter, range(10**9))}),
        "a shape of a range": pickled({"w": Calls(torch.Size, range(10**9))}),
        "a tensor of a size": pickled({"w": Calls(torch.Tensor, 10**5, 10**6)}),
        "copies of a long list": copies(),
        "twins of tuples as a name": twins(100, b"\x86", b")"),
        "a dictionary 10,000 deep": pickled_deep(),
        "ten million empty lists": opcodes(b"(" + b"]" * 10_000_000 + b"t"),
        "a million names that are alike": alike(),
        "a name of a million letters for many": saved({"n" * 10**6: {str(n): ONE for n in range(2000)}}),
        "a hundred and twenty thousand tensors": saved({str(n): ONE for n in range(120_000)}),
        "a quantised tensor of 10^10 numbers": quantised(),
        "packed zeros of a gibibyte": packed(),
        "a directory of 30 MB": archive(b"\x80\x02}.", [(f"{n:0200}", b"") for n in range(100_000)]),
        "a header of 100 MB": safetensors(b"{" + b" " * (100 * 2**20) + b"}"),
        "a header that lies about its length": safetensors(b"{}", length=2**62),
        "a deep header": safetensors(b'{"a":' + b"[" * 200_000),
        "a header of overlapping tensors": safetensors(
            json.dumps({f"w{n}": row([1024], (0, 4096)) for n in range(10_000)}).encode(), bytes(4096)
        ),
        "a header of 10^9 classes": safetensors(json.dumps({"fc.weight": row([WIDE, 64], (0, 4))}).encode(), bytes(4)),
        "sets of weights by the thousand": saved(
            {f"m{n}": {"layers.0.weight": ONE.reshape(1, 1), "layers.0.bias": ONE} for n in range(20_000)}
        ),
    }


def quantised():
    """A storage of one number, and a tensor of 10^10 of them."""
    small = torch.quantize_per_tensor(torch.ones(1), 0.1, 0, torch.qint8)
    storage, offset, _, _, *rest = small.__reduce_ex__(2)[1]
    file = io.BytesIO()
    torch.save({"w": Calls(torch._utils._rebuild_qtensor, storage, offset, (10**5, 10**5), (0, 0), *rest)}, file)
    return file.getvalue()


def copies():
    body = b"(" + b"K\x01" * 100_000 + b"tq\x00" + b"0("
    call = b"cbuiltins\nset\nh\x00\x85R"
    return opcodes(body + call * 20_000 + b"t")


def pickled_deep():
    return opcodes(b"}" + b"q\x000" + b"".join(b"}X\x01\x00\x00\x00a" for _ in range(10_000)) + b"}" + b"s" * 10_000)


def alike():
    """Whole numbers with one hash."""
    prime = 2**61 - 1
    numbers = (pickle.dumps(n * prime, protocol=2)[2:-1] + b"N" for n in range(1, 60_000))
    return opcodes(b"}(" + b"".join(numbers) + b"u")


def packed():
    good = saved(OrderedDict(w=torch.zeros(2**28 // 4)))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return file.getvalue()
