"""The carved block as triangles with baked colours: for printed figures and for other programs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from compute.snapshot import Snapshot
from viewer.figures.encode import Figure, typed
from viewer.figures.facets import below, level_lines
from viewer.figures.finer import Mesh, mesh
from viewer.figures.light import lit, open_sky, sunlight
from viewer.figures.provisional import settled
from viewer.figures.relief import Relief, relief
from viewer.figures.style import Style
from viewer.figures.surface import BLOCK_HEIGHT, GROUND, sides, surface
from viewer.theme import mixed, written

STONE = {"light": (238.0, 240.0, 243.0), "dark": (69.0, 77.0, 93.0)}
PALE = np.array([185.0, 190.0, 200.0])
"""What provisional colours are mixed with."""
SOME = 0.35
"""How much of their own is left in provisional colours."""
HIGHEST = 2.5
"""The highest share of the height that the shading of what a cap cuts off needs to know."""
ROWS = np.linspace(0, 1, 6)
"""Shares of a wall's height at which it has points: its foot is darker than its top."""
FOOT = 0.5
"""The share of the sky that a wall's foot sees."""
LIFT = 0.006
"""How far above the block lines run, beside a side of 2: in it, half of them would sink in."""
FLAT = {"ambient": 1, "diffuse": 0, "specular": 0, "fresnel": 0, "roughness": 1}
"""Light that changes no colour."""
ISOLINE, RIM = {"color": "#33475b", "width": 1}, {"color": "#343c4b", "width": 3}
"""Not transparent: after such lines plotly.js leaves depths of one scene in the next of a printed figure."""
BESIDE = {"x": 1, "xanchor": "left", "xpad": 16}
"""Where the colour bar stands: beside the block, whose corners would reach under it."""
APART = 0.28
"""Ticks of a small block nearer than this share of its height would run into one another."""
DIGITS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Corners (n, 3, 3) of triangles, with their colours (n, 3, 3) from 0 to 255; lines and rim as segments (n, 2, 3).

    A place is α, β and the share of the height between the limits.
    """

    corners: np.ndarray
    colours: np.ndarray
    lines: np.ndarray
    rim: np.ndarray

    @property
    def indexed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places (points, 3), their colours (points, 3), and the points of each triangle (n, 3)."""
        rows = np.concatenate([self.corners, np.round(self.colours)], axis=2).reshape(-1, 6).round(DIGITS)
        points, numbers = np.unique(rows, axis=0, return_inverse=True)
        return points[:, :3], points[:, 3:], numbers.reshape(-1, 3)


def block(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> Figure:
    """The figure of a surface whose sheet is a block of one `mesh3d` and lines, for Plotly to draw."""
    figure = surface(snapshot, replace(style, carved=True), against)
    sheet, *marks = figure["data"]
    if sheet.get("visible") is False:
        return figure
    found, limits = carved(snapshot, style, against), relief(snapshot, style, against).limits
    places, colours, triangles = found.indexed
    solid = {
        "type": "mesh3d",
        **dict(zip("xyz", map(typed, _risen(places, limits.lo, limits.hi).T), strict=True)),
        **dict(zip("ijk", triangles.T.tolist(), strict=True)),
        "vertexcolor": [written(colour) for colour in colours],
        "lighting": FLAT,
        "hoverinfo": "skip",
        "meta": GROUND,
    }
    drawn = [
        _line(_risen(each, limits.lo, limits.hi), look) for each, look in ((found.lines, ISOLINE), (found.rim, RIM))
    ]
    layout = figure["layout"]
    scene = layout["scene"] | {"domain": {"x": [0, 1], "y": [0, 1]}}
    if style.small:
        scene |= {"zaxis": _apart(scene["zaxis"], limits.lo, limits.hi)}
        scene |= {name: scene[name] | {"nticks": 3} for name in ("xaxis", "yaxis")}
    return {"data": [solid, *filter(None, drawn), *map(_beside, marks)], "layout": layout | {"scene": scene}}


def _apart(axis: Figure, low: float, high: float) -> Figure:
    """An axis with the highest of its ticks, and below it those that are APART from one another and from the floor."""
    kept: list[int] = []
    for place in reversed(range(len(axis["tickvals"]))):
        share = (axis["tickvals"][place] - low) / (high - low)
        above = (axis["tickvals"][kept[-1]] - low) / (high - low) if kept else 2.0
        if min(share, above - share) >= APART:
            kept.append(place)
    return axis | {name: [axis[name][place] for place in reversed(kept)] for name in ("tickvals", "ticktext")}


def _beside(trace: Figure) -> Figure:
    """A trace whose colour bar, if it has one, stands beside the block."""
    marker = trace.get("marker", {})
    return trace | {"marker": marker | {"colorbar": marker["colorbar"] | BESIDE}} if "colorbar" in marker else trace


def carved(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> Block:
    """The block of a surface that can be drawn: its sheet, a lid where a cap cuts it off, and its walls."""
    found = relief(snapshot, style, against)
    drawn = mesh(snapshot, found, style)
    share = np.minimum((drawn.eased - found.limits.lo) / (found.limits.hi - found.limits.lo), HIGHEST)
    size = sides({"x": drawn.x.tolist(), "y": drawn.y.tolist()})
    scene = _Scene(drawn, share, 2 * size["x"], 2 * size["y"], np.array(STONE[style.scheme]))
    triangles, values = scene.triangles, share.ravel()
    sheet = np.concatenate([scene.places, scene.normals, scene.tinted(_tints(found, share))], axis=1)
    parts, rim = [sheet[triangles]], np.zeros((0, 2, 3))
    if np.nanmax(share) > 1:
        top = np.concatenate([scene.places[:, :2], np.ones((len(sheet), 1)), scene.normals, scene.lid], axis=1)
        parts = [below(sheet, values, triangles, 1.0), below(top, -values, triangles, -1.0)]
        rim = level_lines(sheet, values, triangles, 1.0)[..., :3] + [0, 0, LIFT]  # above the lid
    step = 2 * found.limits.step / (found.limits.hi - found.limits.lo)
    levels = np.arange(step, 1 - 1e-9, step) if found.given.all() else ()
    lines = [scene.lifted(level_lines(sheet, values, triangles, level)) for level in levels]
    solid = np.concatenate([*(part[..., [0, 1, 2, 6, 7, 8]] for part in parts), *scene.walls()])
    return Block(solid[..., :3], solid[..., 3:], np.concatenate([np.zeros((0, 2, 3)), *lines]), rim)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """A mesh, its heights as shares, the block's width and depth in units of which its height is BLOCK_HEIGHT."""

    drawn: Mesh
    share: np.ndarray
    width: float
    depth: float
    stone: np.ndarray

    @property
    def spacing(self) -> tuple[float, float]:
        """Between rows and between columns."""
        rows, columns = self.share.shape
        return self.depth / (rows - 1), self.width / (columns - 1)

    @property
    def places(self) -> np.ndarray:
        """α, β and share of each point, row by row."""
        alpha, beta = np.meshgrid(self.drawn.x, self.drawn.y)
        return np.stack([alpha, beta, np.maximum(self.share, 0)], axis=-1).reshape(-1, 3)

    @property
    def normals(self) -> np.ndarray:
        """Unit normals of the sheet."""
        down, across = np.gradient(np.nan_to_num(self.share) * BLOCK_HEIGHT, *self.spacing)
        upward = np.stack([-across, -down, np.ones_like(down)], axis=-1).reshape(-1, 3)
        return np.asarray(upward / np.linalg.norm(upward, axis=1, keepdims=True))

    @property
    def _shades(self) -> tuple[np.ndarray, np.ndarray]:
        """How much of the sky and of the sun each point sees."""
        heights = np.clip(np.nan_to_num(self.share), 0, 1) * BLOCK_HEIGHT
        return open_sky(heights, self.spacing[1]).ravel(), sunlight(heights, self.spacing[1]).ravel()

    def tinted(self, colours: np.ndarray) -> np.ndarray:
        """The sheet's colours in the light."""
        sky, sun = self._shades
        return lit(colours, self.normals, 1 - 0.9 * (1 - sky), sun)

    @property
    def lid(self) -> np.ndarray:
        """The colours of a flat lid of stone."""
        sky, sun = self._shades
        return lit(np.tile(self.stone, (len(sky), 1)), np.tile([0.0, 0, 1], (len(sky), 1)), 1 - 0.9 * (1 - sky), sun)

    @property
    def triangles(self) -> np.ndarray:
        """Two for every cell whose corners all have a height, along its flatter diagonal."""
        numbers = np.arange(self.share.size).reshape(self.share.shape)
        a, b, c, d = (part.ravel() for part in (numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, :-1], numbers[1:, 1:]))
        values = self.share.ravel()
        whole = np.isfinite(values[a] + values[b] + values[c] + values[d])
        flatter = np.abs(values[a] - values[d]) < np.abs(values[b] - values[c])
        first = np.where(flatter[:, None], np.stack([a, b, d], 1), np.stack([a, b, c], 1))
        second = np.where(flatter[:, None], np.stack([a, d, c], 1), np.stack([b, d, c], 1))
        return np.concatenate([first[whole], second[whole]])

    def lifted(self, segments: np.ndarray) -> np.ndarray:
        """Places a little above the sheet, along its normals."""
        spans = np.array([np.ptp(self.drawn.x) / self.width, np.ptp(self.drawn.y) / self.depth, 1 / BLOCK_HEIGHT])
        return np.asarray(segments[..., :3] + LIFT * segments[..., 3:6] * spans)

    def walls(self) -> Iterator[np.ndarray]:
        """Triangles (n, 3, 6), places and colours, below the four edges."""
        places = self.places.reshape(*self.share.shape, 3)
        heights = np.where(np.isfinite(self.share), np.clip(self.share, 0, 1), np.nan)
        edges = (
            ((0, -1, 0), np.s_[0, :]),
            ((0, 1, 0), np.s_[-1, ::-1]),
            ((-1, 0, 0), np.s_[::-1, 0]),
            ((1, 0, 0), np.s_[:, -1]),
        )
        for outward, edge in edges:
            yield self._wall(places[edge], heights[edge], np.array(outward, float))

    def _wall(self, places: np.ndarray, heights: np.ndarray, outward: np.ndarray) -> np.ndarray:
        """Triangles of one wall, below places that follow one another."""
        sky = FOOT + (1 - FOOT) * ROWS
        stone, outwards = np.tile(self.stone, (len(ROWS), 1)), np.tile(outward, (len(ROWS), 1))
        colours = lit(stone, outwards, sky, np.ones(len(ROWS)))
        points = np.concatenate(
            [
                np.broadcast_to(places[:, None, :2], (len(places), len(ROWS), 2)),
                (heights[:, None] * ROWS)[..., None],
                np.broadcast_to(colours, (len(places), len(ROWS), 3)),
            ],
            axis=2,
        )
        a, b, c, d = points[:-1, :-1], points[1:, :-1], points[:-1, 1:], points[1:, 1:]
        found = np.concatenate([np.stack([a, b, d], 2).reshape(-1, 3, 6), np.stack([a, d, c], 2).reshape(-1, 3, 6)])
        return found[np.isfinite(found).all(axis=(1, 2))]


def _tints(found: Relief, share: np.ndarray) -> np.ndarray:
    """The colours of heights (points, 3), before any light; provisional ones paler."""
    colours = mixed(np.clip(np.nan_to_num(share), 0, 1).ravel(), found.palette)
    if found.given.all():
        return colours
    return np.where(settled(found.given).ravel()[:, None], colours, PALE + SOME * (colours - PALE))


def _risen(places: np.ndarray, low: float, high: float) -> np.ndarray:
    """Places with heights in place of shares."""
    return np.concatenate([places[..., :2], low + places[..., 2:] * (high - low)], axis=-1)


def _line(segments: np.ndarray, look: Figure) -> Figure | None:
    """Segments as one trace, apart by gaps."""
    if not len(segments):
        return None
    apart = np.concatenate([segments, np.full((len(segments), 1, 3), np.nan)], axis=1).reshape(-1, 3)
    places = dict(zip("xyz", map(typed, apart.T), strict=True))
    return {"type": "scatter3d", "mode": "lines", **places, "line": look, "hoverinfo": "skip", "meta": GROUND}
