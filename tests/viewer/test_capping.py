"""Heights that nobody chose: logarithmic for one surface, linear up to one cap for several."""

from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viewer.cases import snapshot
from viewer.figures.capping import CEILING, FACTOR, OTHERWISE, chosen_cap, common_cap
from viewer.figures.relief import relief, with_cap
from viewer.figures.style import AUTO, Style
from viewer.figures.surface import surface
from viewer.screen import screen
from viewer.state import ViewState

LOSSES = st.lists(st.floats(1e-6, 1e12), min_size=1, max_size=50).map(np.array)


@given(LOSSES)
def test_a_chosen_cap_is_a_round_number_above_a_multiple_of_the_lower_quartile(losses):
    cap = chosen_cap(losses)
    least = FACTOR * np.quantile(losses, 0.25)
    assert least * (1 - 1e-9) <= cap <= 2.5 * least * (1 + 1e-9)
    assert f"{cap:.0e}"[0] in "125"
    assert cap == chosen_cap(np.append(losses, [np.nan, np.inf, -np.inf]))


@pytest.mark.parametrize(
    ("losses", "cap"),
    [([], OTHERWISE), ([np.nan], OTHERWISE), ([0, 0, 0, 7.0], 10), ([0.0], 1), ([-2, -2, 1], 3), ([1e35] * 5, CEILING)],
)
def test_a_cap_is_chosen_for_losses_that_are_absent_constant_negative_or_huge(losses, cap):
    assert chosen_cap(np.array(losses, float)) == pytest.approx(cap)


def test_of_several_surfaces_one_cap_is_chosen_and_a_cap_that_was_given_stays():
    low, high = snapshot(), snapshot(lambda a, b: 30 * (0.1 + a * a + b * b))
    style = Style(height="clipped", cap=AUTO)
    caps = [with_cap(style, [shot]).cap for shot in (low, high)]
    assert caps[0] < with_cap(style, [high, low]).cap == common_cap(caps) < caps[1]
    assert Style.read({"height": "clipped", "cap": f"{caps[0]},{caps[1]}"}).cap == common_cap(caps)
    assert with_cap(Style(height="clipped", cap=7), [high]).cap == 7
    assert relief(high, with_cap(style, [high])).title == f"loss (capped at {caps[1]:g})"
    assert surface(high, Style(height="clipped", cap=7))["layout"]["meta"]["cap"] == caps[1]
    assert surface(high, Style())["layout"]["meta"]["cap"] is None


def heights_of(service, **view):
    panels = screen(service, ViewState(**view)).panels
    return [dict(parse_qsl(panel.style)).get("height") for panel in panels if panel.run]


def test_one_surface_is_logarithmic_and_several_are_capped_unless_a_scale_was_chosen(service):
    two = ("resnet56", "resnet56-noshort")
    assert heights_of(service, models=two[:1]) == ["log"]
    assert heights_of(service, models=two) == ["clipped"] * 2
    assert heights_of(service, models=two, solo="resnet56") == ["clipped"] * 2
    assert heights_of(service, models=(*two, "no-such-run")) == ["clipped"] * 2
    assert heights_of(service, models=("resnet56", "no-such-run")) == ["log"]
    assert heights_of(service, models=two, quantity="accuracy") == ["linear"] * 2
    for change in ({}, {"span": 0.5}, {"split": "test"}, {"samples": 64}, {"window": (-0.5, 0.5, 0, 1)}, {"seed": 3}):
        for height in ("log", "linear", "clipped"):
            assert heights_of(service, models=two, height=height, **change) == [height] * 2
        assert heights_of(service, models=two, **change) == ["clipped"] * 2


def test_an_address_without_a_scale_stands_for_auto_and_caps_of_earlier_links_are_the_same():
    assert ViewState.read("models=a,b").state.height == "auto"
    old = ViewState.read("models=a,b&height=clipped").state
    assert (old.height, old.cap) == ("clipped", 10.0)
    assert ViewState.read("models=a&height=clipped&cap=auto").state.cap == AUTO
    assert "cap=auto" in ViewState(height="clipped", cap=AUTO).query()
