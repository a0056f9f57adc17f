import json

import pytest
from plotly.utils import PlotlyJSONEncoder

from compute.deviation import LIMIT
from compute.errors import UnknownName
from compute.jobs.checks import spot_checks
from compute.jobs.predict import owned
from compute.lattice import Lattice
from viewer.explained import EXPLAINED, explanation
from viewer.help import HINT, KEYS
from viewer.pages.explain import explained, formula
from viewer.pages.panels import ARITHMETIC, RESTING

CONTROLS = (
    *("quantity", "height", "colours", "levels", "smoothing", "look", "wireframe", "floor", "scale", "difference"),
    *("depth", "points", "range", "split", "samples", "statistic", "norm", "seed", "cosine", "seeds"),
    *("tolerance", "marks", "precision"),
    *("plane", "skip", "ignore", "through", "margin"),
    *("along", "ends", "statistics", "curves", "errors", "beyond", "line points", "count", "raw", "factor", "weights"),
)


def test_every_control_is_explained():
    assert sorted(EXPLAINED) == sorted(CONTROLS)


@pytest.mark.parametrize("name", CONTROLS)
def test_an_explanation_is_one_sentence_with_its_formula(name):
    told = EXPLAINED[name]
    assert told.sentence[0].isupper()
    assert told.sentence.endswith(".")
    assert ". " not in told.sentence
    assert told.formula or name == "marks"
    drawn = json.dumps(explained(name), cls=PlotlyJSONEncoder, ensure_ascii=False)
    assert f"About {told.title[0].lower()}{told.title[1:]}" in drawn
    assert told.sentence in drawn
    assert "_{" not in drawn
    assert "^{" not in drawn


def test_what_stands_below_and_above_the_line_is_set_so_and_nothing_is_lost():
    parts = formula("δ_{f} ← ‖w_{f}‖^{2}")
    assert "".join(part if isinstance(part, str) else part.children for part in parts) == "δf ← ‖wf‖2"
    assert [type(part).__name__ for part in parts if not isinstance(part, str)] == ["Sub", "Sub", "Sup"]


def test_an_unknown_control_is_refused_by_a_sentence():
    with pytest.raises(UnknownName, match="Unknown explanation 'taste': choose one of along"):
        explained("taste")


def test_the_hint_has_three_sentences_and_no_key_does_two_things():
    assert HINT.count(". ") == 2
    pressed = [key for keys, _ in KEYS for key in keys]
    assert len(pressed) == len(set(pressed))


def test_what_is_said_of_fast_arithmetic_names_its_limit():
    assert f"above {100 * LIMIT:g} %" in explanation("precision").sentence
    assert f"Above {100 * LIMIT:g} %" in ARITHMETIC


def test_what_is_said_of_spot_checks_is_how_many_there_are():
    assert "one in fifty as a check" in explanation("tolerance").sentence
    lattice = Lattice.spanning(7, (-1, 1), (-1, 1))
    assert spot_checks(lattice, 7).sum() / owned(lattice, 7).sum() == pytest.approx(1 / 50, rel=0.35)


def test_the_badge_says_that_the_median_is_of_all_points():
    assert "at the median of all points, interpolated ones by their neighbours" in RESTING
