"""What answers queries is prepared once and kept."""

from compute.jobs import build
from compute.settings import ROOT
from compute.specs import Query, RandomPlane
from compute.zoo import gallery
from compute.zoo.datasets import data_ref


def test_a_worker_keeps_what_it_has_room_for_and_four_at_least(monkeypatch):
    monkeypatch.setattr(build, "_ready", type(build._ready)())
    steps = gallery.trajectory([ROOT / "data" / "gallery"], "mlp")[:7]
    queries = [Query(step, data_ref("digits:train:64"), RandomPlane()) for step in steps]
    made = [build.ready(query) for query in queries]
    assert [build.ready(query) for query in queries] == made
    monkeypatch.setattr(build, "ROOM", 1)
    build.ready(queries[0])
    assert len(build._ready) == build.KEPT
