import pickle
import subprocess
import sys
from dataclasses import replace

import pytest

from compute.specs import DataRef, RandomPlane, StoredPlane
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
    ],
)
def test_whatever_changes_the_numbers_changes_the_key(change):
    assert change(query()).key != query().key


def test_more_examples_do_not_change_the_key_but_the_survey():
    one, more = survey(size=64), survey(size=65)
    assert one.query.key == more.query.key
    assert one.id != more.id


def test_references_pickle():
    assert pickle.loads(pickle.dumps(survey())) == survey()
