import base64
import io
import json
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from compute.minima import NOISE
from tests.viewer.cases import bowl, snapshot
from viewer.figures.contour import contour
from viewer.figures.heights import PAPER, heights, levels, scale
from viewer.figures.provisional import prolonged, settled
from viewer.figures.relief import relief, smoothed
from viewer.figures.seeds import seeds
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.figures.thumbnail import thumbnail
from viewer.figures.tick_labels import power_label
from viewer.state import SPANS, STATISTICS, ViewState
from viewer.theme import DIVERGING, PALETTES, SERIES, rgb

KINDS = pytest.mark.parametrize("kind", [surface, contour])


def array(spec):
    flat = np.frombuffer(base64.b64decode(spec["bdata"]), "<f4")
    return flat.reshape([int(side) for side in spec["shape"].split(",")])


def at_points(trace, name):
    """A trace's array at the surface's own points, of a mesh that may be finer."""
    down, across = trace.get("meta", {"every": (1, 1)})["every"]
    numbers = np.array(trace[name]) if isinstance(trace[name], list) else array(trace[name])
    return numbers[::down, ::across]


def told(figure, name="customdata"):
    """What hovering tells of each point, row = beta, column = alpha; a surface's is the other way round."""
    sheet = figure["data"][0]
    if sheet["type"] != "surface":
        return at_points(sheet, name)
    down, across = sheet["meta"]["every"]
    numbers = np.array(sheet[name]) if name == "text" else array(sheet[name])
    return numbers.swapaxes(0, 1)[::down, ::across]


def nan_corner(a, b):
    return np.where((a > 0.5) & (b > 0.5), np.nan, bowl(a, b))


@KINDS
@pytest.mark.parametrize("tiles", [0, 3, 7, None])
def test_the_same_snapshot_gives_the_same_figure(kind, tiles):
    assert kind(snapshot(tiles=tiles), Style()) == kind(snapshot(tiles=tiles), Style())


@KINDS
@pytest.mark.parametrize("tiles", [0, 1, 4, 9, None])
@pytest.mark.parametrize(
    "style",
    [
        Style(),
        Style("accuracy"),
        Style("slope", smooth=True, levels="paper"),
        Style("gradient", levels="paper"),
        Style(height="linear", scheme="dark", aspect=0.5),
        Style(height="clipped", cap=1.0, levels="log", wire=True, floor=True),
        Style(limits=(-3.0, 2.0), x=(0.1, 0.2), y=(-0.5, 0.5), bar=False),
    ],
)
def test_every_figure_is_one_that_plotly_knows(kind, tiles, style):
    figure = kind(snapshot(tiles=tiles), style)
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))


@KINDS
def test_a_figure_leaves_its_snapshot_as_it_was(kind):
    shot = snapshot(tiles=5)
    before = shot.loss.copy(), shot.known.copy()
    kind(shot, Style())
    assert np.array_equal(shot.loss, before[0], equal_nan=True)
    assert np.array_equal(shot.known, before[1])


def cells(z):
    """Which cells of a sheet plotly draws: those whose corners are all finite."""
    finite = np.isfinite(z)
    return finite[1:, 1:] & finite[1:, :-1] & finite[:-1, 1:] & finite[:-1, :-1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cells_that_lack_a_corner_are_paler_in_the_same_colours_with_a_hard_edge(scheme):
    shot = snapshot(tiles=-3)
    pale, *_, full = surface(shot, Style(scheme=scheme))["data"]
    known = cells(np.where(shot.known, 0.0, np.nan))
    np.testing.assert_array_equal(cells(array(full["z"])), known)
    drawn = cells(array(pale["z"]))
    assert (drawn | known).all()
    assert (drawn & known).sum() < 0.05 * known.sum()
    assert {name: pale[name] for name in ("cmin", "cmax")} == {name: full[name] for name in ("cmin", "cmax")}
    paper = np.array(rgb(Style(scheme=scheme).theme.paper))
    for (_, faint), (_, strong) in zip(pale["colorscale"], full["colorscale"], strict=True):
        np.testing.assert_allclose(np.array(rgb(faint)), (np.array(rgb(strong)) + paper) / 2, atol=1)
    np.testing.assert_array_equal(array(pale["meta"]["heights"]), relief(shot, Style()).z.astype("f4"))


def test_a_finished_surface_is_one_sheet_and_so_is_one_of_which_nothing_is_whole():
    finished = surface(snapshot(), Style())["data"]
    assert [trace["type"] for trace in finished].count("surface") == 1
    assert "heights" not in finished[0].get("meta", {})
    coarse = surface(snapshot(tiles=1), Style())["data"]
    assert [trace["type"] for trace in coarse].count("surface") <= 2


def test_interpolated_points_have_colour_and_say_what_they_are():
    shot = snapshot()
    shot.known[4, 5], shot.interpolated[4, 5] = False, True
    sheet = surface(shot, Style())["data"][0]
    assert "heights" not in sheet["meta"]  # nothing is provisional
    notes = told({"data": [sheet]}, "text")
    assert "interpolated" in notes[4][5]
    assert notes[5][4] == notes[4][4] == ""


def pixels(figure):
    (image,) = figure["layout"]["images"]
    assert image["layer"] == "above"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image["source"].partition(",")[2]))))[::-1]


def test_a_map_veils_what_is_not_computed():
    shot = snapshot(tiles=-3)
    shown = pixels(contour(shot, Style()))
    cell = shown.shape[0] // 17
    np.testing.assert_array_equal(shown[::cell, ::cell, 3] > 0, ~settled(shot.known))
    assert contour(snapshot(), Style())["layout"]["images"] == []


def test_the_veil_lies_over_the_cells_of_its_points():
    (image,) = contour(snapshot(tiles=-3), Style())["layout"]["images"]
    assert (image["x"], image["y"]) == (-1 - 1 / 16, 1 + 1 / 16)
    assert (image["sizex"], image["sizey"]) == (2 + 1 / 8, 2 + 1 / 8)


def test_provisional_heights_agree_with_a_bilinear_law_wherever_there_is_a_coarser_point_on_both_sides():
    plane = snapshot(law=lambda a, b: 3 + a + 2 * b, tiles=4)
    filled = prolonged(plane.loss, plane.known, plane.survey.lattice)
    assert filled == pytest.approx(snapshot(law=lambda a, b: 3 + a + 2 * b).loss)


@pytest.mark.parametrize("span", SPANS)
def test_provisional_heights_keep_what_is_known_for_every_range(span):
    state = ViewState(points=33, span=span)
    shot = snapshot(tiles=9, state=state)
    filled = prolonged(shot.loss, shot.known, shot.survey.lattice)
    assert np.array_equal(filled[shot.known], shot.loss[shot.known])


def test_a_hole_is_absent_and_never_filled():
    drawn = at_points(surface(snapshot(nan_corner), Style())["data"][0], "z")
    assert np.array_equal(np.isnan(drawn), np.isnan(snapshot(nan_corner).loss))


def test_infinite_losses_are_absent_and_leave_the_limits_alone():
    shot = snapshot(lambda a, b: np.where(a > 0.9, np.inf, np.where(a < -0.9, -np.inf, 1 + a * a)))
    sheet = surface(shot, Style(height="linear"))["data"][0]
    assert np.isnan(at_points(sheet, "z")).sum() == 2 * 17
    assert sheet["cmax"] < 3


@KINDS
@pytest.mark.parametrize("tiles", [0, None])
def test_nothing_finite_is_a_sentence_and_no_visible_surface(kind, tiles):
    figure = kind(snapshot(lambda a, b: a * np.nan, tiles=tiles), Style())
    assert all(trace.get("visible") is False for trace in figure["data"])
    (note,) = figure["layout"]["annotations"]
    assert ("Waiting" if tiles == 0 else "NaN or infinite") in note["text"]


def test_a_logarithmic_axis_names_the_losses_themselves():
    scene = surface(snapshot(), Style())["layout"]["scene"]
    assert dict(zip(scene["zaxis"]["ticktext"], scene["zaxis"]["tickvals"], strict=True))["1"] == 0
    assert scene["zaxis"]["title"]["text"] == "loss (log)"
    assert scene["zaxis"]["autorange"] is False


def test_accuracy_is_never_logarithmic():
    scene = surface(snapshot(), Style("accuracy"))["layout"]["scene"]
    assert scene["zaxis"]["range"] == pytest.approx([0, 1], abs=2e-3)
    assert scene["zaxis"]["ticktext"][-1] == "100 %"
    assert surface(snapshot(), Style("accuracy"))["data"][1]["marker"]["colorbar"]["ticktext"][0] == "0 %"


@settings(max_examples=200)
@given(st.floats(1e-6, 1e25), st.floats(1.0, 1e6), st.booleans())
def test_an_axis_holds_its_values_and_has_ticks(lowest, ratio, log):
    style = Style(height="log" if log else "linear")
    drawn = heights(np.array([lowest, lowest * ratio]), style)
    limits = scale(drawn, style)
    slack = 1e-6 * (limits.hi - limits.lo)
    assert limits.lo - slack <= drawn.min() <= drawn.max() <= limits.hi + slack
    assert 1 <= len(limits.ticks) == len(limits.labels) <= 9
    assert len(set(limits.labels)) == len(limits.labels)


def below_zero(tiles=None):
    shot = snapshot(tiles=tiles)
    shot.loss[:] -= 0.5
    return shot, int((shot.known & (shot.loss < 0)).sum())


@KINDS
def test_losses_below_zero_are_absent_on_a_logarithmic_scale_which_says_how_many_and_only_there(kind):
    for shot, count in (below_zero(), below_zero(tiles=-3)):
        assert 0 < count < shot.loss.size / 2
        found = relief(shot, Style())
        assert found.title == f"loss (log; {count} points below 0 absent)"
        assert found.title == kind(shot, Style())["layout"]["meta"]["bar"]["title"]
        np.testing.assert_array_equal(np.isnan(found.z[shot.known]), shot.loss[shot.known] < 0)
        assert found.limits.lo > -3
        plain = relief(shot, Style(height="linear"))
        assert plain.title == "loss"
        np.testing.assert_array_equal(plain.z[shot.known], shot.loss[shot.known])
        json.dumps(kind(shot, Style()), allow_nan=False)
    assert relief(snapshot(), Style()).title == "loss (log)"


def test_a_ratio_to_losses_below_zero_is_absent_too_and_losses_of_zero_stand_on_the_floor():
    shot, count = below_zero()
    found = relief(snapshot(), Style(against="first"), shot)
    assert found.title.endswith(f"({count} points below 0 absent)")
    assert np.isnan(found.z).sum() == count
    shot.loss[:] = np.where(shot.loss < 0, -1e-12, shot.loss)
    assert relief(shot, Style()).z.min() == -8
    assert relief(shot, Style()).title == "loss (log)"
    assert "absent" not in relief(below_zero()[0], Style("slope")).title


def test_labels_of_powers_stay_short():
    assert [power_label(height) for height in (-6, -3, 0, 3, 4, 12)] == ["10⁻⁶", "0.001", "1", "1,000", "10⁴", "10¹²"]


def test_hover_tells_losses_and_not_logarithms():
    numbers = told(surface(snapshot(), Style()))
    assert numbers[..., 0] == pytest.approx(snapshot().loss, rel=1e-6)
    assert numbers[..., 1] == pytest.approx(snapshot().accuracy, rel=1e-6)


@KINDS
@pytest.mark.parametrize("window", [None, (-0.5, 1, -1, -0.25)])
def test_hover_tells_the_loss_of_its_own_point_on_landscapes_that_are_not_symmetric(kind, window):
    state = ViewState(points=17, window=window)
    shot = snapshot(lambda a, b: np.exp(a) + 3 * b, state=state, tiles=12)
    figure = kind(shot, Style(height="linear"))
    np.testing.assert_allclose(told(figure)[..., 0][shot.known], shot.loss[shot.known], rtol=1e-6)
    np.testing.assert_array_equal(told(figure, "text") == "", shot.known)


def test_hover_tells_of_no_accuracy_where_nothing_is_right_or_wrong():
    judged, unjudged = snapshot(), snapshot()
    unjudged.accuracy[:] = np.nan
    found = ["accuracy" in surface(shot, Style())["data"][0]["hovertemplate"] for shot in (judged, unjudged)]
    assert found == [True, False]


def test_a_camera_steps_back_in_a_narrow_panel():
    near, far = (surface(snapshot(), Style(aspect=a))["layout"]["scene"]["camera"]["eye"]["x"] for a in (1.5, 0.5))
    assert far > near


@pytest.mark.parametrize(
    "losses", [None, bowl(*np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))), np.full((5, 5), np.nan)]
)
def test_a_thumbnail_is_a_picture(losses):
    address = thumbnail(losses)
    image = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
    assert image.size == (96, 96)


def test_an_unknown_style_falls_back():
    assert Style.read({"quantity": "?", "aspect": "nan", "scheme": "pink"}) == Style()
    assert Style.read({"aspect": "1e9"}).aspect == 3.0


def half_interpolated():
    shot = snapshot()
    odd = np.add.outer(np.arange(17), np.arange(17)) % 2 == 1
    shot.known[odd], shot.interpolated[odd] = False, True
    return shot, odd


def test_where_asked_the_map_dots_what_is_computed():
    shot, odd = half_interpolated()
    assert contour(shot, Style())["layout"]["images"] == []
    shown = pixels(contour(shot, Style(marks=True)))
    cell = shown.shape[0] // 17
    np.testing.assert_array_equal(shown[cell // 2 :: cell, cell // 2 :: cell, 3] > 0, ~odd)


def test_where_asked_the_surface_dots_what_is_computed():
    shot, odd = half_interpolated()
    assert len(surface(shot, Style())["data"]) == 3
    dots = surface(shot, Style(marks=True))["data"][3]
    x, y, z = (array(dots[axis]) for axis in "xyz")
    assert len(x) == (~odd).sum()
    np.testing.assert_allclose(z, np.log10(bowl(x, y)), atol=1e-6)


def test_every_statistic_has_words_of_its_own_on_the_axis():
    titles = {
        surface(snapshot(), Style(statistic=name))["layout"]["scene"]["zaxis"]["title"]["text"] for name in STATISTICS
    }
    assert len(titles) == len(STATISTICS)


def test_hovering_tells_the_standard_error_where_there_is_one():
    shot = snapshot()
    assert "s.e." not in surface(shot, Style())["data"][0]["hovertemplate"]
    shot.error[:] = 0.25
    sheet = surface(shot, Style())["data"][0]
    assert "s.e. %{customdata[2]" in sheet["hovertemplate"]
    assert (array(sheet["customdata"])[..., 2] == 0.25).all()


@KINDS
def test_local_minima_are_marked(kind):
    marked = marks(kind, egg_box(), Style())
    assert sorted(set(array(marked["x"]).tolist())) == sorted(set(array(marked["y"]).tolist())) == [-1, -0.5, 0, 0.5, 1]
    assert len(array(marked["x"])) == 25
    assert set(marked["marker"]["color"]) == {"rgba(255,255,255,1)"}


def egg_box():
    """A surface with 5 × 5 minima, at which it is 2 deep, and the lowest of them in the middle."""
    return snapshot(law=lambda a, b: 3 - np.cos(4 * np.pi * a) - np.cos(4 * np.pi * b) + 0.01 * (a * a + b * b))


def marks(kind, shot, style):
    """The trace of minima."""
    return next(layer for layer in kind(shot, style)["data"][1:] if isinstance(layer["x"], dict))


@KINDS
def test_minima_below_the_threshold_are_not_marked_and_those_below_noise_faintly(kind):
    shot = egg_box()
    assert len(array(marks(kind, shot, Style(depth=1.9))["x"])) == 25
    assert len(array(marks(kind, shot, Style(depth=2.1))["x"])) == 1
    shot = replace(shot, z=np.full(shot.loss.shape, NOISE - 0.1))
    shot.z[0, 0] = NOISE
    colours = marks(kind, shot, Style())["marker"]["color"]
    assert sorted(colours) == ["rgba(255,255,255,0.4)"] * 23 + ["rgba(255,255,255,1)"] * 2
    assert kind(shot, Style())["layout"]["meta"]["minima"] == {
        "words": "25 minima",
        "above": 2,
        "spacing": "Points lie 0.125 apart.",
    }


def test_a_surface_beside_its_map_leaves_the_colour_bar_to_it():
    alone, beside = (surface(snapshot(), Style(bar=bar)) for bar in (True, False))
    assert [figure["data"][1]["marker"]["showscale"] for figure in (alone, beside)] == [True, False]
    assert beside["layout"]["scene"]["domain"]["x"] == [0, 1]


@KINDS
@pytest.mark.parametrize("name", PALETTES)
def test_every_colour_map_is_drawn_and_rises_in_brightness(kind, name):
    stops = kind(snapshot(), Style(colours=name))["data"][0]["colorscale"]
    brightness = [np.dot(rgb(colour), (0.299, 0.587, 0.114)) for _, colour in stops]
    assert brightness == sorted(brightness)
    assert [place for place, _ in stops] == pytest.approx(np.linspace(0, 1, len(stops)))


def steep(a, b):
    return 0.1 + 3 * a * a + 0.5 * np.abs(b)


@KINDS
def test_the_difference_of_a_surface_and_itself_is_nothing_and_white(kind):
    figure = kind(snapshot(), Style(against="itself"), snapshot())
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    np.testing.assert_allclose(told(figure)[..., 3], 1)
    middle = figure["data"][0]["colorscale"][len(figure["data"][0]["colorscale"]) // 2][1]
    assert min(rgb(middle)) > 240


def test_a_difference_of_logarithms_is_a_ratio_and_of_losses_a_difference():
    one, two = snapshot(steep), snapshot()
    ratio = relief(one, Style(against="two"), two)
    np.testing.assert_allclose(10**ratio.z, one.loss / two.loss)
    assert "× 1" in ratio.limits.labels
    assert ratio.limits.lo == -ratio.limits.hi
    plain = relief(one, Style(height="linear", against="two"), two)
    np.testing.assert_allclose(plain.z, one.loss - two.loss)
    assert plain.palette == DIVERGING


def test_a_difference_is_given_where_both_are():
    some = relief(snapshot(tiles=6), Style(against="two"), snapshot(tiles=9))
    assert np.array_equal(some.given, snapshot(tiles=6).known & snapshot(tiles=9).known)


def test_the_slope_of_a_paraboloid_is_its_gradient_up_to_the_edges():
    found = relief(snapshot(), Style("slope", height="linear"))
    alpha, beta = snapshot().survey.lattice.grid()
    np.testing.assert_allclose(found.z, 2 * np.hypot(alpha, beta), atol=1e-12)


@KINDS
@pytest.mark.parametrize("style", [Style("slope", height="clipped", cap=0.5, smooth=True), Style("slope", smooth=True)])
def test_what_hovering_tells_of_a_slope_is_neither_clipped_nor_smoothed(kind, style):
    numbers = told(kind(snapshot(), style))
    alpha, beta = snapshot().survey.lattice.grid()
    np.testing.assert_allclose(numbers[..., 3], 2 * np.hypot(alpha, beta), atol=1e-6)


@KINDS
@pytest.mark.parametrize("height", ["linear", "clipped", "log"])
def test_what_hovering_tells_of_a_difference_is_neither_clipped_nor_smoothed(kind, height):
    one, two = snapshot(steep), snapshot()
    numbers = told(kind(one, Style(height=height, cap=0.5, smooth=True, against="two"), two))
    wanted = one.loss / two.loss if height == "log" else one.loss - two.loss
    np.testing.assert_allclose(numbers[..., 3], wanted, rtol=1e-5, atol=1e-6)


def test_a_clipped_height_is_flat_above_its_cap_and_says_so():
    found = relief(snapshot(), Style(height="clipped", cap=1.0))
    np.testing.assert_allclose(found.z, np.minimum(snapshot().loss, 1.0))
    assert (found.limits.hi, found.limits.labels[-1]) == (1.0, "≥ 1")
    assert found.title == "loss (capped at 1)"
    assert relief(snapshot(), Style(height="clipped", cap=100.0)).limits.labels[-1] != "≥ 100"


@pytest.mark.parametrize("height", ["log", "linear"])
def test_contour_levels_lie_where_they_should(height):
    limits = relief(snapshot(steep), Style(height=height)).limits

    def losses(name):
        found = levels(limits, Style(height=height, levels=name))
        assert (found[0], found[-1]) == (limits.lo, limits.hi)
        assert (np.diff(found) > 0).all()
        return (10**found if height == "log" else found)[1:-1]

    np.testing.assert_allclose(np.diff(losses("linear")), np.diff(losses("linear"))[0])
    np.testing.assert_allclose(np.diff(np.log10(losses("log"))), 1 / 8)
    inside = 10**limits.lo < np.array(PAPER) if height == "log" else limits.lo < np.array(PAPER)
    top = 10**limits.hi if height == "log" else limits.hi
    np.testing.assert_allclose(losses("paper"), np.array(PAPER)[inside & (np.array(PAPER) < top)])
    even = levels(limits, Style(height=height))
    np.testing.assert_allclose(np.diff(even), limits.step)


@pytest.mark.parametrize("name", ["even", "linear", "log", "paper"])
def test_the_bands_of_a_map_are_the_heights_between_its_levels(name):
    style, shot = Style(levels=name), snapshot(steep)
    sheet, found = contour(shot, style)["data"][0], relief(shot, style)
    lines = levels(found.limits, style)
    band = np.searchsorted(lines, found.z, side="right") - 1
    close = np.abs(found.z - lines[np.clip(band, 0, None)]) < 1e-6
    assert ((np.floor(array(sheet["z"])) == band) | close).all()
    assert sheet["contours"]["end"] == sheet["zmax"] == len(lines) - 1
    labels = dict(zip(sheet["colorbar"]["ticktext"], sheet["colorbar"]["tickvals"], strict=True))
    assert labels["1"] == pytest.approx(np.interp(0.0, lines, np.arange(len(lines))))


def test_smoothing_keeps_a_constant_its_holes_and_its_mean():
    flat = np.full((9, 9), 3.0)
    flat[2, 3] = np.nan
    np.testing.assert_allclose(smoothed(flat), flat)
    bump = np.zeros((21, 21))
    bump[10, 10] = 1
    assert smoothed(bump).sum() == pytest.approx(1)
    assert smoothed(bump).max() < 0.2
    assert "smoothed" in relief(snapshot(), Style(smooth=True)).title


@pytest.mark.parametrize("style", [Style(height="clipped", cap=0.1), Style(quantity="accuracy")])
def test_a_plain_at_an_end_of_the_axis_lies_within_it_in_single_precision(style):
    figure = surface(snapshot(), style)
    low, high = figure["layout"]["scene"]["zaxis"]["range"]
    z = array(figure["data"][0]["z"])
    assert low < z.min() <= z.max() < high


@KINDS
def test_a_figure_in_the_limits_of_others_holds_its_own_heights_too(kind):
    lowest = np.log10(snapshot().loss.min())
    figure = kind(snapshot(), Style(limits=(0.0, 4.0)))
    assert figure["layout"]["meta"]["bar"]["places"][0] >= 0
    found = relief(snapshot(), Style(limits=(0.0, 4.0)))
    assert found.limits.lo <= lowest < 0
    assert found.limits.hi == 4


def test_limits_that_are_imposed_hold_for_surface_and_map_and_their_own_are_still_told():
    own = surface(snapshot(), Style())["layout"]["meta"]["extent"]
    style = Style(limits=(-4.0, 3.0))
    assert surface(snapshot(), style)["layout"]["scene"]["zaxis"]["range"] == pytest.approx([-4, 3], abs=0.01)
    assert surface(snapshot(), style)["data"][0]["cmin"] == -4
    assert surface(snapshot(), style)["layout"]["meta"]["extent"] == own
    assert len(contour(snapshot(), style)["data"][0]["colorscale"]) == len(
        levels(scale(np.array([-4.0, 3]), style), style)
    )


@settings(max_examples=100)
@given(st.floats(1e-6, 1e20), st.floats(1.0, 1e6), st.sampled_from(["log", "linear", "clipped"]))
def test_a_scale_in_the_limits_of_another_holds_them_and_is_not_much_wider(lowest, ratio, height):
    style = Style(height=height)
    once = scale(heights(np.array([lowest, lowest * ratio]), style), style)
    again = scale(np.array([once.lo, once.hi]), style)
    slack = 1e-9 * (once.hi - once.lo)
    assert again.lo <= once.lo + slack
    assert again.hi >= once.hi - slack
    assert again.hi - again.lo <= 2.6 * (once.hi - once.lo)


def test_grid_lines_run_along_both_axes_of_a_surface_that_stays_and_are_taken_away_again():
    sheet = surface(snapshot(), Style(wire=True))["data"][0]
    assert "hidesurface" not in sheet
    plain = surface(snapshot(), Style())["data"][0]["contours"]
    for axis in "xy":
        assert plain[axis]["start"] > 1
        assert (sheet["contours"][axis]["start"], sheet["contours"][axis]["end"]) == (-1, 1)
        assert sheet["contours"][axis]["size"] == 1 / 8
    assert surface(snapshot(), Style(floor=True))["data"][0]["contours"]["z"]["project"] == {"z": True}


def test_a_map_shows_the_part_it_is_asked_for():
    layout = contour(snapshot(), Style(x=(0.25, 0.5), y=(-0.1, 0.15)))["layout"]
    assert (layout["xaxis"]["range"], layout["yaxis"]["range"]) == ([0.25, 0.5], [-0.1, 0.15])


def test_seeds_are_drawn_on_one_scale_with_the_mean_and_the_spread_of_their_profiles():
    shots = [snapshot(law) for law in (bowl, steep)]
    figure = seeds([("A model", shots), ("Another", shots)], Style(aspect=1.5))
    maps = [trace for trace in figure["data"] if trace["type"] == "contour"]
    assert len({json.dumps(trace["colorscale"]) for trace in maps}) == 1
    band, mean = [trace for trace in figure["data"] if trace["type"] == "scatter" and trace["legendgroup"] == "Another"]
    x, middle = array(mean["x"]), array(mean["y"])
    logs = np.log10([law(x, 0 * x) for law in (bowl, steep)])
    np.testing.assert_allclose(middle, logs.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(array(band["y"])[: len(x)] - middle, logs.std(axis=0, ddof=1), atol=1e-6)
    assert mean["line"]["color"] == SERIES[1]
    domains = [figure["layout"][f"yaxis{number}"]["domain"] for number in range(2, 6)]
    assert all(low > figure["layout"]["yaxis"]["domain"][1] for low, _ in domains)


def test_seeds_of_which_nothing_is_known_are_no_figure_yet():
    figure = seeds([("A model", [snapshot(tiles=0)])], Style())
    assert figure["data"] == []
    assert figure["layout"]["meta"]["drawable"] is False


@KINDS
def test_the_lowest_point_is_marked_unless_it_is_the_network_itself(kind):
    def diamonds(law):
        layers = kind(snapshot(law), Style())["data"]
        return [layer for layer in layers if layer.get("marker", {}).get("symbol") == "diamond"]

    assert diamonds(bowl) == []
    (found,) = diamonds(lambda a, b: 0.1 + (a - 0.5) ** 2 + (b + 0.25) ** 2)
    assert (found["x"], found["y"]) == ([0.5], [-0.25])
    assert diamonds(lambda a, b: a * np.nan) == []
