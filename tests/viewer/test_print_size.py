"""Sizes in print: a width in inches and type in points become a layout and a magnification."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from compute.errors import BadReference
from viewer.explore_export import sheet_of
from viewer.figures.together import HEAD
from viewer.paper import Paper
from viewer.print_size import NARROWEST, TYPE, WIDTHS, PrintSize
from viewer.screen import screen
from viewer.sheet import Sheet
from viewer.state import ViewState


@given(some.floats(1, 60), some.floats(4, 72))
def test_type_and_width_are_as_asked(inches, points):
    size = PrintSize(inches, points)
    if size.width < 40:
        return  # a sheet refuses it
    assert size.width * size.magnification / 96 == pytest.approx(inches)
    assert TYPE * size.magnification * 72 / 96 == pytest.approx(points, rel=0.5 / size.width)
    assert size.width * size.scale == pytest.approx(inches * 300)


@pytest.mark.parametrize("inches", [0, -1, 1e9, float("nan"), float("inf")])
def test_a_width_that_no_page_has_is_a_sentence(inches):
    with pytest.raises(BadReference, match="A printed figure has 1 to 60 inches wide, got"):
        PrintSize(inches)


@pytest.mark.parametrize("points", [0, 3.9, 100, float("nan")])
def test_type_that_nobody_reads_is_a_sentence(points):
    with pytest.raises(BadReference, match="The type of a printed figure has 4 to 72 points, got"):
        PrintSize(3.3, points)


def sheet(service, view="surface", models=("resnet20", "vgg9"), **paper):
    state = ViewState(models=models, view=view)
    return sheet_of(screen(service, state), state, Paper(**paper))


@pytest.mark.parametrize("inches", WIDTHS.values())
@pytest.mark.parametrize("models", [("resnet20",), ("resnet20", "vgg9"), ("resnet20", "vgg9", "mlp", "resnet56")])
def test_figures_keep_room_and_proportion_at_every_width(service, inches, models):
    found = sheet(service, models=models, inches=inches, points=8)
    across, (width, height) = found.grid.across, found.cell
    assert width >= min(NARROWEST, PrintSize(inches, 8).width)
    assert across * width <= PrintSize(inches, 8).width < across * width + across
    assert width / height == pytest.approx(4 / 3, rel=0.01)


def test_a_column_has_its_figures_below_one_another_and_a_page_beside(service):
    assert sheet(service, inches=3.3).grid.across == 1
    assert sheet(service, inches=6.9).grid.across == 2


def test_letters_count_all_figures_and_titles_stand_once(service):
    plain, lettered = (sheet(service, "both", inches=6.9, letters=letters) for letters in (False, True))
    assert plain.titles == ["ResNet-20", "VGG-9", "", ""]
    assert plain.grid.heads == (HEAD, 0)
    assert lettered.titles == ["(a) ResNet-20", "(b) VGG-9", "(c)", "(d)"]
    assert lettered.grid.heads == (HEAD, HEAD)


def test_a_single_figure_has_neither_title_nor_letter(service):
    assert sheet(service, models=("resnet20",), letters=True).titles == [""]


def test_type_has_eight_points_where_nobody_says_otherwise():
    part = {"address": "/api/figure/surface/a?height=log", "title": "A"}
    told = {"parts": [part], "across": 0, "width": 400, "height": 300, "ground": "page", "inches": 3.3}
    assert Sheet.read(told).size == PrintSize(3.3, 8)


@pytest.mark.parametrize(("inches", "points"), [("wide", 8), (3.3, "large"), ([3.3], 8), (3.3, None)])
def test_a_size_that_is_no_number_is_a_sentence(inches, points):
    part = {"address": "/api/figure/surface/a?height=log", "title": "A"}
    told = {"parts": [part], "across": 0, "width": 400, "height": 300, "ground": "page"}
    with pytest.raises(BadReference, match="An export needs"):
        Sheet.read(told | {"inches": inches, "points": points})
