"""The marked epoch of a figure of training runs; assets/playback.js does the same on a page."""

from collections.abc import Sequence

from viewer.figures.encode import Figure


def moment(figure: Figure, epoch: float) -> Figure:
    """A figure in which each run is marked at its last checkpoint by an epoch, at its first where there is none."""
    return figure | {"data": [_placed(trace, epoch) if marks(trace) else trace for trace in figure["data"]]}


def marks(trace: Figure) -> bool:
    """Whether a trace marks an epoch."""
    return "now" in (trace.get("meta") or {})


def _placed(trace: Figure, epoch: float) -> Figure:
    meta = trace["meta"]
    places = [reached(run, epoch) for run in meta["epochs"]]
    axes = [axis for axis in "xyz" if axis in meta]
    moved = {axis: [run[place] for run, place in zip(meta[axis], places, strict=True)] for axis in axes}
    return trace | moved | {"meta": meta | {"at": epoch, "places": places}}


def reached(run: Sequence[float], epoch: float) -> int:
    """The place of a run's last checkpoint by an epoch.

    Example:
        >>> reached([0, 5, 10], 7), reached([5, 10], 0)
        (1, 0)
    """
    return max(0, sum(each <= epoch for each in run) - 1)


def wished(runs: Sequence[Sequence[float]], at: str) -> float:
    """The epoch that an address names: the first of any run that is not before it; the last where it names none.

    Example:
        >>> wished([[0, 5, 10], [0, 4]], "4.5"), wished([[0, 5], [0, 4]], ""), wished([[0, 5]], "9")
        (5, 5, 5)
    """
    epochs = rising(runs)
    return next((each for each in epochs if at and each >= float(at)), epochs[-1])


def rising(runs: Sequence[Sequence[float]]) -> list[float]:
    """The epochs of all runs, each once, in their order."""
    return sorted({epoch for run in runs for epoch in run})
