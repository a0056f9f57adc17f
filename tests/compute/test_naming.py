"""Texts name planes, and what is wrong with one is said in a sentence."""

from dataclasses import replace
from functools import partial

import pytest

from compute.errors import LandscapeError
from compute.naming import plane
from compute.settings import ROOT
from compute.specs import RandomPlane, ThroughPlane, TrajectoryPlane
from compute.zoo.gallery import find, trajectory

FOLDERS = [ROOT / "data" / "gallery"]
STEPS = trajectory(FOLDERS, "mlp")


def named(text):
    return plane(text, find(FOLDERS, "mlp"), partial(trajectory, FOLDERS))


def test_random_planes_are_named_by_their_options():
    assert named("random:seed=3,norm=layer") == RandomPlane(3, "layer")
    assert named("random:") == RandomPlane()


def test_planes_say_which_parameters_they_leave_alone_or_move():
    chosen = named("random:ignore=biasbn+frozen,only=head+*lora_*")
    assert chosen == RandomPlane(0, "filter", "biasbn+frozen", "head+*lora_*")
    assert named("trajectory:only=head") == TrajectoryPlane(STEPS, "none", "head")
    assert chosen.identity() != replace(chosen, only="head").identity()
    assert "only" not in RandomPlane().identity()  # or no surface that ships would be found again


def test_a_trajectory_is_the_models_own_unless_others_are_named():
    assert named("trajectory:") == TrajectoryPlane(STEPS)
    assert named("trajectory:skip=8,ignore=biasbn") == TrajectoryPlane(STEPS[2:], "biasbn")
    assert named("trajectory:runs=mlp+resnet20,skip=1").checkpoints == (
        *STEPS[1:],
        *trajectory(FOLDERS, "resnet20")[1:],
    )


def test_networks_are_named_by_their_run_and_epoch():
    assert named("through:mlp@0") == ThroughPlane(STEPS[0])
    assert named("through:mlp@0,seed=4") == ThroughPlane(STEPS[0], seed=4)
    assert named("through:mlp@8,resnet20") == ThroughPlane(STEPS[2], find(FOLDERS, "resnet20"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing:", "Unknown plane 'nothing': choose one of file, random, segment, through, trajectory"),
        ("file:/nowhere.h5", "directions need a file, there is none at '/nowhere.h5'"),
        ("random:sed=1", "Unknown option of a random plane 'sed': choose one of ignore, norm, only, seed"),
        ("random:seed=-1", "A plane's seed must be a whole number from 0 up, got '-1'"),
        ("trajectory:skip=two", "The epochs to skip must be a whole number from 0 up, got 'two'"),
        ("trajectory:runs=nothing", "Unknown run 'nothing'"),
        ("through:", "needs one or two beside the model, as in through:RUN@EPOCH,RUN, got ''"),
        ("through:mlp@0,mlp@4,mlp@8", "needs one or two beside the model"),
        ("through:mlp@3", "A checkpoint of mlp should be of epoch 0, 4, .*, got '3': choose one"),
        ("through:mlp@", "should be of epoch 0, 4, .*, got ''"),
        ("segment:mlp@3", "should be of epoch 0, 4, .*, got '3'"),
        ("through:mlp,norm=layer", "Unknown option of a plane through networks 'norm': choose one of seed"),
    ],
)
def test_what_names_no_plane_is_refused(text, message):
    with pytest.raises(LandscapeError, match=message):
        named(text)
