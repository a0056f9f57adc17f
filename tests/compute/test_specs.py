import pickle
import subprocess
import sys
from dataclasses import replace

import pytest

from compute.errors import BadLattice, BadReference
from compute.lattice import Lattice
from compute.specs import Cut, DataRef, RandomPlane, Segment, StoredPlane, Survey, ThroughPlane, TrajectoryPlane
from tests.compute.cases import query, survey


def test_a_key_is_the_same_in_another_process():
    code = "from tests.compute.cases import query, survey; print(query().key, survey().id)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == [query().key, survey().id]


def test_where_the_weights_lie_does_not_change_the_key():
    one = query()
    assert replace(one, model=replace(one.model, path="/elsewhere", run="renamed", step=7)).key == one.key


@pytest.mark.parametrize(
    "change",
    [
        lambda q: replace(q, model=replace(q.model, digest="other")),
        lambda q: replace(q, model=replace(q.model, architecture="vgg9")),
        lambda q: replace(q, data=replace(q.data, split="test")),
        lambda q: replace(q, data=replace(q.data, seed=1)),
        lambda q: replace(q, data=DataRef("digits", "train", 64, mean=(0.5,))),
        lambda q: replace(q, plane=RandomPlane(1)),
        lambda q: replace(q, plane=RandomPlane(0, "layer")),
        lambda q: replace(q, plane=StoredPlane("d.h5", "digest")),
        lambda q: replace(q, plane=TrajectoryPlane((step(q, "a"), step(q, "b")))),
        lambda q: replace(q, plane=ThroughPlane(step(q, "a"))),
        lambda q: replace(q, plane=Segment(step(q, "a"))),
        lambda q: replace(q, plane=Cut(q.plane, (0.0, 0.0), (1.0, 0.0))),
        lambda q: replace(q, model=replace(q.model, rescale=10.0)),
    ],
)
def test_whatever_changes_the_numbers_changes_the_key(change):
    assert change(query()).key != query().key


def step(asked, digest):
    return replace(asked.model, digest=digest)


def test_planes_through_networks_have_keys_of_their_own():
    one = query()
    a, b, c = (step(one, name) for name in "abc")
    planes = [
        *(TrajectoryPlane((a, b)), TrajectoryPlane((a, b, c)), TrajectoryPlane((a, b), "biasbn"), ThroughPlane(a)),
        *(TrajectoryPlane((a, replace(b, rescale=2.0))), ThroughPlane(replace(a, rescale=2.0))),
        *(ThroughPlane(b), ThroughPlane(a, seed=1), ThroughPlane(a, b), ThroughPlane(b, a)),
    ]
    assert len({replace(one, plane=plane).key for plane in planes}) == len(planes)


def test_lines_have_keys_of_their_own():
    one = query()
    a, b = step(one, "a"), step(one, "b")
    lines = [
        *(Segment(a), Segment(b), Segment(a, "frozen"), Segment(a, "recomputed"), Segment(a, part="layers.0")),
        *(Segment(replace(a, rescale=10.0)), Cut(ThroughPlane(a), (0, 0), (1, 0)), Cut(RandomPlane(), (0, 0), (1, 0))),
        *(Cut(RandomPlane(), (0, 0), (0, 1)), Cut(RandomPlane(), (0, 1), (0, 0))),
    ]
    assert len({replace(one, plane=line).key for line in lines}) == len(lines)


def test_a_network_that_is_not_rescaled_keeps_the_identity_it_always_had():
    assert query().model.identity().keys() == {"architecture", "shape", "classes", "digest"}


def test_a_line_has_no_breadth_and_a_cut_two_points():
    asked = replace(query(), plane=Segment(query("other").model))
    assert Survey(asked, Lattice.spanning(7, (-0.5, 1.5))).lattice.shape == (1, 257)
    with pytest.raises(BadLattice, match="A line is a lattice of one row at β = 0, got 3 rows"):
        Survey(asked, Lattice(0, (-1, 1), (-1, 1)))
    for point in ((0.5, 0.5), (float("nan"), 0.0)):
        with pytest.raises(BadReference, match="A cut goes from one point of a plane to another, got"):
            Cut(RandomPlane(), (0.5, 0.5), point)


def test_a_line_is_asked_for_losses_only():
    with pytest.raises(BadReference, match="got a line: ask for its losses"):
        replace(query(), plane=Segment(query("other").model), measure="gradient")


def test_neither_the_order_of_checkpoints_nor_a_seed_that_is_not_used_changes_the_key():
    one = query()
    a, b = step(one, "a"), step(one, "b")
    for same, other in (
        (TrajectoryPlane((a, b)), TrajectoryPlane((b, a))),
        (ThroughPlane(a, b, seed=1), ThroughPlane(a, b, seed=2)),
    ):
        assert replace(one, plane=same).key == replace(one, plane=other).key


@pytest.mark.parametrize("change", [{"architecture": "vgg9"}, {"classes": 100}, {"shape": (3, 32, 32)}])
def test_a_plane_through_another_architecture_is_refused(change):
    other = replace(query("other").model, **change)
    through = ThroughPlane(query().model, other)
    for plane in (TrajectoryPlane((query().model, other)), through, Segment(other), Cut(through, (0, 0), (1, 0))):
        with pytest.raises(BadReference, match="Networks on one plane need one architecture, got mlp for 10 "):
            replace(query(), plane=plane)


def test_more_examples_do_not_change_the_key_but_the_survey():
    one, more = survey(size=64), survey(size=65)
    assert one.query.key == more.query.key
    assert one.id != more.id


def test_references_pickle():
    assert pickle.loads(pickle.dumps(survey())) == survey()
