"""What the dialog asks about a checkpoint that has come."""

import pytest

from compute.adding import DataChoice
from viewer.pages import pairing
from viewer.pages.adding import described, followed, labelled, normalisation, questions, suiting

CHOICES = (
    DataChoice("digits", "digits", (1, 8, 8), 10),
    DataChoice("npz:/sets/ours.npz", "ours", (3, 32, 32), 7, True),
    DataChoice("text:/sets/prose.txt", "prose", (64,), 65),
    DataChoice("text:/sets/verse.txt", "verse", (64,), 40),
    DataChoice("folder:/sets/pets", "pets", (3, 64, 64), 2, True),
    DataChoice("cifar10", "cifar10", (3, 32, 32), 10, True, (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    DataChoice("cifar100", "cifar100", (3, 32, 32), 100, True, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
    DataChoice("study:points", "points", (2,), 3),
)


def candidate(shape, classes, architecture="resnet20"):
    return {"architecture": architecture, "shape": list(shape), "classes": classes, "differs": ""}


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.title)
def test_a_checkpoint_is_offered_the_data_of_its_own_shape_and_classes_first(choice):
    assert suiting(candidate(choice.shape, choice.classes), CHOICES) == choice


@pytest.mark.parametrize(
    ("shape", "classes", "chosen"),
    [
        ((3, 32, 32), 2, "pets"),  # a residual network takes images of any size, but has only so many outputs
        ((3, 32, 32), 1000, "ours"),
        ((1, 28, 28), 10, "digits"),
        ((64,), 3, "prose"),
        ((5, 9, 9), 11, "digits"),
    ],
)
def test_else_channels_count_before_classes_and_these_before_sides(shape, classes, chosen):
    assert suiting(candidate(shape, classes), CHOICES).title == chosen


@pytest.mark.parametrize(
    ("before", "architecture", "after"),
    [
        ("digits", candidate((3, 32, 32), 100), "cifar100"),
        ("cifar10", candidate((3, 32, 32), 10), "cifar10"),
        ("folder:/sets/pets", candidate((3, 32, 32), 1000), "npz:/sets/ours.npz"),
        ("cifar10", candidate((3, 32, 32), 1000), "cifar10"),
        (None, candidate((2,), 3), "study:points"),
    ],
)
def test_data_follow_another_architecture_only_where_others_suit_it_better(before, architecture, after):
    assert followed(architecture, CHOICES, before) == after


def test_each_is_told_with_its_shape_and_what_its_labels_are():
    assert [described(choice) for choice in CHOICES] == [
        "digits · 1 × 8 × 8 · 10 classes",
        "ours · 3 × 32 × 32 · 7 classes",
        "prose · sequences of 64 · 65 symbols",
        "verse · sequences of 64 · 40 symbols",
        "pets · 3 × 64 × 64 · 2 classes",
        "cifar10 · 3 × 32 × 32 · 10 classes",
        "cifar100 · 3 × 32 × 32 · 100 classes",
        "points · 2",
    ]


def test_raw_pixels_ask_for_a_mean_and_published_ones_are_filled_in():
    upload = {"file": "net.pt", "candidates": [candidate((3, 32, 32), 100), candidate((1, 8, 8), 10, "mlp")]}
    file, title, architectures, best, data, chosen, more, kept = questions(upload, CHOICES, "For others, fetch.")
    assert (file, title, best, chosen, more) == ("net.pt", "net", "resnet20", "cifar100", "For others, fetch.")
    assert [len(architectures), len(data)] == [2, 8]
    told = {choice.title: normalisation(kept, choice.name) for choice in CHOICES}
    asked = {title for title, (hidden, *_) in told.items() if not hidden}
    assert asked == {"ours", "pets", "cifar10", "cifar100"}
    assert told["cifar10"][1:] == ("0.4914, 0.4822, 0.4465", "0.2470, 0.2435, 0.2616")
    assert told["ours"][1:] == told["digits"][1:] == ("", "")
    assert normalisation([], None) == (True, "", "")


def test_pairs_by_order_are_shown_in_full_and_to_be_confirmed():
    near = candidate((1, 8, 8), 10, "mlp") | {"pairs": [["a.weight", "p0"], ["a.bias", "p1"]], "differs": "its names"}
    assert labelled(near) == "mlp · by order"
    text = str(pairing.pairs(near).to_plotly_json())
    assert all(name in text for name in ("a.weight", "p0", "a.bias", "p1"))
    told = "The file's names are not those of mlp, and tensors of one shape could change places unnoticed: look at"
    assert pairing.unconfirmed(near, False).startswith(told)
    assert pairing.unconfirmed(near, True) == ""
    named = candidate((1, 8, 8), 10, "mlp")
    assert (pairing.pairs(named), pairing.unconfirmed(named, False), labelled(named)) == (None, "", "mlp · fits")


def test_sets_of_weights_are_a_choice_where_there_are_several():
    several = candidate((1, 8, 8), 10) | {"weights": ["params_ema", "params"]}
    options, chosen, hidden = pairing.weights(several)
    assert ([one["value"] for one in options], chosen, hidden) == (["params_ema", "params"], "params_ema", False)
    assert pairing.weights(several | {"weights": ["net"]}) == ([], "auto", True)
    assert pairing.weights(pairing.candidate({}, None)) == ([], "auto", True)
