"""Several figures as one: what plotly makes of it, and where each lies."""

import copy

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viewer.cases import bowl, snapshot
from viewer.figures.contour import KEY, contour
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.figures.together import BOLD, HEAD, PAIR, TITLES, Grid, fitted, together

STEEP = snapshot(lambda a, b: 50 * bowl(a, b) ** 2)


def drawn(*shots, kinds=(surface, contour), style=None):
    return [(kind.__name__, kind(shot, style or Style())) for shot in shots for kind in kinds]


def box(layout, name):
    """Left, right, bottom, top of a scene, or of the axes of that number."""
    if name.startswith("scene"):
        return *layout[name]["domain"]["x"], *layout[name]["domain"]["y"]
    return *layout[f"xaxis{name}"]["domain"], *layout[f"yaxis{name}"]["domain"]


def shown_bars(figure):
    holders = [*figure["data"], *(trace.get("marker", {}) for trace in figure["data"])]
    return [holder for holder in holders if "colorbar" in holder and holder["showscale"]]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_figures_is_one_that_plotly_accepts(count):
    figure = together(drawn(snapshot(), STEEP)[:count])
    made = go.Figure(figure)
    assert len(made.data) == len(figure["data"])
    assert made.layout.to_plotly_json().keys() >= {key for key in figure["layout"] if key[:5] in {"scene", "xaxis"}}


def test_every_trace_lies_on_axes_of_its_own_figure():
    figure = together(drawn(snapshot(), STEEP))
    places = [trace.get("scene") or trace["xaxis"] + trace["yaxis"] for trace in figure["data"]]
    assert list(dict.fromkeys(places)) == ["scene", "xy", "scene2", "x2y2"]
    assert figure["layout"]["xaxis2"]["scaleanchor"] == "y2"
    assert (figure["layout"]["xaxis2"]["anchor"], figure["layout"]["yaxis2"]["anchor"]) == ("y2", "x2")


def test_no_two_figures_overlap_and_rows_go_down():
    layout = together(drawn(snapshot(), STEEP))["layout"]
    quarters = {"scene": (0, 1), "": (1, 1), "scene2": (0, 0), "2": (1, 0)}
    for name, (right, up) in quarters.items():
        left, last, bottom, top = box(layout, name)
        assert right / 2 <= left < last <= (right + 1) / 2
        assert up / 2 <= bottom < top <= (up + 1) / 2


def test_a_map_keeps_its_margins_in_pixels_and_a_title_has_room_above():
    (_, alone) = drawn(snapshot(), kinds=(contour,))[0]
    margin, cell = alone["layout"]["margin"], (400, 300)
    left, _, bottom, top = box(together([("", alone)], cell=cell)["layout"], "")
    assert left * cell[0] == pytest.approx(margin["l"])
    assert bottom * cell[1] == pytest.approx(margin["b"])
    assert (1 - top) * cell[1] == pytest.approx(margin["t"])
    titled = together([("A title", alone)], cell=cell)["layout"]
    height = Grid.of(["A title"], cell=cell).size[1]
    assert (1 - box(titled, "")[3]) * height == pytest.approx(HEAD + margin["t"])
    (title,) = [each for each in titled["annotations"] if each.get("name") != KEY]
    assert title["text"] == "A title"
    assert title["y"] * height == pytest.approx(height - HEAD / 2)


def test_colour_bars_that_say_the_same_are_one_and_others_stay():
    assert len(shown_bars(together(drawn(snapshot(), snapshot(), kinds=(contour,))))) == 1
    both = together(drawn(snapshot(), STEEP, kinds=(contour,)))
    first, second = (bar["colorbar"]["x"] for bar in shown_bars(both))
    assert first < 0.5 < second <= 1


def test_a_surface_without_a_bar_gets_none():
    assert shown_bars(together(drawn(snapshot(), kinds=(surface,), style=Style(bar=False)))) == []


def test_pictures_and_sentences_move_with_their_figure():
    part = drawn(snapshot(tiles=6), kinds=(contour,)) + drawn(snapshot(tiles=0), kinds=(contour,))
    layout = together([("", figure) for _, figure in part])["layout"]
    (picture,) = layout["images"]
    assert (picture["xref"], picture["yref"]) == ("x", "y")
    sentence = next(each for each in layout["annotations"] if each.get("name") != KEY)
    assert sentence["text"] == "Waiting for the first points"
    assert 0.5 < sentence["x"] < 1
    swapped = together([("", figure) for _, figure in reversed(part)])["layout"]
    assert (swapped["images"][0]["xref"], swapped["images"][0]["yref"]) == ("x2", "y2")
    (sentence,) = [each for each in swapped["annotations"] if each.get("name") != KEY]
    assert 0 < sentence["x"] < 0.5


def test_what_there_can_be_but_once_is_the_first_ones_that_has_it():
    layout = together(drawn(snapshot(), style=Style(scheme="dark")))["layout"]
    assert layout["dragmode"] == "pan"  # the map's, for the surface has none
    assert layout["paper_bgcolor"] == Style(scheme="dark").theme.paper


def test_its_parts_are_not_changed():
    parts = drawn(snapshot(), STEEP)
    before = copy.deepcopy(parts)
    together(parts, transparent=True)
    assert parts == before


def test_what_is_transparent_has_no_ground():
    layout = together(drawn(snapshot()), transparent=True)["layout"]
    assert (layout["paper_bgcolor"], layout["plot_bgcolor"]) == ("rgba(0,0,0,0)", "rgba(0,0,0,0)")


def test_numbers_are_handed_on_as_they_are():
    (_, alone) = drawn(snapshot(), kinds=(surface,))[0]
    (sheet, *_) = together([("", alone)])["data"]
    assert sheet["z"] == alone["data"][0]["z"]
    assert go.Figure(data=[sheet]).data[0].z == alone["data"][0]["z"]


@given(st.lists(st.text("ab c", max_size=60), min_size=1, max_size=6), st.floats(150, 1500))
def test_titles_fit_their_cells_and_keep_their_words(titles, width):
    broken, size = fitted(titles, width)
    assert [title.replace("<br>", " ") for title in broken] == titles
    assert size <= (PAIR if "<br>" in "".join(broken) else TITLES[0])
    longest = max(len(line) for title in broken for line in title.split("<br>"))
    assert longest * BOLD * size <= width
