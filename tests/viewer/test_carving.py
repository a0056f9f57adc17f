"""What a block is carved from, and the script that carves it."""

import json

import numpy as np
import pytest

from compute.settings import ROOT
from tests.viewer.cases import bowl, snapshot
from tests.viewer.test_figures import array, at_points
from viewer.figures.provisional import settled
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.figures.surface import surface

CODE = ROOT / "assets" / "vendor" / "relief.js"
HEIGHTS = [Style(), Style(height="clipped", cap=0.6), Style("accuracy"), Style(height="linear")]


@pytest.mark.parametrize("style", HEIGHTS)
def test_a_block_has_the_heights_and_limits_of_the_surface_and_above_a_cap_what_the_cap_cuts_off(style):
    plain = surface(snapshot(), style)
    carved = surface(snapshot(), Style.read({**_arguments(style), "carved": "1"}))
    assert "eased" not in plain["data"][0]["meta"]
    low, high, step = carved["layout"]["meta"]["limits"]
    assert carved["layout"]["scene"]["zaxis"]["range"] == pytest.approx([low, high], abs=2e-3 * (high - low))
    eased = array(carved["data"][0]["meta"]["eased"])
    top = style.cap if style.height == "clipped" else np.inf
    np.testing.assert_allclose(np.minimum(eased, top), array(plain["data"][0]["z"]), rtol=1e-5, atol=1e-6)
    assert (eased.max() > high) == (style.height == "clipped")
    assert step > 0


def test_provisional_and_absent_points_are_told_as_for_plotly():
    shot = snapshot(lambda a, b: np.where(a > 0.7, np.nan, bowl(a, b)), tiles=-3)
    sheet = surface(shot, Style(carved=True))["data"][0]
    np.testing.assert_array_equal(np.isnan(at_points(sheet, "z")), np.isnan(array(sheet["meta"]["eased"])))
    inside = settled(relief(shot, Style()).given)
    np.testing.assert_array_equal(array(sheet["surfacecolor"]), inside)
    assert 0 < inside.sum() < inside.size


def test_the_script_is_built_of_a_pinned_three_whose_licence_is_beside_it():
    pinned = json.loads((ROOT / "relief" / "package.json").read_text("utf-8"))
    version = pinned["dependencies"]["three"]
    assert version.replace(".", "").isdigit()
    assert pinned["devDependencies"]["esbuild"].replace(".", "").isdigit()
    assert f'"{version.split(".")[1]}"' in CODE.read_text("utf-8")
    assert "MIT License" in CODE.with_name("relief.three-LICENSE.txt").read_text("utf-8")


def test_no_page_loads_the_script_before_a_block_is_shown(client):
    assert "relief.js" not in client.get("/").text
    answer = client.get("/assets/vendor/relief.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"


def _arguments(style):
    return {"quantity": style.quantity, "height": style.height, "cap": str(style.cap)}
