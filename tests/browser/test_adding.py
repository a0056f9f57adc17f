"""Surfaces of others, from a file in the browser to a panel beside a network's."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from compute.settings import IMPORT_LIMIT
from tests.compute.store.test_imports import as_the_public_code_does, hdf5

pytestmark = pytest.mark.browser

AXIS = np.linspace(-1, 1, 21)
BOX = 3.5 - np.cos(4 * np.pi * AXIS)[None, :] - np.cos(4 * np.pi * AXIS[::2])[:, None] + 0.1 * AXIS[None, :]
"""An egg box of 3 × 3 minima inside, and 16 at the edge."""


def egg_box():
    """As the public code fills a file with unequal sides."""
    return hdf5(xcoordinates=AXIS, ycoordinates=AXIS[::2], test_loss=BOX.reshape(21, 11))


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def give(atlas, *files):
    with atlas.page.expect_file_chooser() as chooser:
        atlas.page.get_by_role("button", name="Add a model or surface").click()
    chooser.value.set_files(files)


@pytest.fixture
def empty(atlas):
    """An atlas without imports."""
    atlas.service.shelf = None
    return atlas


def test_a_map_of_others_is_shown_and_wandered_over_beyond_the_reach_of_the_axes(empty, tmp_path):
    axes = np.linspace(-5, 40, 21), np.linspace(-10, 30, 21)
    bowl = 0.1 + 0.01 * np.add.outer(axes[1] ** 2, axes[0] ** 2)
    ranges = "(node) => [...node._fullLayout.xaxis.range, ...node._fullLayout.yaxis.range]"
    empty.open("?view=contour&points=9")
    give(empty, written(tmp_path, "wide.h5", hdf5(xcoordinates=axes[0], ycoordinates=axes[1], train_loss=bowl)))
    empty.settle()
    assert empty.ask(ranges, "contour") == [-5, 40, -10, 30]
    box = empty.figure("contour").locator(".nsewdrag").bounding_box()
    empty.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5)
    for _ in range(8):
        empty.page.mouse.wheel(0, -300)
    empty.page.wait_for_function("() => location.search.includes('window')")
    empty.page.wait_for_timeout(400)
    empty.settle()
    seen = empty.ask(ranges, "contour")
    assert seen[0] > 8
    empty.choose("resnet20")
    empty.settle(2)
    empty.page.reload()
    empty.settle(2)
    np.testing.assert_allclose(empty.ask(ranges, "contour"), seen, rtol=1e-5)


def test_a_surface_of_others_opens_beside_a_networks_and_hovering_tells_its_very_losses(empty, tmp_path):
    empty.open("?models=resnet20&view=contour&points=17")
    empty.settle()
    give(empty, written(tmp_path, "Egg box.h5", egg_box()))
    empty.settle(2)
    panel = empty.page.locator('.panel[data-run="import:egg-box"]')
    assert panel.locator("h2").inner_text() == "egg-box"
    assert panel.locator(".meta").inner_text() == "imported · test set, for want of the training set · Egg box.h5"
    assert panel.locator(".standing").inner_text() == "21 × 11 · done"
    assert not panel.locator(".resting").is_visible()
    card = empty.page.locator('.card[data-run="import:egg-box"]')
    assert card.get_attribute("aria-pressed") == "true"
    assert card.locator(".meta").inner_text() == "21 × 11 · imported"
    box = empty.figure("contour", 1).locator(".nsewdrag").bounding_box()
    empty.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    empty.page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + box["height"] * 0.3, steps=3)
    reading = panel.locator(".reading")
    expect(reading).to_contain_text(re.compile(r"α 0\.7 .*β 0\.4"))  # the mouse has come to rest
    alpha, beta, loss = (float(number) for number in re.findall(r"-?[0-9.]+", reading.inner_text())[:3])
    column, row = np.argmin(np.abs(AXIS - alpha)), np.argmin(np.abs(AXIS[::2] - beta))
    assert loss == pytest.approx(BOX[row, column], rel=0.005)
    told = empty.figure("contour", 1).locator(".hoverlayer text").first.text_content()
    assert float(re.search(r"loss ([0-9.]+)", told).group(1)) == pytest.approx(BOX[row, column], rel=1e-3)


def test_a_link_reopens_it_and_its_minima_are_counted(empty):
    empty.service.take_in("Egg box.h5", egg_box())
    empty.open("?models=resnet20,import:egg-box&split=test&points=9&height=log")
    empty.settle(2)
    assert (
        empty.page.locator('.panel[data-run="import:egg-box"] .meta').inner_text() == "imported · test set · Egg box.h5"
    )
    drawn = """(node) => {
      const { z, meta: { every: [rows, columns] } } = node._fullData[0];
      const every = (values, step) => [...values].filter((_, place) => place % step === 0);
      return every(z, rows).map((row) => every(row, columns));
    }"""
    np.testing.assert_allclose(empty.ask(drawn, slot=1), np.log10(BOX), atol=1e-6)
    empty.page.get_by_text("Numbers", exact=True).click()
    minima = empty.page.locator("#numbers").get_by_role("row").filter(has_text="Local minima").locator("td")
    expect(minima.nth(1)).to_have_text("25")  # 9 of them inside
    assert "models=resnet20,import:egg-box" in empty.page.url


DROP = """(node, [bytes, name]) => {
 const files = new DataTransfer();
 files.items.add(new File([new Uint8Array(bytes)], name));
 const event = (kind) => new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true });
 if (node.dispatchEvent(event('dragover'))) throw new Error('the browser would open the file');
 if (!document.querySelector('.add[data-over]')) throw new Error('nothing shows where it goes');
 node.dispatchEvent(event('drop'));
}"""
"""Drops a file on an element."""


def test_a_file_dropped_on_the_page_is_taken_in_and_the_same_one_only_once(empty):
    empty.open()
    content = list(as_the_public_code_does(5, 5)[0])
    for name in ("bowl.h5", "again.h5"):
        empty.page.locator("#stage").evaluate(DROP, [content, name])
        empty.settle()
    assert empty.page.locator(".add[data-over]").count() == 0
    assert empty.page.locator('.card[data-run^="import:"]').count() == 1
    assert empty.page.url.endswith("?models=import:bowl")
    empty.page.locator('.card[data-run="import:bowl"]').click()
    empty.page.get_by_role("heading", name="Choose a network").wait_for()


def test_a_file_that_is_no_surface_is_a_sentence_and_opens_nothing(empty, tmp_path):
    empty.open("?models=resnet20&points=9")
    empty.settle()
    huge = written(tmp_path, "huge.h5", b"\0" * (IMPORT_LIMIT + 1))
    give(empty, written(tmp_path, "notes.txt", b"hello"), huge)
    empty.page.get_by_text("notes.txt: A surface needs two axes").wait_for()
    empty.page.get_by_text("An import should have at most 64 MiB, huge.h5 has more").wait_for()
    assert empty.page.locator(".panel:not([hidden])").count() == 1
    assert empty.page.locator("#add").get_attribute("aria-busy") == "false"
    give(empty, written(tmp_path, "Egg box.h5", egg_box()))
    empty.settle(2)
    assert empty.page.locator("#refused *").count() == 0


def test_it_is_removed_after_a_question_and_its_panel_is_closed(empty, tmp_path):
    empty.service.take_in("bowl.h5", as_the_public_code_does(5, 5)[0])
    empty.open("?models=resnet20&points=9")
    empty.settle()
    give(empty, written(tmp_path, "Egg box.h5", egg_box()))
    empty.settle(2)
    questions, answers = [], iter([False, True])

    def answer(question):
        questions.append(question.message)
        (question.accept if next(answers) else question.dismiss)()

    empty.page.on("dialog", answer)
    remove = empty.page.get_by_role("button", name="Remove egg-box")
    remove.click()
    assert empty.page.locator(".panel:not([hidden])").count() == 2
    remove.click()
    expect(empty.page.locator('.card[data-run^="import:"]')).to_have_count(1)
    empty.settle(1)
    assert questions == ["Remove this surface? The copy of its numbers that was imported is deleted."] * 2
    assert empty.page.url.endswith("?models=resnet20&points=9")
    assert [each.run for each in empty.service.shelf.cards()] == ["import:bowl"]
    expect(empty.page.locator('.card[data-run="resnet20"]')).to_have_attribute("aria-pressed", "true")


def test_what_is_gone_already_is_a_sentence_and_the_cards_tell_what_is_left(empty):
    run = empty.service.take_in("bowl.h5", as_the_public_code_does(5, 5)[0])
    empty.open()
    empty.service.remove(run)
    empty.page.once("dialog", lambda question: question.accept())
    empty.page.get_by_role("button", name="Remove bowl").click()
    expect(empty.page.locator("#refused")).to_contain_text("There is no imported surface 'import:bowl'")
    expect(empty.page.locator('.card[data-run^="import:"]')).to_have_count(0)


def test_it_is_reached_by_keyboard_and_on_a_phone(empty, tmp_path):
    empty.page.set_viewport_size({"width": 390, "height": 844})
    empty.open()
    empty.page.get_by_role("button", name="Show the models").click()
    button = empty.page.get_by_role("button", name="Add a model or surface")
    button.focus()
    with empty.page.expect_file_chooser() as chooser:
        button.press("Enter")
    chooser.value.set_files(written(tmp_path, "bowl.h5", as_the_public_code_does(5, 5)[0]))
    empty.settle()
    assert empty.page.evaluate("document.documentElement.scrollWidth") == 390
