"""The data are named wherever losses are shown, and losses over different data are told apart."""

from dataclasses import replace

import pytest

from compute.specs import DataRef, ModelRef, Query, RandomPlane, Survey
from tests.compute.store.test_imports import npz
from tests.viewer.cases import STATE, snapshot
from viewer.data_names import examples_noun, not_comparable, surface_data
from viewer.figures.contour import contour
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.screen import brief, screen
from viewer.state import ViewState

DIGITS = DataRef("digits", "train", 256, digest="d1")
OTHERS = {
    "CIFAR-10": DataRef("cifar10", "train", 256, digest="c1"),
    "cifar10_mixed": DataRef("npz", "train", 256, path="/data/cifar10_mixed.npz", digest="c2"),
    "atlas": DataRef("text", "train", 256, path="texts/atlas.txt", digest="t1"),
    "flowers": DataRef("folder", "train", 256, path="/data/flowers", digest="f1"),
    "my-study": DataRef("study:my-study", "train", 256, digest="s1"),
    "digits 8 × 8": replace(DIGITS, split="test"),
    "digits 8 × 8, 20 % wrong labels": replace(DIGITS, noise=0.2),
}


def over(data):
    model = ModelRef("run", "fake", (1, 8, 8), 10, "run", "run")
    return Survey(Query(model, data, RandomPlane()), STATE.lattice())


@pytest.mark.parametrize("name", OTHERS)
def test_losses_over_other_data_do_not_compare_and_both_are_named(name):
    one, other = over(DIGITS), over(OTHERS[name])
    assert surface_data(other) == name
    for own, beside in ((one, other), (other, one)):
        badge, sentence = not_comparable(own, [one, other])
        assert badge == "losses do not compare"
        assert sentence.index(surface_data(own)) < sentence.rindex(surface_data(beside))


@pytest.mark.parametrize(
    ("shape", "noun"),
    [
        ((1, 8, 8), "images"),
        ((3, 32, 32), "images"),
        ((64,), "examples"),  # symbols in a row
        ((1, 1, 28), "examples"),  # a table's columns
        ((("a", (12,)), ("b", (3, 8, 8))), "examples"),  # several inputs
    ],
)
def test_examples_are_called_images_where_each_is_one(shape, noun):
    model = ModelRef("run", "fake", shape, 10, "run", "run")
    assert examples_noun(Survey(Query(model, DIGITS, RandomPlane()), STATE.lattice())) == noun


def test_losses_over_more_examples_of_the_same_data_compare():
    one = over(DIGITS)
    for other in (one, over(replace(DIGITS, size=64)), over(replace(DIGITS, noise_seed=4))):
        assert not_comparable(one, [one, other]) == ("", "")


def test_what_an_imported_surface_is_over_is_not_known(service):
    run = service.take_in("s.npz", npz(x=[-1.0, 0, 1], y=[-1.0, 0, 1], train_loss=[[1, 2, 3]] * 3))
    alone = screen(service, ViewState(models=(run,))).panels[0]
    assert (alone.data, alone.apart) == ("data not named", ("", ""))
    both = screen(service, ViewState(models=(run, "resnet20"))).panels[:2]
    assert [panel.apart[0] for panel in both] == ["losses may not compare"] * 2
    service.remove(run)


def test_cards_panels_and_colour_bars_name_the_data(service):
    panels = screen(service, ViewState(models=("resnet20", "vgg9"))).panels[:2]
    assert all(panel.meta.startswith("digits 8 × 8 · ") for panel in panels)
    assert [panel.apart for panel in panels] == [("", "")] * 2
    assert all(brief(card).endswith(" · digits 8 × 8") for card in service.cards())
    for kind in (surface, contour):
        figure = kind(snapshot(), Style())
        bars = [trace.get("colorbar") or trace.get("marker", {}).get("colorbar") for trace in figure["data"]]
        (title,) = [bar["title"]["text"] for bar in bars if bar]
        assert title.startswith("loss (log),<br>digits 8 × 8<br>")
