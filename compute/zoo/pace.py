"""Several trainings at one pace: which takes the next step, and how many epochs of each fit into a time."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from compute.errors import BadReference, LandscapeError
from compute.zoo.descent import Moment
from compute.zoo.recipe import Recipe, scaled
from compute.zoo.steps import Steps

WINDOW = 0.005
"""How far a training may be ahead of the slowest, as a share of its whole way: so short steps fill gaps."""

WAIT = 1e-4
"""Seconds to the next look whether the device has done steps."""

SAFETY = 0.95
"""The share of the time that is planned for: epochs end with work that the measured steps have not."""


@dataclass(slots=True)
class Track:
    """A training on its way: its moments to come (None: the device is busy), and of how many steps it has done some."""

    name: str
    moments: Iterator[Moment | None]
    total: int
    done: int = 0
    problem: LandscapeError | None = None
    ended: bool = False

    @property
    def share(self) -> float:
        """How far it has come, 0 to 1."""
        return self.done / max(self.total, 1)

    def take_step(self) -> Moment | None:
        """The next moment; None where the device is busy, or the training has ended, well or with a problem."""
        try:
            moment = next(self.moments)
        except StopIteration:
            self.ended = True
            return None
        except LandscapeError as problem:
            self.ended, self.problem = True, problem
            return None
        self.done = self.done if moment is None else moment.step
        return moment


def in_turn(tracks: Sequence[Track], late: Callable[[], bool] = lambda: False) -> Iterator[tuple[Track, Moment]]:
    """Steps all trainings until each is done, at the same share of its way each; gives their moments as they come.

    A training that fails leaves the others alone; its `problem` says why. Once it is `late` all stop.
    """
    active = list(tracks)
    while active and not late():
        limit, moved = min(track.share for track in active) + WINDOW, False
        for track in sorted(active, key=lambda track: track.share):
            moment = track.take_step() if track.share <= limit else None
            if moment is not None:
                moved = True
                yield track, moment
        active = [track for track in active if not track.ended]
        if active and not moved:
            time.sleep(WAIT)


def seconds_of_all(
    steps: Mapping[str, Steps],
    totals: Mapping[str, int],
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """How long it would take to take all networks through all their steps side by side, from a trial of some seconds.

    The trial takes each through the same share of its steps, so that long and short steps are mixed as they will be.
    It changes the networks.

    Args:
        steps: by name.
        totals: the steps of the whole training, by name.
        seconds: about how long the trial may take.
        clock: tells seconds.
    """
    least = 1 / min(totals.values())
    _trial(steps, totals, least, clock)  # the first steps are slower
    once = max(_trial(steps, totals, least, clock), 1e-6)
    share = min(least * max(int(seconds / once), 1), 1.0)
    return _trial(steps, totals, share, clock) / share


def _trial(steps: Mapping[str, Steps], totals: Mapping[str, int], share: float, clock: Callable[[], float]) -> float:
    """Seconds for a share of all steps; counted exactly, for a large batch's few steps are never a whole share."""
    counts = {name: max(ceil(share * total - 1e-9), 1) for name, total in totals.items()}
    begun = clock()
    for _ in in_turn([Track(name, _some(steps[name], count), count) for name, count in counts.items()]):
        pass
    return clock() - begun


def _some(steps: Steps, count: int) -> Iterator[Moment | None]:
    """So many steps, epochs after epochs; at the end the device has done them."""
    done = 0
    while done < count:
        for total in steps.epoch(0, {count - done}):
            if total is None:
                yield None
                continue
            done += 1
            yield Moment(done, 0.0)
            if done == count:
                return


def fitted(recipes: Mapping[str, Recipe], needed: float, available: float) -> dict[str, Recipe]:
    """The recipes shortened by one factor, rate schedules with them, so that all fit into a time; never lengthened.

    Args:
        recipes: by name.
        needed: seconds that all of them take side by side.
        available: seconds that there are.

    Raises:
        BadReference: not even one epoch of each fits.

    Example:
        >>> long, short = Recipe("", "mlp", epochs=300), Recipe("", "mlp", epochs=60)
        >>> [recipe.epochs for recipe in fitted({"long": long, "short": short}, 1000, 100 / SAFETY).values()]
        [30, 6]
    """
    share = min(SAFETY * available / needed, 1.0)
    epochs = {name: int(share * recipe.epochs + 1e-9) for name, recipe in recipes.items()}
    short = [name for name, count in epochs.items() if count < 1]
    if short or available <= 0:
        least = max(needed / recipe.epochs for recipe in recipes.values()) / SAFETY
        raise BadReference(
            f"One epoch of each run takes about {least / 60:.2g} minutes side by side, but beside the start and the "
            f"evaluation {max(available, 0) / 60:.2g} are left: give more with --minutes, or train fewer."
        )
    return {name: scaled(recipe, epochs[name]) for name, recipe in recipes.items()}
