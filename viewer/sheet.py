"""Figures of a view that are saved as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from compute.card import ModelCard
from compute.errors import BadReference, UnknownName
from compute.specs import Survey
from viewer import lines_caption
from viewer.apart import Apart
from viewer.caption import Subject, caption
from viewer.citations import bibtex
from viewer.drawing import drawn, walked
from viewer.figures.camera import Viewpoint, aimed
from viewer.figures.encode import Figure
from viewer.figures.moment import moment
from viewer.figures.relief import with_cap
from viewer.figures.style import Style
from viewer.figures.together import CELL, Grid, together, usual
from viewer.methods import methods
from viewer.print_size import DEFAULT_POINTS, PrintSize
from viewer.printing import KINDS as PICTURES
from viewer.printing import printed
from viewer.standalone import Words, standalone
from viewer.titles import card_titles
from viewer.values import flag, listed, number, optional, pair, table, text, whole

if TYPE_CHECKING:
    from compute.service import LandscapeService

GROUNDS = ("page", "white", "clear")
"""What lies under a figure: what the page has, white, or nothing."""
SIDES = (40, 8192)
"""Smallest and largest side of a figure in CSS pixels."""
SCALE = 2.0
"""Pixels of a picture per CSS pixel, where nobody says otherwise."""
KINDS = (*PICTURES, "html", "txt", "bib")
"""The files that are one for all figures, by the endings of their names."""

FIGURES = "/api/figure/"
"""How the address of a figure begins."""
MOST = 32
"""Figures on a sheet: a page shows eight charts, or four networks three times."""
NEEDED = (
    "An export needs the address, the title and the view of each figure, how many stand side by side, their size and "
    "their background"
)
VIEW = table(camera=optional(text), x=optional(pair), y=optional(pair), at=optional(number))
PART = table(address=text, title=text, view=optional(VIEW))
SIZED = {"letters": optional(flag), "inches": optional(number), "points": optional(number)}
SHEET = table(parts=listed(PART), across=whole, width=number, height=number, ground=text, **SIZED)
"""What a browser sends."""

BARE = ("norms", "weights", "lengths")
"""The kinds of figure that are drawn from no survey."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One figure: its kind, its survey (or rows of surveys), the arguments of its address, its title, and its view.

    `view` may hold a `camera` for a scene, as a link spells it, the ends of the axes `x` and `y` of a map, and the
    marked epoch, `at`.
    """

    kind: str
    survey: str
    arguments: Mapping[str, str]
    title: str
    view: Mapping[str, Any]

    @property
    def carved(self) -> bool:
        """Whether it is a surface that is shown as a block."""
        return self.kind == "surface" and self.arguments.get("carved") == "1"

    @property
    def surveys(self) -> list[str]:
        """All surveys that it is drawn from."""
        if self.kind in BARE:
            return []
        return self.survey.replace(";", ",").split(",")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Figures in rows of `across` (0 chooses), each as large as a cell in CSS pixels, on a ground of GROUNDS.

    `size` is that in print, if it is printed; `letters` puts (a), (b) ... before the titles.
    """

    parts: tuple[Part, ...]
    across: int = 0
    cell: tuple[int, int] = CELL
    ground: str = "page"
    size: PrintSize | None = None
    letters: bool = False

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Sheet":
        """The sheet that a browser asks for.

        Raises:
            BadReference: it asks for none.
        """
        if not SHEET(told):
            raise BadReference(f"{NEEDED}, got {str(told)[:80]!r}: send all of them.")
        if len(told["parts"]) > MOST:
            raise BadReference(f"An export takes at most {MOST} figures, got {len(told['parts'])}: leave out the rest.")
        parts = tuple(_part(one["address"], one["title"], _view(one.get("view"))) for one in told["parts"])
        across, cell, ground = int(told["across"]), (int(told["width"]), int(told["height"])), told["ground"]
        letters, size = bool(told.get("letters")), _size(told)
        if size and parts and 0 <= across <= len(parts):
            across = size.across(len(parts), across or usual(len(parts)))
            cell = (size.width // across, size.width // across * cell[1] // max(cell[0], 1))
        if not parts or not 0 <= across <= len(parts) or not all(SIDES[0] <= side <= SIDES[1] for side in cell):
            raise BadReference(
                f"An export needs at least one figure between {SIDES[0]} and {SIDES[1]} pixels a side, got "
                f"{len(parts)} of {cell[0]} × {cell[1]}, {across} side by side: open a network, or choose another size."
            )
        if ground not in GROUNDS:
            raise UnknownName("ground", ground, GROUNDS)
        return cls(parts, across, cell, ground, size, letters)

    @property
    def titles(self) -> list[str]:
        """What stands above each figure: its title, once in each column, and its letter; a single one has no title."""
        if len(self.parts) == 1:
            return [""]
        across, found = self.across or usual(len(self.parts)), []
        for place, part in enumerate(self.parts):
            repeated = place >= across and self.parts[place - across].title == part.title
            letter = f"({ascii_lowercase[place]})" if self.letters and place < len(ascii_lowercase) else ""
            found.append(" ".join(filter(None, (letter, "" if repeated else escape(part.title)))))
        return found

    @property
    def magnified(self) -> dict[str, float]:
        """By how much its layout is magnified in print: a picture as `scale`, a drawing as `magnification`."""
        return {"scale": self.size.scale, "magnification": self.size.magnification} if self.size else {}

    @property
    def grid(self) -> Grid:
        """How the figures stand."""
        return Grid.of(self.titles, self.across, self.cell)


def _size(told: Mapping[str, Any]) -> PrintSize | None:
    """The size in print, if one is asked for."""
    if told.get("inches") is None:
        return None
    points = told.get("points", DEFAULT_POINTS)
    if points is None:
        raise BadReference(f"{NEEDED}, got no size of its type: send one in points, or leave it out.")
    return PrintSize(float(told["inches"]), float(points))


def _part(address: str, title: str, view: Mapping[str, Any]) -> Part:
    """The figure at an address such as /api/figure/surface/ID?height=log.

    Raises:
        BadReference: it is none of these.
    """
    path, _, query = address.partition("?")
    kind, mark, survey = path.removeprefix(FIGURES).partition("/")
    if not path.startswith(FIGURES) or not mark:
        raise BadReference(f"{NEEDED}, got the address {address[:80]!r}: send one such as {FIGURES}surface/SURVEY.")
    return Part(kind, unquote(survey), dict(parse_qsl(query)), title, view)


def _view(told: Mapping[str, Any] | None) -> dict[str, Any]:
    """From where a figure is looked at, as `Part` tells it, of what a browser says about that."""
    return {name: value for name, value in (told or {}).items() if value is not None}


def figure(service: "LandscapeService", sheet: Sheet) -> Figure:
    """All figures of a sheet as one; a single one has no title.

    Raises:
        UnknownName: there is no such kind of figure, or no such survey.
    """
    found = [
        (title, _aimed(service, sheet, part, "block" if part.carved else part.kind))
        for title, part in zip(sheet.titles, sheet.parts, strict=True)
    ]
    return together(found, sheet.across, sheet.cell, sheet.ground == "clear")


def figure_and_blocks(service: "LandscapeService", sheet: Sheet) -> tuple[Figure, list[Apart]]:
    """All figures of a sheet as one, in which room is left for each block; and the blocks.

    Raises:
        UnknownName: there is no such kind of figure, or no such survey.
    """
    found, blocks = [], []
    for place, (title, part) in enumerate(zip(sheet.titles, sheet.parts, strict=True)):
        drawn_part = _aimed(service, sheet, part, "surface" if part.carved else part.kind)
        if part.carved and drawn_part["layout"]["meta"]["drawable"]:
            scheme, view = _arguments(sheet, part).get("scheme", "light"), part.view.get("camera", "")
            blocks.append(Apart(drawn_part, sheet.grid.box(place), scheme, Viewpoint.read(str(view))))
            drawn_part = _emptied(drawn_part)
        found.append((title, drawn_part))
    return together(found, sheet.across, sheet.cell, sheet.ground == "clear"), blocks


def _emptied(found: Figure) -> Figure:
    """A figure's ground and words alone."""
    kept = {name: value for name, value in found["layout"].items() if name not in {"scene", "meta"}}
    return {"data": [], "layout": kept | {"xaxis": {"visible": False}, "yaxis": {"visible": False}}}


def _arguments(sheet: Sheet, part: Part) -> dict[str, str]:
    """A figure's style on the sheet: shaped for its cell, and dark ink where the ground is white.

    The legend of a page's toolbar is not on the sheet: each figure has its colour bar again, a surface its map's.
    """
    maps = {other.survey for other in sheet.parts if other.kind == "contour"}
    bar = "0" if part.kind == "surface" and part.survey in maps else "1"
    shaped = {**part.arguments, "aspect": f"{sheet.cell[0] / sheet.cell[1]:.3f}", "bar": bar}
    shares = "place" not in part.arguments  # a plane with others: no title tells them apart
    named = {"names": "1"} if shares else {}
    small = {"small": "1"} if sheet.size else {}  # in print a cell is as narrow as its type allows
    return shaped | named | small | ({"scheme": "light"} if sheet.ground == "white" else {})


def _aimed(service: "LandscapeService", sheet: Sheet, part: Part, kind: str) -> Figure:
    """A figure of a kind seen from where one looks, and when."""
    found = drawn(service, kind, part.survey, _arguments(sheet, part))
    if "at" in part.view:
        found = moment(found, float(part.view["at"]))
    layout = dict(found["layout"])
    if "scene" in layout and "camera" in part.view:
        view = Viewpoint.read(str(part.view["camera"]))
        layout["scene"] = layout["scene"] | {"camera": aimed(layout["scene"]["camera"], view)}
    for axis in "xy":
        if f"{axis}axis" in layout and axis in part.view:
            layout[f"{axis}axis"] = layout[f"{axis}axis"] | {"range": part.view[axis]}
    return found | {"layout": layout}


def subjects(service: "LandscapeService", sheet: Sheet) -> list[Subject]:
    """What a sheet's figures are of, each surface once.

    Raises:
        UnknownName: there is no such survey.
    """
    cards, called = {card.run: card for card in service.cards()}, card_titles(service)
    styles = {survey: _style(service, sheet, part) for part in sheet.parts for survey in part.surveys}
    tracked = {part.survey: part.arguments for part in sheet.parts if "tracks" in part.arguments}
    paths = {survey: walked(service, survey, arguments).trajectory for survey, arguments in tracked.items()}
    found = []
    for survey_id, style in styles.items():
        survey = service.survey(survey_id)
        available = service.examples(survey.run, survey.split) if isinstance(survey, Survey) else None
        kinds = tuple(part.kind for part in sheet.parts if survey_id in part.surveys)
        shot = service.snapshot(survey)
        found.append(Subject(cards[survey.run], shot, style, available, paths.get(survey_id), called, kinds))
    return found


def _style(service: "LandscapeService", sheet: Sheet, part: Part) -> Style:
    """A figure's style on the sheet, its cap chosen from all surfaces that it shows where it is to be chosen."""
    shots = (service.snapshot(service.survey(survey)) for survey in part.surveys)
    return with_cap(Style.read(_arguments(sheet, part)), shots)


def literature(found: Sequence[Subject]) -> str:
    """The BibTeX of what some surfaces rest on; of an imported one nothing is known but its method."""
    own = [(subject.card, subject.snapshot.survey) for subject in found]
    return bibtex(
        [
            (card.architecture, survey.query.data.name)
            for card, survey in own
            if isinstance(card, ModelCard) and isinstance(survey, Survey)
        ],
        methods(subject.snapshot for subject in found),
    )


def told(service: "LandscapeService", sheet: Sheet) -> dict[str, str]:
    """The words of a sheet: its caption "txt", its literature "bib", and a "title".

    Raises:
        LandscapeError: there is no such survey or run.
    """
    if all(part.kind in lines_caption.KINDS for part in sheet.parts):
        text, literature_of = lines_caption.caption, lines_caption.literature
        titles = [part.title for part in sheet.parts]
        words = {"txt": text(service, sheet.parts) + "\n", "bib": literature_of(service, sheet.parts)}
    else:
        found = subjects(service, sheet)
        titles = [subject.card.title for subject in found]
        words = {"txt": caption(found) + "\n", "bib": literature(found)}
    return words | {"title": " · ".join(dict.fromkeys(titles))}


def written(service: "LandscapeService", sheet: Sheet, kind: str, scale: float = SCALE) -> bytes:
    """A sheet as a file of one of KINDS; `scale` multiplies the pixels of pictures.

    Raises:
        UnknownName: there is no such kind of file, kind of figure or survey.
        NoBrowser: a picture needs a browser, and none draws.
    """
    if kind not in KINDS:
        raise UnknownName("kind of file", kind, KINDS)
    if kind in PICTURES:
        return printed(figure(service, sheet), kind, sheet.grid.size, **{"scale": scale, **sheet.magnified})
    words = told(service, sheet)
    if kind in words:
        return words[kind].encode()
    grid = sheet.grid
    said = Words(words["title"], words["txt"], words["bib"])
    found, blocks = figure_and_blocks(service, sheet)
    return standalone(found, said, grid.size, grid.across, blocks).encode()
