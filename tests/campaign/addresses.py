"""Asks for malformed addresses: of pages, figures, files, tables, questions and streams."""

import random
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from tests.campaign.altering import ODD
from tests.campaign.browsing import Request, Site, campaign
from tests.campaign.inputs import mutated

LOOK = "height=clipped&cap=5&marks=1&limits=0:1&x=-1:1&y=-1:1&depth=0.1&statistic=mean&aspect=1.2&colours=viridis"
HEADER = {
    "Origin": ("http://[", "null", "http://127.0.0.1:8050", "//", "a" * 5000, "\xff"),
    "Host": ("127.0.0.1:8050", "127.0.0.1:99999999", "[::1", "localhost:", "", "a b", "127.0.0.1:8050@x"),
    "Range": ("bytes=0-", "bytes=-1", "bytes=9999999999999999999999-", "bytes=a-b", "bytes=5-1,2-", "lines=1"),
    "If-None-Match": ('"', "*", '"a", W/"b"', "\xff" * 100),
    "If-Modified-Since": ("never", "Thu, 01 Jan 99999 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 +9999"),
    "Cookie": ("a=b; =; ;;\xff", "a" * 5000),
    "Accept-Language": ("\xff;q=nan",),
    "Sec-Fetch-Site": ("same-origin", "cross-site", "\xff"),
    "Content-Type": ("application/json", "\xff", "multipart/form-data"),
}
"""Headers and values that are often read wrongly."""
METHODS = ("GET", "GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "BREW")


def run(count: int, seed: int = 0) -> str:
    """The measured row of so many addresses."""
    return campaign("addresses", count, requests, seed)


def requests(site: Site, draw: random.Random) -> Iterator[Request]:
    """Addresses without end."""
    good = addresses(site)
    while True:
        address = draw.choice(good)
        for _ in range(draw.choice((1, 1, 2))):
            address = draw.choice((respelled, respelled, reworded, spoiled))(address, good, draw)
        request = Request(draw.choice(METHODS), address)
        if draw.random() < 0.2:
            header = draw.choice(list(HEADER))
            request = replace(request, headers={header: draw.choice(HEADER[header])})
        yield request


def addresses(site: Site) -> list[str]:
    """Good addresses of every route."""
    first, second, third, other = [survey.id for survey in site.surveys]
    figures = [f"/api/figure/{kind}/{first}?{LOOK}" for kind in ("surface", "contour", "barcode")]
    trained = [
        f"/api/figure/{kind}/{second}?tracks=vgg9:7,mlp:9&at=5&place=0&{LOOK}"
        for kind in ("contour", "losses", "distances", "scree")
    ]
    many = [
        f"/api/figure/seeds/{first},{other};{second},{third}?{LOOK}",
        f"/api/figure/line/{first},{second};{third}?curves=loss&errors=1",
        "/api/figure/norms/vgg9,mlp",
        "/api/figure/lengths/vgg9:7,mlp:9?at=3",
        "/api/figure/weights/vgg9@5,mlp",
    ]
    files = [
        f"/api/file/{first}/{kind}?name=a&minus={second}&{LOOK}"
        for kind in ("h5", "npz", "csv", "vtk", "glb", "obj", "ply", "stl")
    ]
    tables = [
        f"/api/table/line/{first},{second}/csv?name=a",
        "/api/table/norms/vgg9/npz?name=a",
        "/api/table/weights/vgg9@5/h5?name=a",
    ]
    tracks = [f"/api/track/{second}/{kind}?tracks=vgg9:7,mlp:9&name=a" for kind in ("h5", "npz", "csv")]
    asked = [
        f"/api/indicators/{first}",
        f"/api/angle/{first}",
        f"/api/range?surveys={first},{second}",
        "/healthz",
        "/api/stream?browser=b",
    ]
    pages = [
        "/?models=mlp&view=both&seed=3&window=-1,1,-1,1",
        "/profile/?models=vgg9@0,vgg9&view=line&cut=0,0,1,1",
        "/trajectory/?models=vgg9&plane=through&second=vgg9@5&at=5&seen=7",
        *(
            f"{path}_dash-{part}"
            for path in ("/", "/profile/", "/trajectory/")
            for part in ("layout", "dependencies", "update-component")
        ),
        "/_dash-component-suites/dash/deps/react@18.v4_4_1m1.min.js",
        "/_reload-hash",
        "/_favicon.ico",
        "/assets/live.js",
        "/static/a",
    ]
    return [*figures, *trained, *many, *files, *tables, *tracks, *asked, *pages]


def respelled(address: str, _good: list[str], draw: random.Random) -> str:
    """An address with one part of its path or query replaced by an odd value."""
    path, mark, query = address.partition("?")
    value = quote(str(draw.choice(ODD))[:3000].encode("utf-8", "surrogatepass"), safe=draw.choice(("", "/,;:")))
    if query and draw.random() < 0.6:
        pairs = query.split("&")
        at = draw.randrange(len(pairs))
        name = pairs[at].partition("=")[0]
        pairs[at : at + draw.randrange(2)] = [
            draw.choice((f"{name}={value}", f"{name}={value}", name, f"{value}={name}", ""))
        ]
        return f"{path}?{'&'.join(pairs)}"
    parts = path.split("/")
    at = draw.randrange(1, len(parts))
    pieces = parts[at].split(",")
    pieces[draw.randrange(len(pieces))] = value
    parts[at] = draw.choice((value, ",".join(pieces), parts[at] + value, ""))
    return "/".join(parts) + mark + query


def reworded(address: str, good: list[str], draw: random.Random) -> str:
    """An address with the query, or a part of the path, of another."""
    path, _, query = address.partition("?")
    other, _, more = draw.choice(good).partition("?")
    if draw.random() < 0.5:
        return f"{path}?{more}&{query}"
    parts, others = path.split("/"), other.split("/")
    parts[draw.randrange(len(parts))] = draw.choice(others)
    return "/" + "/".join(parts).lstrip("/") + f"?{query}"


def spoiled(address: str, good: list[str], draw: random.Random) -> str:
    """An address with some bytes changed; a browser sends none that are blank or control characters."""
    changed = mutated(address.encode("latin-1"), draw.choice(good).encode("latin-1"), draw).decode("latin-1")
    return "/" + "".join(
        each if each.isprintable() and each != " " else f"%{ord(each):02X}" for each in changed
    ).lstrip("/")
