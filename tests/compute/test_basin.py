import numpy as np
import pytest

from compute.basin import EXAMPLES, basin, probe
from compute.errors import LandscapeError
from compute.service import LandscapeService
from compute.settings import Settings
from compute.snapshot import JobState, Progress, Snapshot
from compute.store.memory import MemoryStore
from tests.compute.cases import CountingExecutor, HeldExecutor, surface, survey

SPANS = (0.25, 0.5, 1.0, 2.0)


def seen(span, loss):
    asked = probe(survey().query, span)
    shot = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 0, asked.lattice.size))
    shot.loss[:] = loss(*asked.lattice.grid())
    return basin(shot, classes=10)


@pytest.mark.parametrize("span", [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0])
def test_a_probe_spans_its_range_with_few_points_and_examples(span):
    asked = probe(survey().query, span)
    assert asked.lattice.reach == span
    assert 7 <= asked.lattice.shape[0] <= 13
    assert asked.query.data.size <= EXAMPLES
    assert asked.query.key == survey().query.key


def test_the_edge_decides_and_not_what_lies_within():
    inside = seen(1.0, lambda a, b: np.where(np.maximum(abs(a), abs(b)) < 1, 99.0, 0.5))
    assert (inside.median, inside.enough) == (0.5, False)
    assert seen(1.0, lambda a, b: a * 0 + 2.4).enough
    assert not seen(1.0, lambda a, b: a * 0 + 2.2).enough


def test_a_loss_that_is_no_number_lies_outside_every_basin():
    assert seen(1.0, lambda a, b: np.where(a > -0.9, np.nan, 0.1)).median == np.inf


def test_the_service_finds_the_narrowest_range_and_evaluates_no_wider_one():
    counting = CountingExecutor()
    service = LandscapeService(Settings(), MemoryStore(), [counting])
    found = service.basin(survey(), SPANS)
    edges = {span: np.median(edge(surface(probe(survey().query, span).lattice))) for span in SPANS}
    wanted = next((span for span in SPANS if edges[span] >= found.guess), SPANS[-1])
    assert (found.span, found.median) == (wanted, pytest.approx(edges[wanted]))
    asked = {progress.survey for progress in service.progress()}
    assert asked == {probe(survey().query, span).id for span in SPANS[: SPANS.index(wanted) + 1]}
    service.close()


def edge(loss):
    return np.concatenate([loss[0], loss[-1], loss[1:-1, 0], loss[1:-1, -1]])


def test_a_search_that_others_stop_is_a_sentence():
    service = LandscapeService(Settings(), MemoryStore(), [HeldExecutor()])
    service.open(probe(survey().query, SPANS[0]))
    service.cancel(probe(survey().query, SPANS[0]).id)
    service.open = lambda survey: None
    with pytest.raises(LandscapeError, match="interrupted by other work: ask again"):
        service.basin(survey(), SPANS)
