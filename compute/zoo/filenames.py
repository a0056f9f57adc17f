"""What the name of a checkpoint's file says: whether it is one of weights, and when in training it was saved."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".th", ".bin", ".t7", ".pth.tar", ".pt.tar", ".ckpt.tar", ".tar")
"""Of files of weights, in small letters."""

BESIDES = re.compile(
    r"(?<![a-z])(opt|optims?|optimi[sz]ers?|sched|schedulers?|scaler|rng|random_states?|training_args|trainer_state)"
    r"(?![a-z])",
    re.IGNORECASE,
)
"""Names of what trainers write beside the weights."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


EPOCHS = words("epoch epochs ep e epoche epoca época époque epoka эпоха 轮 轮次 輪 第 周期 世代 エポック")
STEPS = words(
    "step steps it iter iters iteration iterations checkpoint ckpt ckp update updates kimg snapshot шаг 步 迭代"
)
OTHERS = words(
    """acc accuracy top loss val valid validation test train err error ap map iou miou f auc auroc bleu ppl psnr ssim
    fid score best metric prec recall r lr wd eps batch bs bsz seed fold gpu gpus rank world v ver version run exp trial
    k d h n x layers dim hidden patch res size px alpha beta gamma eta mom momentum dropout ratio t temp"""
)
"""Words before numbers that tell no time: of measures, settings and versions."""

NETWORKS = words(
    "resnet preresnet resnext vgg wrn densenet alexnet mobilenet efficientnet vit vitb convnext regnet cifar mnist stl"
)
"""Words that a number belongs to where it follows at once."""

MEASURE = re.compile(r"(?<![^\W\d_])(top|prec|ap|f|r)[@_-]?\d{1,3}(?=[=_: -]+\d)", re.IGNORECASE)
"""Measures with a number of their own, before their value."""

DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_.年]?(?P<month>0[1-9]|1[0-2])[-_.月]?(?P<day>0[1-9]|[12]\d|3[01])日?(?!\d)"
    r"(?:[-_T. ]+(?P<hour>[01]\d|2[0-3])[-_.:h]?(?P<minute>[0-5]\d)(?:[-_.:m]?(?P<second>[0-5]\d))?(?!\d))?"
)
GERMAN = re.compile(r"(?<!\d)(?P<day>0[1-9]|[12]\d|3[01])\.(?P<month>0[1-9]|1[0-2])\.(?P<year>(?:19|20)\d\d)(?!\d)")
DIGEST = re.compile(
    r"(?<![0-9a-z])(?=[0-9a-f]*[a-f][0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,}(?![0-9a-z])", re.IGNORECASE
)
NUMBER = re.compile(r"\d+(?:\.\d+)?e[-+]\d+|\d+\.\d+|\d+", re.IGNORECASE)
WORD = re.compile(r"([^\W\d_]+)([\W_]*)$")
UNIT = re.compile(r"(?P<thousands>[km](?![^\W\d_]))?(?:[ _-]?(?P<unit>[^\W\d_]+)(?![=_.: -]*\d))?", re.IGNORECASE)
THOUSANDS = {"k": 1000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Moment:
    """When in training a file was saved, as far as its name says; `date` is (year, month, day, hour, minute, second).

    `bare` are whole numbers that stand by themselves, `joined` those that end a word, by that word.
    """

    epoch: int | None = None
    step: int | None = None
    date: tuple[int, ...] | None = None
    bare: tuple[int, ...] = ()
    joined: tuple[tuple[str, int], ...] = ()


def is_weights(name: str) -> bool:
    """Whether a file's name is that of weights, and of no optimiser or other state of a training.

    Example:
        >>> [is_weights(name) for name in ("model_1.pt", "optim_1.pt", "best.PTH.tar", "notes.txt")]
        [True, False, True, False]
    """
    return name.lower().endswith(ENDINGS) and not BESIDES.search(name)


def stem(name: str) -> str:
    """A file's name without what ends it."""
    ending = max((one for one in ENDINGS if name.lower().endswith(one)), key=len, default="")
    return name[: len(name) - len(ending)]


def moment(name: str) -> Moment:
    """What a name says.

    Example:
        >>> moment("val_loss=0.07-e11.pt").epoch, moment("第3轮.pth").epoch, moment("resnet20_10_acc91.pth").bare
        (11, 3, (10,))
    """
    text, date = _dated(stem(name))
    found: dict[str, int] = {}
    bare, joined = [], []
    for word, apart, number, unit in _numbers(MEASURE.sub("acc", DIGEST.sub(" ", text))):
        kind = "other" if word in NETWORKS and not apart else _kind(word, unit)
        if kind in {"epoch", "step"}:
            found.setdefault(kind, number)
        elif kind == "bare" and (apart or not word) and not unit:
            bare.append(number)
        elif kind == "bare" and word and not unit:
            joined.append((word, number))
    return Moment(found.get("epoch"), found.get("step"), date, tuple(bare), tuple(joined))


def _kind(word: str, unit: str) -> str:
    """What a number counts, by the unit behind it or the word before it."""
    for one in ((unit if len(unit) > 1 or not unit.isascii() else ""), word):
        if one in EPOCHS:
            return "epoch"
        if one in STEPS:
            return "step"
    return "other" if word in OTHERS else "bare"


def _numbers(text: str) -> Iterator[tuple[str, bool, int, str]]:
    """The word before each whole number, whether it stands apart, the number, and the unit behind it."""
    end = 0
    for match in NUMBER.finditer(text):
        word, end = WORD.search(text[end : match.start()]), match.end()
        behind = UNIT.match(text, end)
        if not match[0].isdecimal() or behind is None:
            continue
        unit = (behind["unit"] or "").lower()
        apart = bool(unit) and text[end + len(behind["thousands"] or "")] in " _-"
        number = int(match[0]) * THOUSANDS.get((behind["thousands"] or "").lower(), 1)
        known = unit if not apart or unit in EPOCHS | STEPS else ""
        yield (word[1].lower() if word else "", bool(word and word[2]), number, known)


def _dated(text: str) -> tuple[str, tuple[int, ...] | None]:
    """A text without its date, and the date."""
    found = DATE.search(text) or GERMAN.search(text)
    if found is None:
        return text, None
    parts = found.groupdict()
    date = tuple(int(parts.get(part) or 0) for part in ("year", "month", "day", "hour", "minute", "second"))
    return text[: found.start()] + " " + text[found.end() :], date
