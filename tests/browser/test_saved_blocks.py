"""What is saved of blocks, opened again by the library that owns the format."""

import itertools
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import trimesh
from PIL import Image
from playwright.sync_api import expect

from tests.browser.saved import chosen, save
from tests.viewer.fake_service import bowl

pytestmark = pytest.mark.browser


def opened(blocks, query):
    blocks.page.set_viewport_size({"width": 800, "height": 560})
    blocks.page.add_init_script("window.atlas.turntableFrames = 3")
    blocks.open(query)


def pixels(image):
    return np.asarray(image.convert("RGB"), float)


def test_pictures_show_the_blocks_and_from_where_one_looks(blocks):
    opened(blocks, "?models=resnet20&points=9")
    blocks.settle()
    first = Image.open(save(blocks, "PNG").path())
    assert first.width == 3 * round(blocks.figure().bounding_box()["width"])
    assert len(first.convert("RGB").getcolors(first.width * first.height)) > 2000  # stone, light and shadow
    blocks.page.keyboard.press("ArrowRight")
    blocks.wait("() => location.search.includes('camera=-59')")
    turned = Image.open(save(blocks, "PNG").path())
    assert np.abs(pixels(first) - pixels(turned)).max() > 100
    chosen(blocks, "4K", "Transparent")
    large = Image.open(save(blocks, "PNG").path())
    assert large.width == 3840
    assert large.getpixel((0, 0))[3] == 0


def test_a_mesh_has_walls_and_a_turntable_is_a_film_of_one_turn_without_end(blocks):
    opened(blocks, "?models=resnet20,vgg9&points=9")
    blocks.settle(2)
    mesh = trimesh.load(save(blocks, "GLB").path(), file_type="glb", force="mesh")
    assert len(mesh.faces) > 2 * 128**2
    assert mesh.bounds[0][1] == 0
    film = Image.open(save(blocks, "Turntable GIF", "Export all").path())
    assert (film.format, film.n_frames, film.info["loop"]) == ("GIF", 3, 0)
    frames = []
    for place in range(film.n_frames):
        film.seek(place)
        assert film.info["duration"] == 80  # hundredths of a second are GIF's finest
        frames.append(pixels(film))
    assert all(np.abs(one - other).max() > 100 for one, other in itertools.pairwise(frames))


SEEN = "() => document.querySelector('.block').carved.view"


def test_a_saved_page_shows_blocks_without_a_network_and_tells_their_losses(blocks, browser):
    opened(blocks, "?models=resnet20&points=9&camera=20,60,1")
    blocks.settle()
    path = Path(save(blocks, "Web page").path())
    saved = path.rename(path.with_name("saved.html"))
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page, requests, complaints = context.new_page(), [], []
    page.on("request", lambda request: requests.append(urlsplit(request.url).scheme))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(saved.as_uri())
    page.wait_for_function("() => document.querySelector('.block').carved?.camera")
    assert page.evaluate(SEEN)["azimuth"] == 20
    assert saved.stat().st_size < 2_000_000  # Plotly, which nothing needs here, is left out
    box = page.locator(".block").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".reading")).to_contain_text("loss")
    alpha, beta, loss = page.evaluate(
        "() => document.querySelector('.reading').textContent.match(/-?[0-9.]+/g).map(Number)"
    )
    assert loss == pytest.approx(float(bowl(alpha, beta)), rel=0.01)
    page.locator(".block").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => ({SEEN})().azimuth === 25")
    assert set(requests) <= {"file", "blob", "data"}
    assert complaints == []
    context.close()


def test_a_saved_training_run_is_played_on_its_block(blocks, browser):
    opened(blocks, "trajectory/?models=vgg9&points=9&view=surface")
    blocks.wait("() => document.querySelector('#drawing-surface')?.carved")
    blocks.wait("() => document.getElementById('job').dataset.state === 'idle'")
    path = Path(save(blocks, "Web page").path())
    saved = path.rename(path.with_name("saved.html"))
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(saved.as_uri())
    page.wait_for_function("() => document.querySelector('.block').carved?.paths.balls.length === 1")
    place = "() => document.querySelector('.block').carved.paths.at[0]"
    last = page.evaluate(place)
    page.locator(".player-range").focus()
    page.keyboard.press("Home")
    page.wait_for_function(f"() => ({place})() === 0")
    assert last > 0
    context.close()
