"""What hovering over a surface or a map tells is of that very point: tooltip, footer and store agree."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from tests.browser.saved import save
from tests.compute.store.test_imports import hdf5

pytestmark = pytest.mark.browser

POINTS = [(0.1, 0.8), (0.25, 0.6), (0.45, 0.2), (0.5, 0.9), (0.6, 0.35), (0.7, 0.05), (0.8, 0.5), (0.95, 0.3)]
"""Points of a lattice, as shares of its columns and rows; none lies on the diagonal."""
PROJECTED = """(node, [place, points]) => {
 const trace = node._fullData[place];
 const [x, y] = [[...trace.x], [...trace.y]];
 const { left, top } = node.getBoundingClientRect();
 const cells = points.map(([right, up]) => [Math.round(right * (x.length - 1)), Math.round(up * (y.length - 1))]);
 if (trace.type !== 'surface') {
  const [across, up] = [trace.xaxis, trace.yaxis].map((name) => node._fullLayout[`${name[0]}axis${name.slice(1)}`]);
  return cells.map(([column, row]) => [
   left + across._offset + across.d2p(x[column]), top + up._offset + up.d2p(y[row]),
  ]);
 }
 const scene = node._fullLayout[trace.scene]._scene;
 const frame = scene.container.getBoundingClientRect();
 const times = (m, [a, b, c, d]) => [0, 1, 2, 3].map((i) => m[i] * a + m[i + 4] * b + m[i + 8] * c + m[i + 12] * d);
 return cells.map(([column, row]) => {
  const scaled = [x[column], y[row], trace.z[row][column]].map((value, axis) => value * scene.dataScale[axis]);
  const { model, view, projection } = scene.glplot.cameraParams;
  const [px, py, , w] = [model, view, projection].reduce((point, matrix) => times(matrix, point), [...scaled, 1]);
  return [frame.left + frame.width * (0.5 + 0.5 * (px / w)), frame.top + frame.height * (0.5 - 0.5 * (py / w))];
 });
}"""
"""Where points of a trace lie on the page; a part of the surface may hide them, then that is hovered over."""
HOVERED = """(node) => new Promise((resolve) => {
 let frames = 0;
 const look = () => {
  frames += 1;
  if (frames < 5) return requestAnimationFrame(look);
  const box = node.querySelector('.hovertext');
  return resolve(box ? box.textContent : null);
 };
 requestAnimationFrame(look);
})"""
"""The tooltip's text five frames later, null where the mouse is beside the surface."""
FOOTER = (
    "(node) => { const panel = node.closest('.panel'); return panel && panel.querySelector('.reading').innerText; }"
)
NUMBER = r"(−?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|NaN)"
TOLD = re.compile(
    rf"α {NUMBER}\s+β {NUMBER}loss {NUMBER}(?:, s\.e\. {NUMBER})?(?:accuracy {NUMBER} %)?"
    rf"(?:in-plane slope {NUMBER})?(.*)"
)


def value(text):
    """The number that was written for a reader."""
    plain = re.sub(r"·10(.+)", lambda found: "e" + found[1], text.replace(",", ""))
    return float(plain.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")))


def hovered(page, figure, trace, points):
    """The tooltips over points of a trace, each with the footer that stands there then, None where there is none."""
    for x, y in figure.evaluate(PROJECTED, [trace, points]):
        if not math.isfinite(x + y):  # no surface is drawn there
            continue
        page.mouse.move(x, y)
        text = figure.evaluate(HOVERED)
        if text:
            yield text, figure.evaluate(FOOTER)


def compared(page, figure, shot, trace=0, places=POINTS):
    """Compares every tooltip and footer with the store; gives rows and columns of the points that were hovered over."""
    lattice, points = shot.survey.lattice, []
    for text, footer in hovered(page, figure, trace, places):
        alpha, beta, loss, error, accuracy, _slope, note = TOLD.fullmatch(text).groups()
        near = (("y", beta), ("x", alpha))
        at = tuple(int(np.abs(lattice.coordinates(axis) - value(place)).argmin()) for axis, place in near)
        assert shot.known[at] == (not note), text
        if shot.known[at]:
            assert value(loss) == pytest.approx(shot.loss[at], rel=1e-3, nan_ok=True), text
            assert error is None or value(error) == pytest.approx(shot.error[at], rel=0.06), text
            assert accuracy is None or value(accuracy) == pytest.approx(100 * shot.accuracy[at], abs=0.06), text
        if footer is not None:
            near = [value(part) for part in re.findall(NUMBER, footer)[:3]]
            assert near == pytest.approx([value(alpha), value(beta), value(loss)], rel=6e-3, abs=1e-6), (text, footer)
            assert ("≈" in footer) == bool(note), (text, footer)
        points.append(at)
    return points


def asymmetric(points, shape):
    """How many different points have another point, or none, as their mirror image in the diagonal."""
    return len({(row, column) for row, column in points if row != column or shape[0] != shape[1]})


def shot_of(atlas, slot=0):
    """What the store has of a panel's survey."""
    panel = atlas.page.locator(f'.panel[data-slot="{slot}"]')
    return atlas.service.snapshot(atlas.service.survey(panel.get_attribute("data-survey")))


@pytest.mark.parametrize(
    ("query", "panels"),
    [
        ("models=resnet56-noshort,vgg9&points=33&height=clipped&cap=2", 2),
        ("models=resnet56,mlp&points=17&quantity=slope&seed=3&smoothing=on&floor=on", 2),
        ("models=resnet56&points=17&window=-0.5,1,-1,-0.25&quantity=accuracy", 1),
    ],
)
def test_tooltip_and_footer_tell_the_loss_in_the_store(atlas, query, panels):
    atlas.open(f"?{query}&view=both")
    atlas.settle(panels)
    for slot in range(panels):
        shot = shot_of(atlas, slot)
        for kind in ("surface", "contour"):
            assert asymmetric(compared(atlas.page, atlas.figure(kind, slot), shot), shot.loss.shape) >= 5


def test_tooltip_of_a_surface_of_unequal_sides_with_holes_tells_the_file(atlas):
    alpha, beta = np.array([-2.0, -0.7, 0, 0.3, 1, 2, 2.5]), np.array([-1.0, 0, 0.4, 1])
    loss = 1 + alpha[None, :] ** 2 + np.array([0.1, 0.2, 0.5, 3])[:, None]
    loss[0, 5] = -1  # not in the file
    run = atlas.service.take_in("uneven.h5", hdf5(xcoordinates=alpha, ycoordinates=beta, train_loss=loss))
    atlas.open(f"?models={run}&view=surface&height=linear")
    atlas.settle()
    shot = shot_of(atlas)
    assert asymmetric(compared(atlas.page, atlas.figure(), shot), shot.loss.shape) >= 6


def test_tooltip_tells_which_points_are_not_computed_yet(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet56-noshort&points=33&view=surface")
    atlas.page.locator(".panel[data-survey]:not([data-survey=''])").first.wait_for()
    atlas.service.step(32)
    atlas.wait(
        "() => { const node = document.querySelector('.figure.surface');"
        " const news = atlas.news.get(node.closest('.panel').dataset.survey);"
        " return news && news.done === 777 && Number(node.dataset.version) >= news.version; }"
    )
    shot = shot_of(atlas)
    unknown = np.argwhere(~shot.known)[:: (~shot.known).sum() // 12]
    shares = [(float(column) / 32, float(row) / 32) for row, column in unknown]
    pale = compared(atlas.page, atlas.figure(), shot, 0, shares)
    full = compared(atlas.page, atlas.figure(), shot, atlas.ask("(node) => node.data.length - 1"))
    assert not all(shot.known[at] for at in pale)
    assert any(shot.known[at] for at in full)
    atlas.service.release()


def test_tooltip_in_an_exported_page_tells_the_loss_in_the_store(atlas, browser):
    atlas.open("?models=resnet56-noshort,vgg9&points=17&view=both")
    atlas.settle(2)
    shots = [shot_of(atlas, slot) for slot in (0, 1)]
    path = Path(save(atlas, "Web page", "Export all").path())
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto(path.rename(path.with_name("tooltips.html")).as_uri())
    page.wait_for_function("() => document.querySelector('.js-plotly-plot')?._fullLayout?.scene2?._scene?.glplot")
    figure = page.locator(".js-plotly-plot")
    kinds = figure.evaluate("(node) => node.data.map(({ type }) => type)")
    sheets = [place for place, kind in enumerate(kinds) if kind in {"surface", "contour"}]
    assert len(sheets) == 4
    for trace, shot in zip(sheets, shots * 2, strict=True):
        assert asymmetric(compared(page, figure, shot, trace), shot.loss.shape) >= 4
    context.close()
