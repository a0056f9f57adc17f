"""The pages in Firefox: they draw, turn, stream and export there as well."""

import os

import pypdf
import pytest
from PIL import Image

from tests.browser.conftest import SETTLED
from tests.browser.firefox import FIREFOX, RIGHT, XVFB, Firefox
from tests.browser.test_adding import DROP
from tests.browser.test_profile import DRAWN
from tests.browser.test_trajectory import SHOWN
from tests.compute.store.test_imports import as_the_public_code_does

pytestmark = pytest.mark.browser

SURFACE = "document.querySelector('.panel:not([hidden]) .figure.surface')"


def item(selector, words):
    """The element of a selector that has these words, as a JavaScript expression."""
    return f"[...document.querySelectorAll({selector!r})].find((node) => node.textContent.trim() === {words!r})"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    if FIREFOX is None or XVFB is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Firefox or no Xvfb on the PATH")
    firefox = Firefox(tmp_path_factory.mktemp("firefox"))
    yield firefox
    firefox.close()


@pytest.fixture
def firefox(started, served):
    """The page, and the service behind it; nothing may be said on its console."""
    served[0].forget()
    yield started
    started.open("about:blank")
    complaints, started.complaints = started.complaints, []
    assert complaints == []


def settle(firefox, panels=1):
    firefox.wait(f"({SETTLED})({panels})", seconds=120)


def export(firefox, kind):
    """The file that an entry of the first panel's export menu saves."""
    before = set(firefox.downloads.iterdir())
    firefox.click("document.querySelector('.panel:not([hidden]) [aria-label=\"Export\"]')")
    firefox.click(item('[role="menuitem"]', kind))
    return firefox.downloaded(before)


def test_a_surface_streams_in_is_turned_and_saved(firefox, served):
    service, address = served
    service.hold()
    firefox.open(address + "?models=resnet20,vgg9&look=plotly")
    service.step(8)
    firefox.wait(f"{SURFACE}?.data?.[0].meta?.heights")  # provisional
    service.release()
    settle(firefox, 2)
    firefox.drag(SURFACE, by=(60, 20))
    firefox.wait("location.search.includes('camera=')")
    image = Image.open(export(firefox, "PNG")).convert("RGB")
    assert len(image.getcolors(image.width * image.height)) > 500
    assert export(firefox, "HDF5").read_bytes()[:4] == b"\x89HDF"
    assert len(pypdf.PdfReader(export(firefox, "PDF")).pages) == 1


def test_a_block_is_carved_turned_by_keys_and_hovered(firefox, served):
    firefox.open(served[1] + "?models=resnet20&points=9&look=relief&camera=20,60,1")
    settle(firefox)
    assert firefox.evaluate(f"Boolean({SURFACE}.carved)")
    firefox.press(RIGHT)
    firefox.wait("location.search.includes('camera=25')")
    firefox.hover(*firefox.centre(SURFACE))
    firefox.wait("/loss/i.test((document.querySelector('.panel:not([hidden]) .reading') || {}).textContent)")


def test_a_map_a_path_and_a_profile_are_drawn(firefox, served):
    address = served[1]
    firefox.open(address + "?models=resnet20&points=9&view=contour")
    settle(firefox)
    firefox.hover(*firefox.centre("document.querySelector('.panel:not([hidden]) .figure.contour')"))
    firefox.wait("document.querySelector('.hoverlayer .hovertext')")
    firefox.open(address + "trajectory/?models=resnet20&points=9")
    firefox.wait(f"({SHOWN})()")
    firefox.open(address + "profile/?models=resnet20")
    firefox.wait(f"({DRAWN})(1)")


def test_a_file_dropped_on_the_page_becomes_a_surface(firefox, served):
    firefox.open(served[1] + "?models=")
    firefox.wait("document.querySelector('.card')")
    content = list(as_the_public_code_does(5, 5)[0])
    firefox.evaluate(f"({DROP})(document.getElementById('stage'), [{content}, 'bowl.h5'])")
    settle(firefox)
    firefox.wait("location.search === '?models=import:bowl'")
