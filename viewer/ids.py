"""The names by which callbacks, scripts, styles and tests find components."""

SHELL = "shell"
TAB = "tab"
SEARCH = "search"
LINK = "link"
RECONNECTED = "reconnected"
OPENED = "opened"
OPENING = "opening"
OPENING_WORDS = "opening-words"
SURVEYS = "surveys"
WINDOW = "window"
SOLO = "solo"
WISH = "wish"
PROBLEMS = "problems"
MISREAD = "misread"
STAGE = "stage"
NUMBERS = "numbers"

IMPORTS = "imports"
ADD = "add"
ADDED = "added"
REFUSED = "refused"
STUDIED = "studied"
OWN = "own-models"
UPLOADS = "uploads"
ADDING = "adding"
ADD_MODEL = "add-model"
DROPPED = "dropped"
MEASURING = "measuring"
MEASURED = "measured"
DESTINATION = "destination"
ADDING_NOTES = "adding-notes"
ADDING_START = "adding-start"
ADDING_FORM = "adding-form"
ADDING_DROP = "adding-drop"
ADDING_TRIED = "adding-tried"
ADDING_TRYING = "adding-trying"
ADDING_FILE = "adding-file"
ADDING_TITLE = "adding-title"
ADDING_ARCHITECTURE = "adding-architecture"
ADDING_DATA = "adding-data"
ADDING_CHOICES = "adding-choices"
ADDING_CHANNELS = "adding-channels"
ADDING_MEAN = "adding-mean"
ADDING_STD = "adding-std"
ADDING_WEIGHTS = "adding-weights"
ADDING_ORDER = "adding-order"
ADDING_PAIRS = "adding-pairs"
ADDING_CONFIRMED = "adding-confirmed"
ADDING_PROBLEM = "adding-problem"
ADDING_CANCEL = "adding-cancel"
ADDING_GO = "adding-go"

RAIL = "rail"
RAIL_BUTTON = "rail-button"
CONTROLS = "controls"
CONTROLS_BUTTON = "controls-button"
PRESENT = "present"
CAPTION = "caption"
RESET = "reset-view"
LEGEND = "legend"
SEEDS = "seeds"
NOTICE = "notice"

SCHEME = "scheme"
HELP = "help"
HELP_BUTTON = "help-button"
PRINT = "print"
COMMANDS = "commands"
HINT_CLOSE = "hint-close"
ANNOUNCER = "announcer"

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
HEIGHT = "height"
CAP = "cap"
CAP_FIELD = "cap-field"
DEPTH = "depth"
LEVELS = "levels"
SMOOTHING = "smoothing"
WIREFRAME = "wireframe"
LOOK = "look"
FLOOR = "floor"
SCALE = "scale"
COMPARE = "compare"
FIND = "find-range"
FOUND = "found-range"
COSINE = "cosine"
ASK_SEEDS = "ask-seeds"

RUNS = "runs"
PLANE = "plane"
SKIP = "skip"
IGNORE = "ignore"
SECOND = "second"
THIRD = "third"
MARGIN = "margin"
SEEN = "seen"
AT = "at"
PLAYER = "player"
REFIT = "refit"
GREW = "grew"
TICK = "tick"
FIGURE_NINE = "figure-nine"

CURVES = "curves"
ERRORS = "errors"
BEYOND = "beyond"
STATISTICS = "statistics"
RAW = "raw"
COUNT = "count"
FACTOR = "factor"
WEIGHTS = "weights"
CUT = "cut"
ASK_CUT = "ask-cut"
ENDS = "ends"
SWAP = "swap"

JOB = "job"
PAUSE = "pause"
CANCEL = "cancel"
GO_ON = "go-on"


def card(run: object) -> dict[str, object]:
    """A card of the gallery."""
    return {"card": run}


def apart_title(slot: int) -> str:
    """What it is called."""
    return f"apart-title-{slot}"


def own(command: object, run: object) -> dict[str, object]:
    """A command of the card of a model of one's own, or of an imported surface: `measure` or `remove`."""
    return {"own": command, "run": run}


def drawing(kind: str) -> str:
    """A figure that names its own address."""
    return f"drawing-{kind}"


def apart(slot: int) -> str:
    """The place of one run on a plane of its own."""
    return f"apart-{slot}"


def part(name: str, slot: object) -> dict[str, object]:
    """A part of the panel in a slot."""
    return {"part": name, "slot": slot}


def export(choice: object, slot: object) -> dict[str, object]:
    """An entry of an export menu: a panel's, or that of all."""
    return {"export": choice, "slot": slot}


def paper(choice: object, slot: object) -> dict[str, object]:
    """How an export menu's pictures are made: their size or their ground."""
    return {"paper": choice, "slot": slot}
