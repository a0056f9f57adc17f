"""Sends malformed bodies: those of every callback of every page, and of the routes that take JSON or files."""

import json
import random
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tests.campaign.altering import ODD, spoiled
from tests.campaign.browsing import JSON, Request, Site, campaign

UPLOAD = {
    "token": "0123456789abcdef",
    "file": "net.pt",
    "candidates": [
        {
            "architecture": "mlp",
            "shape": [1, 8, 8],
            "classes": 10,
            "differs": "",
            "pairs": [["a", "b"]],
            "weights": ["a", "b"],
        }
    ],
}
CHOICE = {
    "name": "mnist",
    "title": "mnist",
    "shape": [1, 28, 28],
    "classes": 10,
    "raw": True,
    "mean": [0.1307],
    "std": [0.3081],
}
HELD: Mapping[str, Any] = {
    "opened.data": ["resnet20", "vgg9"],
    "opening.data": False,
    "runs.data": ["vgg9", "mlp"],
    "tab.data": "campaign",
    "search.data": "?models=mlp&view=both&window=-1,1,-1,1",
    "window.data": [-0.5, 0.5, -0.5, 0.5],
    "cut.data": [0, 0, 0.5, 0.5],
    "added.data": {"runs": ["mlp"], "problems": ["A sentence."], "uploads": [UPLOAD]},
    "uploads.data": [UPLOAD],
    "adding-choices.data": [CHOICE],
    "adding-architecture.value": "mlp",
    "adding-data.value": "mnist",
    "adding-title.value": "Net",
    "adding-mean.value": "0.1",
    "adding-std.value": "0.3",
    "seen.data": [7, 9],
    "grew.data": [7, 9],
}
"""What components hold on a page that is used, where that is not what they begin with."""


def run(count: int, seed: int = 0) -> str:
    """The measured row of so many bodies."""
    return campaign("bodies", count, requests, seed)


def requests(site: Site, draw: random.Random) -> Iterator[Request]:
    """Bodies without end."""
    good = [*callbacks(site), *api(site)]
    others = [json.dumps(body).encode() for _, body in good if not isinstance(body, bytes)]
    while True:
        address, body = draw.choice(good)
        if isinstance(body, bytes):  # what is wrong within files is for the campaign `inputs`
            name = quote(str(draw.choice(ODD))[:5000].encode("utf-8", "surrogatepass"))
            yield Request("POST", f"{address}?name={name}", body[: draw.choice((0, 20, 40, None))])
        else:
            yield spoiled(Request("POST", address, headers=JSON), body, others, draw)


def callbacks(site: Site) -> list[tuple[str, Any]]:
    """A body of each callback of each page, as the page sends it."""
    found = []
    for path in site.app.pages:
        held = dict(components(site.get(f"{path}_dash-layout")))
        called = [each for each in site.get(f"{path}_dash-dependencies") if each["clientside_function"] is None]
        found += [(f"{path}_dash-update-component", body(callback, held, site)) for callback in called]
    return found


def components(part: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """The components of a layout by their names, as JSON."""
    if isinstance(part, list):
        for each in part:
            yield from components(each)
    elif isinstance(part, dict):
        if "id" in part.get("props", {}):
            yield name(part["props"]["id"]), part["props"]
        for each in part.get("props", part).values():
            yield from components(each)


def name(component: object) -> str:
    """A component's name as a callback spells it."""
    return component if isinstance(component, str) else json.dumps(component, sort_keys=True, separators=(",", ":"))


def body(callback: Mapping[str, Any], held: Mapping[str, dict[str, Any]], site: Site) -> dict[str, Any]:
    """What a page sends for a callback whose first input has changed."""
    inputs, states = ([filled(one, held, site) for one in callback[part]] for part in ("inputs", "state"))
    first = inputs[0][0] if isinstance(inputs[0], list) and inputs[0] else inputs[0]
    changed = [f"{name(first['id'])}.{first['property']}"] if first else []
    made = {"output": callback["output"], "inputs": inputs, "state": states, "changedPropIds": changed}
    if callback["no_output"]:
        return made
    text = callback["output"]
    parts = [outputs(one) for one in (text[2:-2].split("...") if text.startswith("..") else [text])]
    return made | {"outputs": parts if text.startswith("..") else parts[0]}


def outputs(text: str) -> dict[str, Any]:
    """One of a callback's outputs."""
    component, _, prop = text.rpartition(".")
    return {"id": json.loads(component) if component.startswith("{") else component, "property": prop.partition("@")[0]}


def filled(one: Mapping[str, str], held: Mapping[str, dict[str, Any]], site: Site) -> Any:
    """An input with what its component holds; those of all components that match, where it stands for several."""
    prop = one["property"]
    if one["id"].startswith("{"):
        wanted = json.loads(one["id"])
        alike = [json.loads(each) for each in held if each.startswith("{") and json.loads(each).keys() == wanted.keys()]
        alike = [each for each in alike if all(value == ["ALL"] or each[key] == value for key, value in wanted.items())]
        return [{"id": each, "property": prop, "value": held[name(each)].get(prop)} for each in alike]
    value = held.get(one["id"], {}).get(prop)
    if one["id"] == "surveys":
        value = [survey.id for survey in site.surveys]
    return {"id": one["id"], "property": prop, "value": HELD.get(f"{one['id']}.{prop}", value)}


def api(site: Site) -> list[tuple[str, Any]]:
    """A body of each route that takes one."""
    first, second, *_ = [survey.id for survey in site.surveys]
    camera = {"eye": {"x": 1, "y": 1, "z": 1}, "up": {"x": 0, "y": 0, "z": 1}}
    parts = [
        {"address": f"/api/figure/surface/{first}?height=log&marks=1", "title": "One", "view": {"camera": camera}},
        {
            "address": f"/api/figure/contour/{second}?tracks=vgg9:7",
            "title": "Two",
            "view": {"x": [-1, 1], "y": [0, 1], "at": 5},
        },
    ]
    sheet = {"parts": parts, "across": 2, "width": 400, "height": 300, "ground": "page"}
    from tests.viewer.test_film import picture

    film = {"frames": ["data:image/png;base64," + b64encode(picture()).decode()] * 2, "pace": 4}
    table = "alpha,beta,loss\n" + "".join(f"{a},{b},{a * b}\n" for a in range(3) for b in range(3))
    return [
        ("/api/together", sheet),
        *((f"/api/sheet/{kind}", sheet) for kind in ("html", "txt", "bib", "nothing")),
        ("/api/film", film),
        ("/api/tabs", {"browser": "b", "tabs": {"campaign": True}, "since": None}),
        ("/api/tabs/leave", {"tab": "campaign"}),
        ("/api/import", table.encode()),
    ]
