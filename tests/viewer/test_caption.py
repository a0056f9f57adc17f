"""Words about a picture: every parameter is named, and the literature parses."""

from dataclasses import replace

import bibtexparser
import numpy as np
import pytest

from compute.card import ModelCard, SurfaceCard
from compute.deviation import Deviation
from compute.grid import Grid
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import DataRef, Imported, RandomPlane, StoredPlane, ThroughPlane, TrajectoryPlane
from compute.zoo import datasets
from tests.viewer.cases import bowl, snapshot
from viewer import citations
from viewer.caption import Subject, caption
from viewer.citations import bibtex
from viewer.figures.style import Style
from viewer.sheet import literature
from viewer.version import version

METHODS = [citations.GOODFELLOW, citations.GARIPOV, citations.KESKAR, citations.DINH, citations.DESLAURIERS]
CARD = ModelCard("run", "ResNet-20", "resnet20", "digits", 272_474, "SGD, 60 epochs", 0.01, 0.004, 0.05, 0.014)


def subject(
    style=None,
    card=CARD,
    law=bowl,
    plane=None,
    data=None,
    precision="exact",
    tolerance=0.0,
    shape=(1, 8, 8),
    **progress,
):
    shot = snapshot(law)
    query = replace(shot.survey.query, precision=precision, model=replace(shot.survey.query.model, shape=shape))
    query = replace(query, plane=plane or query.plane, data=data or query.data)
    told = replace(shot.progress, **{"state": JobState.DONE, "standard_error": 0.0234, **progress})
    survey = replace(shot.survey, query=query, tolerance=tolerance)
    return Subject(card, replace(shot, survey=survey, progress=told), style or Style(), 1437)


def test_every_parameter_is_named():
    plane, data = RandomPlane(7, "layer"), DataRef("digits", "test", 256)
    asked = subject(
        Style(statistic="class:3", colours="magma"), plane=plane, data=data, precision="fast", tolerance=0.01
    )
    text = caption([asked])
    for words in (
        *(
            "ResNet-20",
            "resnet20",
            "272,474 parameters",
            "test error 1.4 %,",
            "digits",
            "SGD, 60 epochs",
        ),
        *(
            "test set",
            "256 of 1,437 images",
            "Standard error of the loss: 0.023",
            "seed 7",
            "each layer scaled",
            "BatchNorm",
        ),
        *("17 × 17", "α from −1 to 1", "β from −1 to 1", "0.125 apart", "bfloat16", "1 % of the range of log-loss"),
        *("class 3 only", "decimal logarithm", "magma", f"Loss Atlas {version()}"),
        *(
            "Local minima of the loss: 1, among points 0.125 apart.",
            "Interpolated: no point, within an estimated 1 % of the range of log-loss.",
            "θ* + α δ + β η",
            "Li et al. (2018)",
        ),
    ):
        assert words in text


def test_what_is_the_same_is_said_once_and_what_differs_by_name():
    other = replace(CARD, title="VGG-9", architecture="vgg9")
    text = caption([subject(), subject(card=other, law=lambda a, b: np.cos(9 * a) + np.cos(9 * b) + 3)])
    assert text.startswith("Loss landscapes around ResNet-20 and VGG-9: ")
    assert text.count("seed 0") == 1
    assert "ResNet-20: 1, among points 0.125 apart; VGG-9: " in text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (subject(plane=StoredPlane("directions.h5", "0123456789abcdef")), "read from a file (digest 0123456789ab)"),
        (subject(plane=RandomPlane(ignore="none")), "biases and BatchNorm parameters are moved too"),
        (subject(Style(quantity="accuracy")), "Height: accuracy, mean of the images, linear."),
        (subject(state=JobState.RUNNING, share=0.999), "Unfinished: 99 % of the work is done."),
        (subject(nonfinite=3), "Left out: 3 points whose loss is NaN or infinite."),
        (
            subject(precision="fast", fast_error=Deviation(0.012, 0.004, 0.0001, 0.00002)),
            "compared with float32 it errs by up to 0.4 % of the range of log-loss, 0.002 % at the model.",
        ),
        (
            subject(Style(height="linear"), precision="fast", fast_error=Deviation(0.012, 0.004, 0.0001, 0.00002)),
            "errs by up to 1.2 % of the loss (of 1 where it is lower), 0.01 % at the model.",
        ),
        (
            subject(precision="fast", fast_error=Deviation(0.012, 0.004)),
            "errs by up to 0.4 % of the range of log-loss.",
        ),
        (subject(Style(statistic="tempered:0.5")), "T = 0.5 (weights ∝ exp(-loss / T)), decimal"),
        (
            subject(precision="fast", fell_back=True, reused=9),
            "its error was above 2 %, so every point was computed in",
        ),
        (subject(data=DataRef("digits", "train", 64, seed=5)), "training set, the first 64 of 1,437 images in"),
        (
            subject(data=DataRef("npz", "train", 64, path="/home/me/ours.npz", noise=0.2, noise_seed=3)),
            "npz ours.npz, training set, the first 64 of 1,437 images, 20 % of the labels made wrong by seed 3,",
        ),
        (subject(shape=(16,)), "in evaluation mode; the mean over the 16 places of a sequence, accuracy of its last."),
    ],
)
def test_what_is_special_is_told(asked, words):
    assert words in caption([asked])


@pytest.mark.parametrize(
    ("kinds", "style", "told"),
    [
        (("surface",), Style(levels="paper"), {"Lines on the surface": "evenly spaced"}),
        (("contour",), Style(levels="paper"), {"Contour levels": "0.1, 0.6 ... 9.6 and powers of ten, as in"}),
        (("contour",), Style("slope", levels="log"), {"Contour levels": "eight to a decade of in-plane slope"}),
        (("contour",), Style("accuracy", levels="log"), {"Contour levels": "evenly spaced"}),
        (("contour",), Style(levels="linear", against="VGG"), {"Contour levels": "evenly spaced"}),
        (("seeds",), Style(levels="linear"), {}),
        (
            ("surface", "contour"),
            Style(levels="linear"),
            {"Lines on the surface": "evenly spaced", "Contour levels": "even in loss"},
        ),
    ],
)
def test_lines_are_told_of_as_they_are_drawn(kinds, style, told):
    text = caption([replace(subject(style), kinds=kinds)])
    for topic in ("Contour levels", "Lines on the surface"):
        assert (topic in text) == (topic in told)
    assert all(f"{topic}: {words}" in text for topic, words in told.items())


def test_a_surface_that_has_no_lines_is_not_said_to_have_any():
    going = subject(state=JobState.RUNNING)
    going.snapshot.known[0] = False
    assert "Lines on the surface" not in caption([going])


def test_an_imported_surface_tells_its_data_and_what_its_file_marks():
    grid = Grid((-1.0, 0.0, 1.0), (-1.0, 1.0))
    surface = Imported("import:theirs", "theirs.h5", "digest", "test", grid)
    card = SurfaceCard("import:theirs", "theirs", "theirs.h5", grid.shape, ("test",))
    shot = Snapshot.empty(surface, Progress(surface.id, JobState.DONE, 6, 6))
    shot.loss[:], shot.known[:] = 1.0, True
    assert "Surface: imported from theirs.h5, test set." in caption([Subject(card, shot, Style(), None)])
    assert "Interpolated" not in caption([Subject(card, shot, Style(), None)])  # which a file need not say
    shot.interpolated[0, 0], shot.known[0, 0] = True, False
    text = caption([Subject(card, replace(shot, survey=replace(surface, split="")), Style(), None)])
    assert "Surface: imported from theirs.h5, data not named." in text
    assert "Interpolated: 17 % of the points, as the file marks them." in text


def test_an_unfinished_picture_tells_the_examples_it_rests_on_and_not_those_asked_for():
    going = {"state": JobState.RUNNING, "examples": 128, "wanted": 512, "share": 0.25}
    text = caption([subject(data=DataRef("digits", "train", 512), **going)])
    assert "Data: digits 8 × 8, training set, so far the first 128 of the 512 asked for, of 1,437 images" in text
    assert "Unfinished: 25 % of the work is done." in text  # every point is known, over few examples
    partly = subject(data=DataRef("digits", "train", 512), **going)
    partly.snapshot.examples[:4], partly.snapshot.known[8:] = 512, False
    text = caption([partly])
    assert "so far the first 128 (some points on more) of the 512 asked for" in text
    assert "25 % of the work is done, 47 % of the points are known, the rest is drawn from coarser ones." in text
    assert "the first 512 of" in caption([subject(data=DataRef("digits", "train", 512), examples=512, wanted=512)])


def test_what_is_not_known_is_not_told():
    assert "Standard error" not in caption([subject(standard_error=None)])
    assert "Unfinished" not in caption([subject()])


def entries(text):
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    return {entry.key: {field.key: field.value for field in entry.fields} for entry in library.entries}


def test_the_literature_is_what_a_view_uses():
    assert list(entries(bibtex([("mlp", "npz")]))) == ["li2018visualizing"]
    everything = entries(bibtex([("resnet56-noshort", "digits"), ("vgg9-slim", "digits"), ("resnet20", "digits")]))
    assert list(everything) == ["li2018visualizing", "he2016deep", "simonyan2015very", "alpaydin1998optical"]
    assert list(entries(bibtex([("vgg110", "npz")]))) == ["li2018visualizing", "he2016deep"]
    wide = ["li2018visualizing", "he2016deep", "zagoruyko2016wide", "krizhevsky2009learning"]
    assert list(entries(bibtex([("wrn56-k4-noshort", "cifar10")]))) == wide


def test_data_and_architectures_are_cited_by_the_names_that_they_go_by():
    for name in citations.DATA:
        assert name in datasets.SOURCES
        assert len(entries(bibtex([("mlp", name)]))) == 2
    for name, keys in (
        ("torchvision:resnet18", ["he2016deep"]),
        ("torchvision:vgg16_bn", ["simonyan2015very"]),
        ("torchvision:wide_resnet50_2", ["he2016deep", "zagoruyko2016wide"]),
        ("torchvision:mobilenet_v2", ["sandler2018mobilenetv2"]),
        ("torchvision:vit_b_16", ["dosovitskiy2021image"]),
        ("study:resnet@0123", []),  # which may be anything
    ):
        assert list(entries(bibtex([(name, "npz")])))[1:] == keys


def test_a_method_is_cited_where_it_was_used_and_nowhere_else():
    def keys(**options):
        partly = options.pop("interpolated", False)
        one = subject(**options)
        one.snapshot.interpolated[1] = partly
        return list(entries(literature([one])))[1:-2]  # without the first, which all have, the network and the data

    model = subject().snapshot.survey.query.model
    other = replace(model, digest="other")
    assert keys() == keys(tolerance=0.01) == []
    assert keys(interpolated=True) == ["deslauriers1989symmetric"]
    assert keys(plane=ThroughPlane(other)) == keys(plane=ThroughPlane(other, other)) == ["garipov2018loss"]
    assert keys(plane=TrajectoryPlane((other,))) == []


def test_every_entry_has_authors_a_title_and_a_year():
    for fields in entries(
        bibtex([(name, data) for name in citations.ARCHITECTURES for data in citations.DATA], METHODS)
    ).values():
        assert {"author", "title", "year"} <= set(fields)
        assert fields["year"].isdecimal()
        assert all(name.count(",") == 1 for name in " ".join(fields["author"].split()).split(" and "))


def test_every_plane_is_told_with_what_does_not_move():
    shot = subject().snapshot.survey.query.model
    one, other = replace(shot, step=3), replace(shot, step=9)
    for plane, words in (
        (RandomPlane(3), "of seed 3, each filter scaled"),
        (StoredPlane("directions.h5", "0123456789abcdef"), "read from a file"),
        (TrajectoryPlane((one, other)), "two principal components of 2 checkpoints of"),
        (TrajectoryPlane((one, other), "biasbn"), "biases and BatchNorm parameters are not moved"),
        (ThroughPlane(one, seed=5), "after epoch 3 at (1, 0), η random of seed 5, each filter scaled"),
        (ThroughPlane(one, other), "after epoch 9 at β = 1, made orthogonal to δ"),
    ):
        text = caption([subject(plane=plane)])
        assert words in text
        assert "BatchNorm statistics are those of θ* everywhere" in text
