"""No figure needs what the page's policy forbids: plotly.js draws and saves every kind without making code of texts."""

import pytest

from tests.viewer.fake_service import FakeService
from viewer.drawing import FIGURES, MANY
from viewer.figures import courses
from viewer.screen import screen
from viewer.state import ViewState

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CORNERS = {"x": [0, 1] * 4, "y": [0, 0, 1, 1] * 2, "z": [0] * 4 + [1] * 4}
OTHERS = {
    "heat map": {"type": "heatmap", "z": [[1, 2], [3, 4]]},
    "histogram": {"type": "histogram", "x": [1, 2, 2, 3]},
    "histogram in two dimensions": {"type": "histogram2dcontour", "x": [1, 2, 2, 3], "y": [1, 2, 1, 3]},
    "mesh": {"type": "mesh3d", "x": [0, 1, 0, 1], "y": [0, 0, 1, 1], "z": [0, 1, 2, 0]},
    "isosurface": {"type": "isosurface", "value": [*range(8)], **CORNERS},
}
"""Traces that no figure has so far, drawn here so that the policy is known to allow them."""

FORBIDDEN = {"type": "scattergl", "x": [1, 2], "y": [2, 1]}
"""plotly.js makes code for the traces that it draws with regl: scattergl, scatterpolargl, parcoords, splom."""

LATER = "(task) => new Promise((resolve, reject) => setTimeout(() => Promise.resolve(task()).then(resolve, reject)))"
"""Runs a task as the page does: what a test evaluates itself is above the policy."""

DRAW = f"""(figure) => ({LATER})(async () => {{
  const forbidden = [];
  const note = (event) => forbidden.push(`${{event.violatedDirective}} ${{event.blockedURI}}`);
  document.addEventListener('securitypolicyviolation', note);
  const node = document.body.appendChild(document.createElement('div'));
  Object.assign(node.style, {{ width: '400px', height: '300px' }});
  await Plotly.newPlot(node, figure.data, figure.layout || {{}});
  await Plotly.react(node, figure.data, {{ ...(figure.layout || {{}}), title: {{ text: 'again' }} }});
  const saved = [];
  for (const format of figure.formats || ['png', 'svg', 'webp']) {{
    saved.push(await Plotly.toImage(node, {{ format, width: 200, height: 150 }}));
  }}
  Plotly.purge(node);
  node.remove();
  document.removeEventListener('securitypolicyviolation', note);
  return {{ forbidden, saved: saved.map((picture) => picture.length) }};
}})"""

EVAL = f"""() => ({LATER})(() => {{
  try {{ return new Function('return 1')(); }} catch (problem) {{ return problem.constructor.name; }}
}})"""


def addresses(service: FakeService):
    """A figure of every kind that the server draws, after their surveys are finished."""
    one, two = (screen(service, ViewState(models=(run,), points=9)).surveys[0] for run in ("resnet20", "vgg9"))
    rows = screen(service, ViewState(("resnet20", "mlp"), view="seeds", points=9))
    service.watch("test", [one, two, *rows.surveys])
    found = {kind: f"{kind}/{one.id}" for kind in FIGURES}
    found |= {kind: f"{kind}/{two.id}?tracks=vgg9:7" for kind in courses.FIGURES}
    found |= {"seeds": f"seeds/{rows.seeds}", "line": f"line/{one.id},{two.id}", "norms": "norms/vgg9,mlp"}
    found |= {"lengths": "lengths/vgg9:7", "weights": "weights/vgg9,mlp", "path": f"surface/{two.id}?tracks=vgg9:7"}
    assert {*FIGURES, *MANY, *courses.FIGURES} <= set(found)
    return found


def test_every_figure_draws_and_is_saved_though_code_cannot_be_made_of_texts(atlas):
    atlas.page.set_default_timeout(120_000)
    atlas.open()
    assert atlas.page.evaluate(EVAL) == "EvalError"
    atlas.complaints.clear()  # which tells that the policy holds
    figures = {f"other: {name}": {"data": [trace]} for name, trace in OTHERS.items()}
    for kind, address in addresses(atlas.service).items():
        figures[kind] = atlas.page.request.get(f"{atlas.address}api/figure/{address}").json()
    for kind, figure in figures.items():
        assert "data" in figure, (kind, figure)
        found = atlas.page.evaluate(DRAW, figure)
        assert (kind, found["forbidden"]) == (kind, [])
        assert min(found["saved"]) > 500, (kind, found)
    assert set(atlas.page.evaluate(DRAW, {"data": [FORBIDDEN], "formats": ["png"]})["forbidden"]) == {"script-src eval"}
    atlas.complaints.clear()
