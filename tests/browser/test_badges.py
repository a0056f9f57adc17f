"""What a panel's badges say of numbers is what was measured, in the unit of what is drawn."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

FAST = {"linear": 0.0123, "log": 0.004, "linear_at_model": 0.0001, "log_at_model": 0.00002}
TELL = """(news) => {
 const survey = document.querySelector('.panel').dataset.survey;
 atlas.news.set(survey, { ...atlas.news.get(survey), ...news });
 atlas.report();
}"""


@pytest.mark.parametrize(
    ("query", "news", "words"),
    [
        ("", {"fast_error": FAST}, "bfloat16 ± 0.4 %, 0.002 % at the model"),
        ("&height=linear", {"fast_error": FAST}, "bfloat16 ± 1.2 %, 0.01 % at the model"),
        ("&height=linear", {"fast_error": FAST | {"linear_at_model": None}}, "bfloat16 ± 1.2 %"),
        ("", {"fast_error": FAST, "fell_back": True}, "float32: bfloat16 too inaccurate"),
    ],
)
def test_the_error_of_fast_arithmetic_is_told_in_the_unit_that_is_drawn(atlas, query, news, words):
    atlas.open("?models=resnet20&points=9" + query)
    atlas.settle()
    atlas.page.evaluate(TELL, news)
    expect(atlas.page.locator(".panel .badge.arithmetic").first).to_have_text(words)


def test_steps_of_preparation_that_were_left_out_are_named_in_the_tooltip(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    badge = atlas.page.locator(".panel .badge.arithmetic").first
    expect(badge).to_be_hidden()
    atlas.page.evaluate(TELL, {"left_out": ["fold_batchnorm", "channels_last"]})
    expect(badge).to_have_text("steps left out")
    sentence = "Left out, because the network would give another loss or fail: fold_batchnorm, channels_last."
    expect(badge).to_have_attribute("title", sentence)
    atlas.page.evaluate(TELL, {"left_out": []})
    expect(badge).to_be_hidden()
    expect(badge).to_have_attribute("title", "")
