"""What a race says: a row of JSON, and a table to read."""

from collections.abc import Iterator
from math import isfinite
from statistics import median

from compute.bench.adaptive import LATTICE
from compute.bench.race import Race
from compute.bench.responsiveness import Answers

Row = dict[str, object]


def row(race: Race) -> Row:
    """The figures of a case: medians; shares and errors as fractions; None where not measured."""
    plain, bare, exact, fast = (race.pps(name) for name in ("plain", "bare", "exact", "fast"))
    walks = [turn.walk for turn in race.rounds]
    pictures = [walk.first_picture for walk in walks if walk.first_picture is not None]
    found = {
        "network": race.case.network,
        "data": race.case.data,
        "examples": race.case.query.data.size,
        "plain_pps": plain,
        "bare_pps": bare,
        "exact_pps": exact,
        "fast_pps": fast,
        "path_pps": 1 / median(walk.seconds_per_point for walk in walks),
        "exact_over_plain": exact / plain,
        "fast_over_plain": fast / plain,
        "exact_over_bare": exact / bare,
        "fast_over_bare": fast / bare,
        "exact_max_rel": race.strays("exact", "reference"),
        "fast_max_rel": race.strays("fast", "reference"),
        "exact_from_plain_max_rel": race.strays("exact", "plain"),
        "fell_back": race.fell_back,
        **adaptive(race),
        "path_overhead": overhead(race),
        "path_points": walks[-1].points,
        "path_store": walks[0].store,
        "first_picture_share": median(picture.seconds for picture in pictures) * plain / LATTICE.size,
        "first_picture_examples": pictures[0].examples,
        "matmul_share": race.shares[0] if race.shares else None,
        "copy_share": race.shares[1] if race.shares else None,
        "repetitions": len(race.rounds),
    }
    return {name: tidy(value) for name, value in found.items()}


def adaptive(race: Race) -> Row:
    """The adaptive surface against the plain loop's projected time for every point of it."""
    surfaces = [turn.surface for turn in race.rounds if turn.surface]
    names = ("over_plain", "share", "max_error", "checked", "rounds")
    if not surfaces:
        return {f"adaptive65_{name}": None for name in names}
    seconds = median(surface.seconds for surface in surfaces)
    checked = min(race.effort.checked, LATTICE.size)
    gain = LATTICE.size / race.pps("plain") / seconds
    values = gain, surfaces[0].share, race.surface_error, checked, len(surfaces)
    return {f"adaptive65_{name}": value for name, value in zip(names, values, strict=True)}


def overhead(race: Race) -> float:
    """How much longer a point takes by the whole path than by the bare engine in the same round; the median."""
    return median(turn.walk.seconds_per_point / turn.seconds["fast"] - 1 for turn in race.rounds)


def tidy(value: object) -> object:
    """Four digits of a number; None for what JSON cannot say.

    Example:
        >>> tidy(3.14159), tidy(float("inf")), tidy("word")
        (3.142, None, 'word')
    """
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if isfinite(value) else None


def table(found: Row, bfloat16: bool) -> str:
    """A case to read."""
    return "\n".join(lines(found, bfloat16)) + "\n\n"


def lines(found: Row, bfloat16: bool) -> Iterator[str]:
    """The table's lines."""
    yield f"{found['network']} on {found['examples']} examples ({found['data']}), median of {found['repetitions']}"
    yield f"  {'':22}{'points/s':>10}{'x plain':>10}{'x bare':>10}   largest relative difference from float64"
    yield line(found, "plain loop", "plain")
    yield line(found, "bare forward pass", "bare")
    yield line(found, "engine, exact", "exact") + f"   {shown(found['exact_from_plain_max_rel'])} from the plain loop"
    yield line(found, "engine, fast", "fast") + fast_words(found, bfloat16)
    yield line(found, "whole path, fast", "path") + (
        f"   overhead {percent(found['path_overhead'])}, store {found['path_store']}, first 9 x 9 of "
        f"{found['first_picture_examples']} examples after {percent(found['first_picture_share'])} of the plain loop's "
        "time for 65 x 65"
    )
    yield f"  {'adaptive 65 x 65':22}" + adaptive_words(found)
    if found["copy_share"] is not None:
        yield f"  of the ceilings: matrix product {percent(found['matmul_share'])}, copy {percent(found['copy_share'])}"


def line(found: Row, title: str, name: str) -> str:
    """One contestant."""
    cells = [found[f"{name}_pps"], found.get(f"{name}_over_plain"), found.get(f"{name}_over_bare")]
    return (
        f"  {title:22}" + "".join(f"{shown(cell):>10}" for cell in cells) + f"   {shown(found.get(f'{name}_max_rel'))}"
    )


def fast_words(found: Row, bfloat16: bool) -> str:
    """What fast means here."""
    if not bfloat16:
        return "   the same as exact: no native bfloat16 here"
    return "   strayed too far, fell back to exact" if found["fell_back"] else ""


def adaptive_words(found: Row) -> str:
    """The adaptive surface in words."""
    if found["adaptive65_over_plain"] is None:
        return "not in a quick run"
    return (
        f"{'':10}{shown(found['adaptive65_over_plain']):>10}{'':10}   {percent(found['adaptive65_share'])} computed, "
        f"largest error {percent(found['adaptive65_max_error'])} of the log-loss range at "
        f"{found['adaptive65_checked']} points, in {found['adaptive65_rounds']} of {found['repetitions']} rounds"
    )


def answers(found: Answers) -> str:
    """How fast the server answers, to read."""
    return "\n".join(answer_lines(found)) + "\n\n"


def answer_lines(found: Answers) -> Iterator[str]:
    """A line for each kind of request."""
    for kind, title in (("page", "GET /"), ("slider", "a slider's callback")):
        idle, busy, ratio = (shown(found[name][kind]) for name in ("idle_ms", "busy_ms", "ratio"))
        yield f"{title:22}  95 % within {idle} ms idle, {busy} ms while a survey runs: x {ratio}"


def shown(value: object) -> str:
    """A figure, or nothing where there is none."""
    return "" if value is None else f"{value:.3g}"


def percent(value: object) -> str:
    """A share in percent."""
    return "unknown" if value is None else f"{value:.2%}"
