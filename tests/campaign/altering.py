"""Changes requests: in their values, bytes, types and depths."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.campaign.browsing import Request
from tests.campaign.inputs import mutated

ODD: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        3,
        2.5,
        -0.0,
        1e308,
        -1e308,
        float("inf"),
        float("nan"),
        10**12,
        2**63,
        10**30,
        10**4000,
    ),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e400",
        "nan",
        "a",
        "\r\nX: y",
        "\0",
        "\x1b[2J",
        "\ud800",
        "\u202e",
        "٣",
        "9" * 5000,
        "ü" * 300,
    ),
    *("../../etc/passwd", "%s%n", "<script>", "__class__", "a,b;c:d@e", "constructor", "NaN", ",", ";;", ":"),
    *([], [None], [[]], [1, "a"], {}, {"a": 1}, [1e308, 1.7e308, -1e308, 0], [0, 0, 0, 0], [1, 2, 3], ["a"] * 300),
    *({"id": "a"}, {"toString": 1}, "x" * 100_000),
)
"""Values that are often read wrongly."""
DEEP = b"[" * 5000 + b"]" * 5000
TYPES = (
    "text/plain",
    "",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=nonsense",
    "application/json;;=",
    "ü",
)


def altered(value: object, draw: random.Random) -> object:
    """JSON with one to three values changed, left out, repeated or exchanged; often by others of their type alone."""
    found = json.loads(json.dumps(value))
    alike = draw.random() < 0.5
    for _ in range(draw.choice((1, 1, 2, 3))):
        places = list(spots(found))
        if alike:
            swap(draw.choice(held(places) or [None]), draw)
        elif places:
            change(*draw.choice(places), places, draw)
    return found if isinstance(found, dict) else deepcopy(draw.choice(ODD))


def change(holder: Any, key: Any, places: list[tuple[Any, Any]], draw: random.Random) -> None:
    """Changes, leaves out, repeats or exchanges what is in a place."""
    match draw.randrange(6):
        case 0:
            del holder[key]
        case 1:
            other, place = draw.choice(places)
            holder[key] = deepcopy(other[place])
        case 2 if isinstance(holder, list):
            holder.extend([holder[key]] * draw.choice((1, 2, 40)))
        case 3 if isinstance(holder, dict):
            holder[draw.choice(("id", "value", "", "a", "\0"))] = holder.pop(key)
        case _:
            holder[key] = deepcopy(draw.choice(ODD))


def held(places: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The places of texts, numbers and the like; of a callback those in the values of its components."""
    roots = [holder[key] for holder, key in places if key == "value"]
    inner = [place for root in roots for place in spots(root)] + [place for place in places if place[1] == "value"]
    return [(holder, key) for holder, key in inner or places if not isinstance(holder[key], dict | list)]


def swap(place: tuple[Any, Any] | None, draw: random.Random) -> None:
    """Puts another value of the same type into a place."""
    if place is not None:
        holder, key = place
        number = isinstance(holder[key], int | float) and not isinstance(holder[key], bool)
        kind = int | float if number else type(holder[key])
        holder[key] = draw.choice([each for each in ODD if isinstance(each, kind)])


def spots(value: object) -> Iterator[tuple[Any, Any]]:
    """Every list or table in a value with each of its places."""
    for key, part in list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from spots(part)


def spoiled(request: Request, value: object, others: list[bytes], draw: random.Random) -> Request:
    """A request of JSON, changed: most often in its values, sometimes in its bytes, its type or its depth."""
    kind = draw.random()
    if kind < 0.75:
        return replace(request, body=json.dumps(altered(value, draw)).encode("utf-8", "surrogatepass"))
    body = json.dumps(value).encode()
    if kind < 0.92:
        return replace(request, body=mutated(body, draw.choice(others), draw))
    if kind < 0.97:
        return replace(request, headers={"Content-Type": draw.choice(TYPES)}, body=body)
    deep = body.replace(b"null", DEEP, 1) if b"null" in body else DEEP
    return replace(
        request, body=draw.choice((deep, DEEP, b"", b"\xff\xfe", b'{"a":' * 5000, b"null", b"1", b'""', b"[]"))
    )
