"""Every number and every limit that help, badges and captions state, recomputed or compared with the code's own."""

import re
from base64 import b64decode
from dataclasses import replace
from math import log10, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from compute.basin import EXAMPLES, basin
from compute.deviation import LIMIT
from compute.formatting import number
from compute.indicators import LOW, NEAR, indicators
from compute.jobs.precision import dtype_of
from compute.lattice import Lattice
from compute.losses import BlockValues, summary
from compute.minima import NOISE
from compute.numerics.directions import effective_dimension, gaussian, scaled
from compute.profile import readings
from compute.settings import ROOT
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import CALIBRATION, Mean, Quantile, RandomPlane, Survey, Tempered, statistic
from compute.trajectory import Track, Trajectory
from compute.zoo.gallery import cards
from tests.compute.cases import query
from tests.viewer.cases import snapshot
from tests.viewer.test_caption import CARD
from viewer import facts
from viewer.explained import EXPLAINED
from viewer.figures.contour import contour
from viewer.figures.heights import FLOOR, PAPER, heights, levels, scale, sunk
from viewer.figures.line import spread
from viewer.figures.relief import SMOOTHING, relief, slope, smoothed
from viewer.figures.seeds import axes, profile, seeds
from viewer.figures.style import Style, statistic_words
from viewer.figures.surface import surface
from viewer.help import HINT, KEYS, MARKS
from viewer.pages.panels import MINIMA, RESTING
from viewer.profile import ProfileState
from viewer.state import PANELS, SEEDS, STATISTICS, ViewState

NUMBER = re.compile(
    r"\d|\b(one|two|three|six|eight|ten|dozen|half|tenths?|twenty|fifty|hundred|thousands?|min|max|mean|zero)\b"
)
"""What makes a sentence or a formula one that states a number."""


def said(name):
    return f"{EXPLAINED[name].sentence}\n{EXPLAINED[name].formula}"


def test_quantity_is_the_mean_loss_and_the_slope_the_length_of_its_gradient():
    x, y = np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)
    plane = 3 * x[None, :] + 4 * y[:, None]
    np.testing.assert_allclose(slope(plane, x, y), 5)
    assert "√((∂f/∂α)^{2} + (∂f/∂β)^{2})" in said("quantity")
    values = mean_of(np.array([1.0, 2.0, 6.0]))
    assert values.loss[0, 0] == 3  # 1/N Σ ℓ


def mean_of(losses, wanted=None):
    """What a statistic says of some examples' losses at one point."""
    mask = np.full((8, 8), False)
    mask[0, 0] = True
    block = BlockValues.of(mask, np.zeros(len(losses), int), losses[None], np.zeros((1, len(losses)), bool))
    return summary([block], wanted or Mean())


def test_height_is_the_decimal_logarithm_the_loss_or_the_loss_up_to_a_cap():
    losses = np.array([0.001, 1.0, 30.0, -1.0])
    np.testing.assert_allclose(heights(losses[:3], Style(height="log")), [-3, 0, log10(30)])
    np.testing.assert_allclose(heights(losses, Style(height="linear")), losses)
    np.testing.assert_allclose(heights(losses, Style(height="clipped", cap=10)), [0.001, 1, 10, -1])
    assert sunk(losses, Style(height="log")).tolist() == [False, False, False, True]  # nothing below zero
    shot = snapshot(lambda a, b: 30 + 0 * a)
    assert (surface(shot, Style(height="clipped", cap=10)))["data"][0]["customdata"] == (
        surface(shot, Style(height="linear"))["data"][0]["customdata"]
    )  # the numbers stay the same
    assert "log_{10} f,  h = f,  h = min(f, cap)" in said("height")


def test_colours_run_over_the_heights_from_the_lowest_to_the_highest():
    limits = scale(np.array([0.0, 4.0]), Style(height="linear"))
    np.testing.assert_allclose(limits.share(np.array([limits.lo, limits.hi])), [0, 1])
    assert "(h − h_{low}) / (h_{high} − h_{low})" in said("colours")


def test_a_plane_through_checkpoints_has_the_second_at_one_and_the_third_at_beta_one():
    origin, second, third = np.random.default_rng(0).normal(size=(3, 50))
    delta = second - origin
    eta = (third - origin) - (third - origin) @ delta * delta / (delta @ delta)
    basis = np.stack([delta, eta], axis=1)
    assert np.linalg.lstsq(basis, second - origin, rcond=None)[0] == pytest.approx([1, 0], abs=1e-12)
    assert np.linalg.lstsq(basis, third - origin, rcond=None)[0][1] == pytest.approx(1)
    assert "(0, 0), through the second at (1, 0)" in said("through")
    assert "at β = 1" in said("through")


def test_the_range_of_a_trajectory_has_at_least_its_margin_and_holds_the_origin():
    places = np.array([0.3, 0.9, 0.5])
    track = Track("mlp", (0, 1, 2), places, -places, places, 0 * places)
    found = Trajectory(RandomPlane(), None, (track,), (), (1.0, 1.0), 0.0).extent(0.25)
    assert found[0][0] <= 0 - 0.25 * 0.9
    assert found[0][1] >= 0.9 + 0.25 * 0.9
    assert found[1][1] >= 0.25 * 0.9
    assert "at least" in said("margin")


def test_contour_levels_are_eight_to_a_decade_or_those_of_the_paper():
    drawn = levels(scale(np.array([-1.0, 1.0]), Style()), Style(levels="log"))
    assert np.diff(drawn)[1:-1] == pytest.approx(np.full(len(drawn) - 3, 1 / 8))
    assert pytest.approx(PAPER) == [*(0.1 + 0.5 * step for step in range(20)), *(10.0**power for power in range(1, 9))]
    assert "eight to a decade" in said("levels")
    assert "0.1, 0.6, …, 9.6 and 10^{1}, 10^{2}, …, 10^{8}" in said("levels")
    assert facts.LEVELS["log"].startswith("eight to a decade")
    assert facts.LEVELS["paper"].startswith("0.1, 0.6 ... 9.6 and powers of ten")


def test_smoothing_is_by_a_gaussian_one_point_wide_and_changes_no_number():
    peak = np.zeros((9, 9))
    peak[4, 4] = 1
    found = smoothed(peak)
    assert found[4, 5] / found[4, 4] == pytest.approx(np.exp(-1 / 2), rel=1e-6)
    assert SMOOTHING == 1
    assert "σ = one spacing" in said("smoothing")
    assert "smoothed by a Gaussian one point wide" in facts.height(Style(smooth=True))
    shot = snapshot()
    smooth, plain = (surface(shot, Style(smooth=on))["data"][0] for on in (True, False))
    assert smooth["customdata"] == plain["customdata"]
    assert smooth["z"] != plain["z"]


def test_a_shared_scale_goes_from_the_lowest_of_all_heights_to_the_highest():
    limits = scale(np.array([1.0, 2.0]), Style(height="linear", limits=(0.0, 5.0)))
    assert limits.lo <= 0
    assert limits.hi >= 5
    assert "from min_{k} min h_{k} to max_{k} max h_{k}" in said("scale")


def test_a_difference_is_of_heights_and_on_a_logarithmic_scale_a_factor():
    one, two = snapshot(lambda a, b: 2 + 0 * a), snapshot(lambda a, b: 6 + 0 * a)
    found = relief(two, Style(against="one"), one)
    np.testing.assert_allclose(found.z, log10(3))
    np.testing.assert_allclose(found.plain, 3)
    assert "by which factor" in said("difference")


@pytest.mark.parametrize(("span", "level"), [(1.0, 4), (0.5, 3), (4.0, 2)])
def test_points_a_side_follow_from_range_and_spacing(span, level):
    lattice = Lattice.spanning(level, (-span, span), (-span, span))
    spacing = 2.0**-level
    assert lattice.shape == (2 * span / spacing + 1,) * 2
    assert np.diff(lattice.coordinates("x")) == pytest.approx(np.full(lattice.shape[0] - 1, spacing))
    assert f"{spacing:g} apart" in facts.points(lattice)
    assert "n = 2 · range / spacing + 1\nspacing = 2^{−level}" in said("points")
    assert "n = length / spacing + 1" in said("line points")
    assert len(ProfileState(beyond=0.5).between().coordinates("x")) == 2 / 2.0**-5 + 1


def test_at_one_every_filter_has_gone_as_far_as_it_is_long_and_a_trainings_may_go_further():
    weights = {"w": torch.randn(6, 5, 3, 3, generator=torch.Generator().manual_seed(0))}
    drawn = scaled(gaussian(weights, 0, 0), weights, "filter", "biasbn")["w"]
    torch.testing.assert_close(drawn.flatten(1).norm(dim=1), weights["w"].flatten(1).norm(dim=1))
    folder = ROOT / "data" / "gallery" / "vgg9-sgd-bs128-wd0.0005"
    first, last = (load_file(folder / f"epoch-{epoch}.safetensors") for epoch in ("000", "300"))
    further = []
    for name, tensor in last.items():
        if tensor.ndim > 1:
            start, end = (weights[name].astype(float).reshape(len(tensor), -1) for weights in (first, last))
            further += (np.linalg.norm(end - start, axis=1) > np.linalg.norm(end, axis=1)).tolist()
    assert f"{100 * np.mean(further):.0f} % of the filters of the gallery's VGG-9" in said("range")


def test_the_automatic_range_ends_where_half_of_the_edge_is_as_bad_as_guessing():
    asked = Survey(query(size=EXAMPLES), Lattice.spanning(2, (-1, 1), (-1, 1)))
    shot = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 81, 81))
    shot.loss[:], edge = 0.0, np.full((9, 9), True)
    edge[1:-1, 1:-1] = False
    shot.loss[edge] = np.where(np.arange(32) < 17, np.log(10) + 0.01, 0.0)
    assert basin(shot, 10).enough
    shot.loss[edge] = np.where(np.arange(32) < 15, np.log(10) + 0.01, 0.0)
    assert not basin(shot, 10).enough
    assert "half of the losses are as bad as guessing" in said("range")


@pytest.mark.parametrize("name", ["samples", "errors"])
def test_the_standard_error_is_that_of_the_mean(name):
    losses = np.random.default_rng(1).gamma(1, size=50)
    assert mean_of(losses).error[0, 0] == pytest.approx(losses.std(ddof=1) / sqrt(50))
    assert "s / √N" in said(name)
    assert "s^{2} = 1/(N − 1) Σ_{i} (ℓ_{i} − f)^{2}" in said("samples")


def test_statistics_are_the_mean_half_nine_tenths_and_weights_that_fall_with_the_loss():
    assert {"quantile:0.5", "quantile:0.9"} <= set(STATISTICS)
    assert "half or nine tenths" in said("statistic")
    losses = np.array([1.0, 2.0, 4.0])
    weights = np.exp(-losses / 0.5) / np.exp(-losses / 0.5).sum()
    assert mean_of(losses, Tempered(0.5)).loss[0, 0] == pytest.approx(weights @ losses)
    assert mean_of(np.arange(11.0), Quantile(0.9)).loss[0, 0] == 9
    assert "w_{i} ∝ exp(−ℓ_{i} / T)" in said("statistic")
    assert isinstance(statistic("tempered:0.1"), Tempered)


def test_the_mean_is_not_said_to_be_of_all_examples():
    assert statistic_words("mean") == "mean of the examples"


def test_a_filters_direction_has_its_length_and_biases_none():
    weights = {"w": torch.randn(4, 3, 3, 3), "b": torch.randn(4)}
    drawn = scaled(gaussian(weights, 3, 0), weights, "filter", "biasbn")
    torch.testing.assert_close(drawn["w"].flatten(1).norm(dim=1), weights["w"].flatten(1).norm(dim=1))
    assert not drawn["b"].any()
    assert "0 for biases and BatchNorm" in said("norm")
    assert "δ_{b} = η_{b} = 0" in said("ignore")


def test_two_directions_make_the_angle_that_is_expected_by_chance():
    weights = {"w": torch.ones(20, 5) * torch.linspace(0.5, 1.5, 20)[:, None]}
    square = weights["w"].square().sum(1)
    n = float(square.sum() ** 2 / (square**2 / 5).sum())
    assert effective_dimension(weights) == pytest.approx(n)
    pairs = [[scaled(gaussian(weights, seed, axis), weights)["w"].flatten() for axis in (0, 1)] for seed in range(800)]
    found = np.mean([abs(float(x @ y / x.norm() / y.norm())) for x, y in pairs])
    assert found == pytest.approx(sqrt(2 / (pi * n)), rel=0.1)
    assert "E|cos| ≈ √(2 / (π n))" in said("cosine")


def rows_of(factors):
    """Surfaces of several seeds, each a multiple of a bowl."""
    return [snapshot(lambda a, b, by=factor: by * (0.1 + a * a + b * b)) for factor in factors]


def test_the_band_over_seeds_is_one_standard_deviation_of_the_heights():
    shots = rows_of([1.0, 2.0, 8.0])
    found = [relief(shot, Style()) for shot in shots]
    told = np.frombuffer(
        b64decode(profile(("net", shots), found, 0, Style())["data"][1]["customdata"]["bdata"]),
        "<f4",
    ).reshape(-1, 2)
    logs = np.log10([1.0, 2.0, 8.0])
    np.testing.assert_allclose(told[:, 1], 10 ** logs.std(ddof=1), rtol=1e-5)  # a factor
    assert told[8, 0] == pytest.approx(0.1 * 10 ** logs.mean(), rel=1e-5)  # the geometric mean
    assert EXPLAINED["seeds"].sentence.startswith(f"How far the picture depends on directions: {SEEDS} planes")
    assert "band of one standard deviation, which on a logarithmic scale is a factor" in said("seeds")
    assert len(ViewState(models=("vgg9",)).neighbours()) == SEEDS
    figure = axes([("net", shots)], "loss", scale(np.array([0.0, 1.0]), Style()), Style())
    assert "mean over 3 seeds, band: one standard deviation" in figure["xaxis"]["title"]["text"]
    assert seeds([("net", shots)], Style())["layout"]["annotations"]


def test_the_band_over_directions_is_one_standard_deviation_of_the_heights():
    line = replace(ViewState(points=17).lattice(), y=(0, 0))
    shots = []
    for factor in (1.0, 3.0):
        asked = Survey(query(), line)
        shot = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 17, 17))
        shot.loss[0], shot.known[:] = factor * (0.1 + line.coordinates("x") ** 2), True
        shots.append(shot)
    *_, curve = spread(shots, {"name": "loss"}, {"color": "#000000"}, Style())
    told = np.frombuffer(b64decode(curve["customdata"]["bdata"]), "<f4").reshape(-1, 2)
    np.testing.assert_allclose(told[:, 1], 10 ** np.log10([1.0, 3.0]).std(ddof=1), rtol=1e-5)
    assert "s^{2} = 1/(k − 1) Σ_{j} (h_{j} − m)^{2}" in said("count")


def test_a_minimum_is_faint_below_so_many_standard_errors_as_the_help_says():
    assert f"less than {NOISE:g} standard errors higher" in said("depth")
    assert f"at least {NOISE:g} standard errors higher" in MINIMA
    assert "f(saddle) − f(minimum)" in said("depth")


def test_fast_arithmetic_is_checked_at_as_many_points_and_given_up_above_what_the_help_says():
    assert f"above {100 * LIMIT:g} %" in said("precision")
    assert dtype_of("exact", torch.device("cpu")) is torch.float32
    assert (torch.finfo(torch.float32).eps / 2, torch.finfo(torch.bfloat16).eps / 2) == (2**-24, 2**-8)
    assert "2^{−24} (float32), 2^{−8} (bfloat16)" in said("precision")
    assert facts.PRECISIONS["exact"] == "float32"
    assert dtype_of("reference", torch.device("cpu")) is torch.float64


def test_the_tolerance_is_a_share_of_the_range_of_log_loss_or_of_the_loss_below_zero():
    for bottom, height in ((0.1, "log-loss"), (-0.5, "loss")):
        shot = snapshot(lambda a, b, low=bottom: low + a * a + b * b)
        shot.interpolated[0, 0] = True
        assert facts.interpolated(shot, 0.01).endswith(f"an estimated 1 % of the range of {height}")
    assert "log f̂ − log f| ≲ τ (max log f − min log f)" in said("tolerance")


@pytest.mark.parametrize(
    ("count", "words"), [(0, "no point"), (1, "less than 1 %"), (144, "50 %"), (288, "more than 99 %"), (289, "100 %")]
)
def test_a_share_of_the_points_is_neither_rounded_to_nothing_nor_to_all(count, words):
    shot = snapshot()
    shot.interpolated.flat[:count] = True
    assert facts.interpolated(shot, 0.01).startswith(words)
    assert facts.marked(shot).startswith("" if not count else words)


def test_lines_lie_from_zero_to_one_and_go_on_beyond_as_far_as_asked():
    ends = ProfileState(beyond=0.25).between().coordinates("x")[[0, -1]]
    assert ends.tolist() == [-0.25, 1.25]
    assert "−b ≤ α ≤ 1 + b" in said("beyond")
    assert "the first network lies at 0 and the second at 1" in said("ends")


def test_recomputed_statistics_are_of_as_many_examples_as_the_help_says():
    assert f"mean over {CALIBRATION} examples" in said("statistics")


def test_accuracy_is_the_share_of_right_answers():
    mask = np.full((8, 8), False)
    mask[0, 0] = True
    block = BlockValues.of(mask, np.arange(4), np.ones((1, 4)), np.array([[True, True, True, False]]))
    assert summary([block], Mean()).accuracy[0, 0] == 0.75
    assert "1[argmax = y_{i}]" in said("curves")


def test_curvature_changes_with_the_spacing_and_its_note_says_so():
    def line(level):
        asked = Survey(query(), Lattice(level, (-(2**level), 2**level)))
        shot = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 0, asked.lattice.size))
        shot.loss[0], shot.known[:] = asked.lattice.coordinates("x") ** 4, True
        return next(one for one in readings(shot) if one.name.startswith("Curvature"))

    assert [line(level).value for level in (2, 3)] == pytest.approx([2 / 16, 2 / 64])  # the second derivative is 0
    assert "at the spacing 0.25" in line(2).note
    for words in (line(2).note, said("line points")):
        assert "no eigenvalue of the Hessian" in words


def test_a_rescaled_network_computes_the_same():
    w1, w2 = np.random.default_rng(0).normal(size=(2, 4, 4))
    x, a = np.random.default_rng(1).normal(size=4), 4.0
    np.testing.assert_allclose(w2 / a @ np.maximum(a * w1 @ x, 0), w2 @ np.maximum(w1 @ x, 0))
    assert "W_{1} ← a W_{1},  W_{2} ← W_{2} / a" in said("factor")


def test_the_notes_of_the_numbers_state_the_limits_that_are_used():
    rows = {row.name: row for row in indicators(replace(snapshot(), z=np.full((17, 17), np.nan)))}
    assert f"Plane below loss {LOW:g}" in rows
    assert f"Sharpness within {NEAR:g}" in rows
    assert f"at least {NOISE:g} standard errors" in rows["Minima above sampling noise"].note
    assert "eight neighbours" in rows["Local minima"].note


def test_the_marks_are_drawn_as_the_help_says():
    shot = snapshot()
    assert contour(shot, Style())["data"][-1]["marker"]["symbol"] == "cross"
    ring = surface(shot, Style())["data"][1]["marker"]["line"]
    assert (ring["color"], ring["width"]) == ("#ffffff", 2)
    assert "at (0, 0): a white cross on a map, a white ring on a surface" in MARKS["model"]
    assert contour(shot, Style())["data"][-1]["x"] == contour(shot, Style())["data"][-1]["y"] == [0]
    for hole in (np.nan, np.inf, -1.0):
        holed = snapshot(lambda a, b, bad=hole: np.where((a > 0) & (b > 0), bad, 1.0))
        assert np.isnan(relief(holed, Style()).z[-1, -1])
    assert FLOOR < 1e-6


def test_the_keys_select_as_many_panels_as_there_are():
    (pressed,) = [keys for keys, does in KEYS if does == "Select a panel"]
    assert pressed == tuple(str(number + 1) for number in range(PANELS))


def test_a_plane_is_a_slice_of_thousands_of_dimensions():
    assert min(card.parameters for card in cards((ROOT / "data" / "gallery",))) > 1000
    assert "thousands of dimensions" in HINT
    assert "two random directions" in HINT


def test_the_badge_gives_the_standard_error_at_the_median_point():
    shot = snapshot()
    shot.error[:] = np.arange(shot.error.size).reshape(shot.error.shape)
    told = shot.measured()
    assert told.progress.standard_error == np.median(shot.error)
    assert "at the median of all points" in RESTING
    assert facts.error(told).startswith(f"{number(np.median(shot.error), 2)} at the median")


def test_a_test_error_says_of_what_it_is_only_where_that_is_no_class():
    assert facts.tested(CARD) == "test error 1.4 %"
    assert facts.tested(replace(CARD, answers="next symbols")) == "test error 1.4 %, answers are next symbols"


ELSEWHERE = {
    "plane": "tests/compute/numerics/test_trajectories.py: the axes are the first principal components",
    "skip": "states no number but i ≥ k, the control's own",
    "split": "states no number but that of its sum",
    "seed": "tests/compute/numerics/test_directions.py: equal seeds, equal directions; N(0, I)",
    "along": "tests/compute/numerics/test_lines.py: θ(α) at 0 and at 1",
    "raw": "tests/viewer/test_lines.py: the range of raw directions",
    "weights": "tests/test_batches.py: the norm of all parameters",
    "wireframe": "states no number",
    "look": "states no number",
    "floor": "states no number",
    "marks": "states no number",
}
"""Explanations that this file has no test of, and why."""


def test_every_explanation_that_states_a_number_has_a_test():
    source = Path(__file__).read_text()
    tested = set(re.findall(r'said\("([a-z ]+)"\)', source)) | {"samples", "errors"}
    stating = {name for name, told in EXPLAINED.items() if NUMBER.search(told.sentence + told.formula)}
    assert stating <= tested | set(ELSEWHERE)
    assert set(EXPLAINED) <= tested | set(ELSEWHERE)
    files = {words.partition(":")[0] for words in ELSEWHERE.values() if words.startswith("tests/")}
    assert all((ROOT / file).is_file() for file in files)
