"""The names by which callbacks, scripts, styles and tests find components."""

SHELL = "shell"
TAB = "tab"
SEARCH = "search"
LINK = "link"
RECONNECTED = "reconnected"
OPENED = "opened"
SURVEYS = "surveys"
PROBLEMS = "problems"
STAGE = "stage"
NUMBERS = "numbers"

RAIL = "rail"
RAIL_BUTTON = "rail-button"
CONTROLS = "controls"
CONTROLS_BUTTON = "controls-button"
RESET = "reset-view"

VIEW = "view"
POINTS = "points"
POINTS_HINT = "points-hint"
SPAN = "span"
SPAN_HINT = "span-hint"
SAMPLES = "samples"
SAMPLES_HINT = "samples-hint"
SPLIT = "split"
SEED = "seed"
NORM = "norm"
PRECISION = "precision"
TOLERANCE = "tolerance"
STATISTIC = "statistic"
MARKS = "marks"
COLOURS = "colours"
QUANTITY = "quantity"
LOG = "log"

JOB = "job"
PAUSE = "pause"
CANCEL = "cancel"


def card(run: object) -> dict[str, object]:
    """A card of the gallery."""
    return {"card": run}


def part(name: str, slot: object) -> dict[str, object]:
    """A part of the panel in a slot."""
    return {"part": name, "slot": slot}


def export(choice: object, slot: object) -> dict[str, object]:
    """An entry of a panel's export menu."""
    return {"export": choice, "slot": slot}
