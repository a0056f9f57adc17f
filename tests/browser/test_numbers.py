"""Every number that a page shows is in one format: 98.4 %, −0.5, 1,437, and powers of ten as 2·10⁷."""

import re

import pytest
from playwright.sync_api import expect

from compute import formatting

pytestmark = pytest.mark.browser

WORDS = """() => {
 const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
 const found = [];
 for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  if (!text.parentElement.closest('script, style, [id^="_dash"], .cards, code')) found.push(text.data);
 }
 for (const node of document.querySelectorAll('[title], [aria-label], [aria-valuetext]')) {
  if (!node.closest('.cards')) found.push(node.title || '', node.ariaLabel || '', node.ariaValueText || '');
 }
 for (const { data, layout } of [...document.querySelectorAll('.figure')].filter((node) => node.data)) {
  const axes = Object.entries(layout).filter(([name]) => /^[xyz]axis/.test(name)).map(([, axis]) => axis);
  for (const { title, ticktext } of [...axes, ...Object.values(layout.scene || {})]) {
   found.push((title || {}).text || '', ...(ticktext || []));
  }
  for (const { colorbar, marker } of data) found.push(...(((marker || {}).colorbar || colorbar || {}).ticktext || []));
  for (const { text } of layout.annotations || []) found.push(text);
 }
 return found.map((text) => text.replace(/<[^>]*>/g, ' ')).filter((text) => /\\d/.test(text));
}"""
"""Texts that one reads, those that Plotly draws in WebGL as well; names of networks and their data besides."""
WRONG = {
    "no space before %": re.compile(r"\d%"),
    "a hyphen for a minus": re.compile(r"(?<![\w\d)@/.])-\d"),
    "no comma in thousands": re.compile(r"(?<![\d.,#\w:×/])(?!(?:19|20)\d\d\b)\d{4,}(?![\w.])"),
    "an exponent after e": re.compile(r"\de[+-]?\d"),
}
PAGES = {
    "?models=resnet56-noshort,vgg9&view=both&points=17": 2,
    "?models=resnet56&view=surface&points=17&height=clipped&quantity=accuracy": 1,
    "?models=resnet56,mlp&view=contour&points=17&window=-0.5,1,-1,-0.25&compare=difference": 2,
    "?models=resnet56,mlp&view=numbers&points=17&samples=256": 2,
    "profile/?models=resnet20,resnet56&view=line&points=33&height=linear": 3,
    "profile/?models=vgg9,mlp&view=direction&points=33&seeds=3": 2,
    "trajectory/?models=resnet20,resnet56&points=17": 1,
    "trajectory/?models=vgg9&points=17&plane=random&view=surface": 1,
}


@pytest.mark.parametrize("query", PAGES)
def test_numbers_on_a_page_are_in_one_format(atlas, query):
    atlas.open(query)
    expect(atlas.page.locator(".panel:not([hidden])")).to_have_count(PAGES[query])
    atlas.wait(
        "() => [...document.querySelectorAll('.figure')].filter((node) => node.clientWidth).every((node) => node.data)"
        " && document.querySelector('#job').dataset.state === 'idle'"
    )
    read = atlas.page.evaluate(WORDS)
    assert len(read) > 20
    assert {(why, text) for text in read for why, wrong in WRONG.items() if wrong.search(text)} == set()


LABELS = """async (node) => {
 const curveNumber = node.data.findLastIndex(({ hovertemplate }) => hovertemplate);
 window.Plotly.Fx.hover(node, [{ curveNumber, pointNumber: 0 }]);
 await new Promise(requestAnimationFrame);
 return [...node.querySelectorAll('.hoverlayer text')].map(({ textContent }) => textContent);
}"""


@pytest.mark.parametrize("query", [query for query in PAGES if "profile" in query or "trajectory" in query])
def test_tooltips_of_charts_are_in_the_same_format(atlas, query):
    atlas.open(query)
    charts = atlas.page.locator(".figure:not(.surface):visible")
    atlas.wait("() => document.querySelector('#job').dataset.state === 'idle'")
    atlas.wait(
        "() => [...document.querySelectorAll('.figure:not(.surface)')].some((node) => node.data && node.data.length)"
    )
    read = []
    for chart in charts.all():
        if chart.evaluate("(node) => (node.data || []).some(({ hovertemplate }) => hovertemplate)"):
            read += chart.evaluate(LABELS)
    assert read
    assert {(why, text) for text in read for why, wrong in WRONG.items() if wrong.search(text)} == set()


def test_scripts_write_numbers_as_python_does(atlas):
    atlas.open()
    values = [
        0,
        -0.0,
        1437,
        -1437.4,
        0.984,
        12345.678,
        99999.9,
        999999,
        1e6,
        2.5e7,
        -1e-5,
        9.99e-5,
        5e-324,
        1.7e308,
        9.9996,
    ]
    for digits in (2, 3, 4, 6):
        told = atlas.page.evaluate(
            "([values, digits]) => values.map((one) => atlas.number(one, digits))", [values, digits]
        )
        assert told == [formatting.number(value, digits) for value in values]
    told = atlas.page.evaluate("() => [NaN, Infinity, -Infinity].map((one) => atlas.number(one))")
    assert told == [formatting.number(float(text)) for text in ("nan", "inf", "-inf")]
    shares = [0.984, 0.05, 1, -0.0123, 0]
    told = atlas.page.evaluate(
        "(shares) => shares.map((share) => [atlas.percent(share), atlas.percent(share, 0)])", shares
    )
    assert told == [[formatting.percent(share), formatting.percent(share, 0)] for share in shares]


@pytest.mark.parametrize(
    ("plotly", "page"),
    [
        ("loss 1.5e-7", "loss 1.5·10⁻⁷"),
        ("α -0.5   β 0.25", "α −0.5   β 0.25"),
        ("2e+12, s.e. 3e+4", "2·10¹², s.e. 3·10⁴"),
        ("accuracy 98.4%", "accuracy 98.4 %"),
        ("ResNet-20, epoch 5", "ResNet-20, epoch 5"),
        ("(-1, -0.25)", "(−1, −0.25)"),
        ("vgg9-sgd-bs128", "vgg9-sgd-bs128"),
    ],
)
def test_tooltips_of_plotly_are_rewritten(atlas, plotly, page):
    atlas.open()
    assert atlas.page.evaluate("(text) => atlas.withNumbers(text)", plotly) == page
