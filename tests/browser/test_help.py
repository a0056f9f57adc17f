import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from dash import Dash
from dash_mantine_components import MantineProvider
from playwright.sync_api import expect
from werkzeug.serving import make_server

from compute.settings import ROOT
from viewer.app import document
from viewer.explained import EXPLAINED
from viewer.pages.explain import explained

pytestmark = pytest.mark.browser

FIRST = (
    "if (!sessionStorage.getItem('been')) localStorage.removeItem('atlas.hint'); sessionStorage.setItem('been', 'yes')"
)
"""Makes the tab's first page, and no later one, that of somebody who was never here."""
SHIFTS = (
    "window.shifts = []; new PerformanceObserver((list) => list.getEntries().forEach((entry) => "
    "shifts.push(entry.value))).observe({ type: 'layout-shift', buffered: true });"
)
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def sized(atlas, size):
    width, height = SIZES[size]
    atlas.page.set_viewport_size({"width": width, "height": height})


def covers(box, node):
    x, y = node["x"] + node["width"] / 2, node["y"] + node["height"] / 2
    return box["x"] <= x <= box["x"] + box["width"] and box["y"] <= y <= box["y"] + box["height"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("runs", ["resnet20", "resnet20,vgg9,mlp,resnet56"])
def test_the_first_visit_is_told_what_it_sees_and_nothing_moves_when_it_has_understood(atlas, size, runs):
    sized(atlas, size)
    atlas.page.add_init_script(FIRST)
    atlas.open()
    hint = atlas.page.get_by_role("note", name="What you are looking at")
    expect(hint).to_have_count(0)  # hidden while there is nothing to look at
    atlas.open(f"?models={runs}&points=9")
    expect(hint).to_have_count(0)  # somebody who came again, for the first page was another
    atlas.page.evaluate("sessionStorage.clear()")
    atlas.page.reload()
    panels = len(runs.split(","))
    atlas.settle(panels)
    expect(hint).to_be_visible()
    figures = [atlas.figure(slot=slot).bounding_box() for slot in range(panels)]
    seen = [box for box in figures if box["y"] + box["height"] <= SIZES[size][1] - 52]
    assert seen
    assert not any(covers(hint.bounding_box(), box) for box in seen)
    hint.get_by_role("button", name="Got it").click()
    expect(hint).to_have_count(0)
    expect(atlas.page.locator(".panel").first).to_be_focused()
    assert [atlas.figure(slot=slot).bounding_box() for slot in range(panels)] == figures
    atlas.page.reload()
    atlas.settle(panels)
    expect(hint).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_help_opens_from_the_header_and_gives_the_focus_back(atlas, size):
    sized(atlas, size)
    atlas.open()
    button = atlas.page.get_by_role("button", name="Help", exact=True)
    shown = atlas.page.get_by_role("dialog", name="Help")
    for close in (lambda: atlas.page.keyboard.press("Escape"), shown.get_by_role("button", name="Close help").click):
        button.click()
        expect(shown).to_be_visible()
        assert shown.locator("h3").all_inner_texts() == ["What you see", "What the marks mean", "Keys", "Papers"]
        box = shown.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SIZES[size][0]
        close()
        expect(shown).to_be_hidden()
        expect(button).to_be_focused()
    button.click()
    atlas.page.mouse.click(5, 400)  # beside it
    expect(shown).to_be_hidden()


def test_nothing_shifts_from_the_first_byte_to_the_finished_panels(atlas):
    atlas.page.add_init_script(SHIFTS)
    atlas.service.hold()
    atlas.open("?models=resnet20,vgg9&view=both&seed=21")
    atlas.service.step(8)
    atlas.wait("() => document.querySelector('.figure.surface').data")
    atlas.service.release()
    atlas.settle(2)
    assert sum(atlas.page.evaluate("shifts")) < 0.02


def test_progress_is_said_at_its_beginning_and_end_only(atlas):
    atlas.service.hold()
    atlas.open()
    atlas.page.evaluate(
        "() => { window.said = []; const region = document.getElementById('announcer');"
        "new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true }); }"
    )
    atlas.choose("resnet20")
    atlas.service.step(6)
    atlas.wait("() => said.length === 1")
    atlas.service.release()
    atlas.settle()
    atlas.wait("() => said.length === 2")
    assert atlas.page.evaluate("said") == ["ResNet-20: computing", "ResNet-20: done"]
    chatting = "(nodes) => nodes.filter((node) => node.textContent.includes('%')).length"
    assert atlas.page.get_by_role("status").evaluate_all(chatting) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_is_found_that_is_serious(atlas, scheme):
    atlas.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    atlas.page.add_init_script(FIRST)
    atlas.open()
    assert barriers(atlas.page) == []
    atlas.open("?models=resnet20,holes&view=both&points=9")
    atlas.settle(2)
    assert barriers(atlas.page) == []
    atlas.page.get_by_text("Numbers", exact=True).click()
    atlas.page.locator("#numbers td").first.wait_for()
    assert barriers(atlas.page) == []
    atlas.page.keyboard.press("Escape")
    atlas.page.get_by_role("button", name="Help", exact=True).click()
    assert barriers(atlas.page) == []
    atlas.page.keyboard.press("Escape")
    sized(atlas, "phone")
    atlas.page.get_by_role("button", name="Controls", exact=True).click()
    atlas.page.wait_for_function("() => getComputedStyle(document.getElementById('controls')).visibility === 'visible'")
    assert barriers(atlas.page) == []


def barriers(page):
    """What axe-core finds to keep somebody out, with the element it found."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")]


def test_what_moves_stands_still_for_whoever_asks_for_it(atlas):
    atlas.page.emulate_media(reduced_motion="reduce")
    atlas.open("?models=resnet20&points=9")
    moving = atlas.page.evaluate(
        "[...document.querySelectorAll('*')].filter((node) => getComputedStyle(node).transitionDuration.split(', ')"
        ".some((time) => parseFloat(time) > 0)).map((node) => node.className)"
    )
    assert moving == []


@pytest.fixture(scope="module")
def controls():
    """The address of a page that holds every explanation."""
    app = Dash("viewer", assets_folder=str(ROOT / "assets"), assets_ignore=r".*\.js")
    app.index_string = document(app.index_string)
    app.layout = MantineProvider([explained(name) for name in EXPLAINED])
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()


def test_a_question_mark_explains_its_control_by_mouse_and_by_key(atlas, controls):
    page = atlas.page
    page.goto(controls)
    for name, way in (("points", "click"), ("norm", "Enter"), ("cosine", " ")):
        told = EXPLAINED[name]
        button = page.get_by_role("button", name=f"About {told.title.lower()}", exact=True)
        button.click() if way == "click" else button.press(way)
        shown = page.get_by_role("dialog")
        expect(shown).to_be_visible()
        expect(shown.locator("p").first).to_have_text(told.sentence)
        expect(shown).to_be_focused()
        page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
        expect(button).to_be_focused()
    box = button.bounding_box()
    assert (box["width"], box["height"]) == (24, 24)
    button.click()
    expect(shown.locator(".formula sub")).to_have_text(["f"] * 5)
    assert barriers(page) == []
