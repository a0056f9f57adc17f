import json

import pytest
from plotly.utils import PlotlyJSONEncoder

from compute.errors import UnknownName
from viewer.explained import EXPLAINED
from viewer.help import HINT, KEYS
from viewer.pages.explain import explained, formula

CONTROLS = (
    *("quantity", "height", "colours", "levels", "smoothing", "wireframe", "floor", "scale", "difference"),
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
