"""What the dialog asks about a checkpoint that has come."""

from dataclasses import asdict

import pytest

from compute.adding import Candidate, DataChoice, DataFit
from compute.card import SurfaceCard
from viewer.pages import pairing
from viewer.pages.adding import labelled, questions
from viewer.pages.choosing import described, options, preselected, published
from viewer.pages.own import destination

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


def near(shape, classes):
    return Candidate("resnet20", shape, classes, "")


def candidate(shape, classes, architecture="resnet20"):
    return {"architecture": architecture, "shape": list(shape), "classes": classes, "differs": ""}


def fitting(*titles):
    """What a service tells that only data of some titles fit."""
    return DataFit(tuple(choice.name for choice in CHOICES if choice.title in titles), "It takes images.")


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.title)
def test_data_of_a_networks_own_shape_and_classes_are_preselected_where_they_fit(choice):
    fit = fitting(*(other.title for other in CHOICES))
    assert preselected(near(choice.shape, choice.classes), fit, CHOICES, [], None) == choice.name
    assert preselected(near(choice.shape, choice.classes), fitting(), CHOICES, [], None) is None


@pytest.mark.parametrize(
    ("classes", "fits", "dropped", "chosen", "then"),
    [
        (10, ("ours", "cifar10"), [], None, "cifar10"),  # fewer classes fit, but nobody asked for them
        (10, ("ours",), [], None, None),
        (10, ("ours", "cifar10"), ["npz:/sets/ours.npz"], None, "npz:/sets/ours.npz"),
        (10, ("ours", "cifar10"), ["npz:/sets/ours.npz"], "cifar10", "npz:/sets/ours.npz"),
        (10, ("ours", "cifar10"), ["digits"], "npz:/sets/ours.npz", "npz:/sets/ours.npz"),
        (10, ("cifar10",), ["npz:/sets/ours.npz", "digits"], "digits", "cifar10"),
        (2, ("pets",), [], "digits", "folder:/sets/pets"),  # of another size, which a residual network takes
        (1000, (), ["digits"], "digits", None),
    ],
)
def test_what_was_dropped_comes_before_what_was_chosen_and_nothing_that_does_not_fit(
    classes, fits, dropped, chosen, then
):
    assert preselected(near((3, 32, 32), classes), fitting(*fits), CHOICES, dropped, chosen) == then


def test_data_that_do_not_fit_cannot_be_chosen_and_say_so():
    listed = options(CHOICES, fitting("pets", "cifar10"))
    assert [one["value"] for one in listed[:2]] == ["folder:/sets/pets", "cifar10"]
    assert [bool(one.get("disabled")) for one in listed] == [False] * 2 + [True] * 6
    assert listed[2]["label"] == "digits · 1 × 8 × 8 · 10 classes · does not fit"


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
    file, title, architectures, best = questions(upload)
    assert (file, title, best, len(architectures)) == ("net.pt", "net", "resnet20", 2)
    kept = [asdict(choice) for choice in CHOICES]
    told = {choice.title: published(kept, choice.name) for choice in CHOICES}
    assert {title for title, (raw, *_) in told.items() if raw} == {"ours", "pets", "cifar10", "cifar100"}
    assert told["cifar10"][1:] == ("0.4914, 0.4822, 0.4465", "0.2470, 0.2435, 0.2616")
    assert told["ours"][1:] == told["digits"][1:] == ("", "")
    assert published([], None) == (False, "", "")


class Cards:
    """A service of which only the cards are asked."""

    def cards(self):
        surface = SurfaceCard("import:bowl", "bowl", "bowl.h5", (9, 9), ("train",))
        curve = SurfaceCard("import:line", "line", "line.h5", (1, 9), ("train",))
        return surface, curve


@pytest.mark.parametrize(
    ("path", "search", "runs", "address"),
    [
        ("/trajectory/", "models=vgg9", ["added:net"], "/?models=added:net"),
        ("/profile/", "models=vgg9&view=line", ["added:net"], "/profile/?models=vgg9,added:net&view=line"),
        ("/profile/", "", ["import:line"], "/profile/?models=import:line"),
        ("/profile/", "", ["import:bowl"], "/?models=import:bowl"),
        ("/profile/", "", ["import:line", "import:bowl"], "/?models=import:line,import:bowl"),
        ("/trajectory/", "", [f"added:{n}" for n in range(6)], "/?models=added:2,added:3,added:4,added:5"),
    ],
)
def test_another_page_leads_to_where_what_was_added_shows(path, search, runs, address):
    assert destination(Cards(), path, search, runs) == address


def test_pairs_by_order_are_shown_in_full_and_to_be_confirmed():
    ordered = candidate((1, 8, 8), 10, "mlp") | {
        "pairs": [["a.weight", "p0"], ["a.bias", "p1"]],
        "differs": "its names",
    }
    assert labelled(ordered) == "mlp · by order"
    text = str(pairing.pairs(ordered).to_plotly_json())
    assert all(name in text for name in ("a.weight", "p0", "a.bias", "p1"))
    told = "The file's names are not those of mlp, and tensors of one shape could change places unnoticed: look at"
    assert pairing.unconfirmed(ordered, False).startswith(told)
    assert pairing.unconfirmed(ordered, True) == ""
    named = candidate((1, 8, 8), 10, "mlp")
    assert (pairing.pairs(named), pairing.unconfirmed(named, False), labelled(named)) == (None, "", "mlp · fits")


def test_sets_of_weights_are_a_choice_where_there_are_several():
    several = candidate((1, 8, 8), 10) | {"weights": ["params_ema", "params"]}
    options, chosen, hidden = pairing.weights(several)
    assert ([one["value"] for one in options], chosen, hidden) == (["params_ema", "params"], "params_ema", False)
    assert pairing.weights(several | {"weights": ["net"]}) == ([], "auto", True)
    assert pairing.weights(pairing.candidate({}, None)) == ([], "auto", True)
