"""The numbers behind the charts of lines and weights, as files."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from compute.errors import UnknownName
from viewer.charts import network

if TYPE_CHECKING:
    from compute.service import LandscapeService

KINDS = ("h5", "npz", "csv")
"""The files' endings."""


def written(service: "LandscapeService", chart: str, names: str, kind: str) -> bytes:
    """A chart's numbers, named as its figure is.

    Raises:
        LandscapeError: there is no such chart, kind of file, survey, run or network.
    """
    if chart not in TABLES:
        raise UnknownName("kind of chart", chart, TABLES)
    return TABLES[chart](service, names, kind)


def _lines(service: "LandscapeService", names: str, kind: str) -> bytes:
    return service.export_lines(names.replace(";", ",").split(","), kind)


def _norms(service: "LandscapeService", names: str, kind: str) -> bytes:
    each = [service.norms(run) for run in names.split(",")]
    steps = [np.nan if step is None else step for found in each for step in found.steps]
    runs = np.array([found.run for found in each for _ in found.steps], dtype=str)
    columns = {"run": runs, "epoch": np.array(steps), "norm": np.concatenate([found.norms for found in each])}
    return service.export_table(columns, {"runs": names.split(",")}, kind)


def _weights(service: "LandscapeService", names: str, kind: str) -> bytes:
    models = [network(service, name) for name in names.split(",")]
    found = service.histograms(models)
    columns = {"low": found.edges[:-1], "high": found.edges[1:]}
    columns |= {f"share_{number}": shares for number, shares in enumerate(found.shares, start=1)}
    facts = [model.identity() | {"run": model.run, "step": model.step} for model in models]
    return service.export_table(columns, facts, kind)


TABLES: Mapping[str, Callable[["LandscapeService", str, str], bytes]] = {
    "line": _lines,
    "norms": _norms,
    "weights": _weights,
}
