"""What the page says of a surface, that it is done and how many minima it has, comes with the figure that shows it."""

import pytest
from playwright.sync_api import expect

from compute.minima import minima

pytestmark = pytest.mark.browser

NEWS = "() => atlas.news.get(document.querySelector('.panel').dataset.survey)"


def test_done_and_the_count_of_minima_come_with_the_figure(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet56-noshort&points=33&range=2&view=contour")
    standing, count = (atlas.page.locator(f".panel .{name}").first for name in ("standing", "minima"))
    atlas.page.locator(".panel[data-survey]:not([data-survey=''])").first.wait_for()
    atlas.service.step(22)
    expect(count).to_have_text("… minima")
    held = []
    atlas.page.route("**/api/figure/**", lambda route: held.append(route))
    with atlas.page.expect_request("**/api/figure/**"):
        atlas.service.release()
    atlas.wait(f"() => ({NEWS})()?.state === 'done'")
    expect(standing).to_have_text("33 × 33 · drawing")
    expect(count).to_have_text("… minima")
    expect(atlas.page.locator(".job-text")).to_have_text("Drawing")
    atlas.page.unroute("**/api/figure/**")  # which lets those go that are held
    atlas.settle()
    expect(standing).to_have_text("33 × 33 · done")
    (survey,) = (atlas.service.survey(name) for name in atlas.service.jobs)
    found = minima(atlas.service.snapshot(survey))
    assert len(found) > 1
    expect(count).to_have_text(found.count)


def test_numbers_that_more_points_may_change_are_dots(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet56-noshort&points=17&view=numbers")
    atlas.page.locator(".panel[data-survey]:not([data-survey=''])").first.wait_for(state="attached")
    atlas.service.step(12)
    row = atlas.page.locator("#numbers table").get_by_role("row").filter(has_text="Local minima").locator("td").first
    row.wait_for()
    expect(row).to_have_text("…")
    atlas.service.release()
    expect(row).not_to_have_text("…")
    assert int(row.inner_text()) >= 1


def test_a_panel_whose_badges_take_another_line_while_it_is_drawn_comes_to_rest(atlas):
    atlas.open("?models=resnet20,holes&view=both&points=9")
    atlas.settle(2)
    drawings = atlas.page.evaluate("atlas.drawings")
    atlas.page.wait_for_timeout(2_000)
    assert atlas.page.evaluate("atlas.drawings") == drawings
    atlas.settle(2)
