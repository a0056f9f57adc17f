"""Models of one's own on the page: dropped, told apart, evaluated, measured and removed."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from compute.settings import ROOT
from compute.zoo.registry import build
from tests.browser.test_server import done, start  # noqa: F401 - a fixture
from tests.compute.zoo.test_downloads import laid
from viewer.figures.thumbnail import thumbnail

pytestmark = pytest.mark.browser

DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT.parent / "shared" / "data"))
WEIGHTS, IMAGES = DATA / "resnet20-12fca82f.th", DATA / "cifar10_clean.npz"


def give(page, *files):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a model or surface").click()
    chooser.value.set_files(files)


def card(page, run):
    return page.locator(f'.card[data-run="{run}"]')


def test_a_dropped_checkpoint_is_told_added_measured_opened_again_after_a_restart_and_removed(start, page, tmp_path):  # noqa: F811
    torch.manual_seed(0)
    weights = tmp_path / "My net.pt"
    torch.save({"state_dict": {f"net.{n}": t for n, t in build("mlp", (1, 8, 8), 10).state_dict().items()}}, weights)
    (tmp_path / "notes.pt").write_bytes(b"no weights at all")
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", tmp_path / "none")
    page.goto(server.address + "?points=9&samples=64")
    give(page, tmp_path / "notes.pt", weights)
    dialog = page.get_by_role("dialog", name="Add model")
    dialog.wait_for(timeout=60_000)
    expect(page.get_by_text("neither safetensors nor a file written by torch.save")).to_be_visible()
    expect(dialog.get_by_label("Architecture", exact=True)).to_have_value("mlp · fits")
    expect(dialog.get_by_text("Every name and shape fits.")).to_be_visible()
    expect(dialog.get_by_label("Title", exact=True)).to_have_value("My net")
    expect(dialog.get_by_label("Mean", exact=True)).to_be_hidden()
    expect(dialog.get_by_label("Evaluated on", exact=True)).to_have_value("digits · 1 × 8 × 8 · 10 classes")
    expect(dialog.get_by_text("mlp takes images of 1 × 8 × 8 in at most 10 classes.")).to_be_visible()
    dialog.get_by_label("Architecture", exact=True).click()
    page.get_by_role("option").nth(3).click()
    expect(dialog.get_by_text(re.compile("It has other names|It lacks|It also has"))).to_be_visible()
    dialog.get_by_role("button", name="Add model").click()
    dialog.get_by_text(re.compile("my-net.pt should fit|choose data")).first.wait_for()
    dialog.get_by_label("Architecture", exact=True).click()
    page.get_by_role("option", name="mlp · fits").click()
    expect(dialog.get_by_label("Evaluated on", exact=True)).to_have_value("digits · 1 × 8 × 8 · 10 classes")
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden(timeout=30_000)
    done(page, 1)
    assert page.url.endswith("models=added:my-net&points=9&samples=64")
    expect(card(page, "added:my-net").locator(".meta")).to_have_text(re.compile(r"^[0-9.]+ % error"), timeout=60_000)
    expect(page.locator(".panel:visible .names .meta")).to_have_text(re.compile(r"[0-9.]+ % test error"))
    expect(card(page, "added:my-net").locator(".thumbnail")).not_to_have_attribute("src", thumbnail(None))
    expect(card(page, "added:my-net")).to_have_attribute("aria-pressed", "true")
    server.stop()
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", tmp_path / "none")
    page.goto(server.address + "?models=added:my-net&points=9&samples=64")
    done(page, 1)
    expect(card(page, "added:my-net").locator(".meta")).to_have_text(re.compile(r"^[0-9.]+ % error"))
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Remove My net").click()
    expect(card(page, "added:my-net")).to_have_count(0)
    expect(page.locator(".panel:not([hidden])")).to_have_count(0)
    assert not list((tmp_path / "models").glob("my-net*"))


def test_pairs_by_order_are_confirmed_and_one_of_several_sets_of_weights_is_chosen(start, page, tmp_path):  # noqa: F811
    torch.manual_seed(0)
    state = build("mlp", (1, 8, 8), 10).state_dict()
    torch.save({f"p{number}": tensor for number, tensor in enumerate(state.values())}, tmp_path / "other names.pt")
    torch.save({"params": state, "params_ema": {n: t * 0.5 for n, t in state.items()}}, tmp_path / "two sets.pt")
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", tmp_path / "none")
    page.goto(server.address + "?points=9&samples=64")
    give(page, tmp_path / "other names.pt", tmp_path / "two sets.pt")
    dialog = page.get_by_role("dialog", name="Add model")
    expect(dialog.get_by_label("Architecture", exact=True)).to_have_value("mlp · by order", timeout=60_000)
    expect(dialog.get_by_role("row")).to_have_count(1 + len(state))
    expect(dialog.get_by_role("row").nth(1)).to_have_text("layers.0.weightp0")
    expect(dialog.get_by_label("Weights", exact=True)).to_be_hidden()
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog.get_by_text("look at the pairs and confirm them")).to_be_visible()
    dialog.get_by_label("These pairs are right").check()
    dialog.get_by_role("button", name="Add model").click()
    weights = dialog.get_by_label("Weights", exact=True)
    expect(weights).to_have_value("params_ema", timeout=30_000)
    expect(dialog.get_by_label("These pairs are right")).to_be_hidden()
    weights.click()
    page.get_by_role("option", name="params", exact=True).click()
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden(timeout=30_000)
    done(page, 2)
    kept = [json.loads((tmp_path / "models" / name / "model.json").read_text()) for name in ("other-names", "two-sets")]
    assert [(one["match"], one["weights"]) for one in kept] == [("order", "auto"), ("name", "params")]


def test_downloaded_sets_and_texts_are_offered_and_the_fitting_one_is_chosen(start, page, tmp_path):  # noqa: F811
    laid("cifar10", tmp_path / "sets")
    (tmp_path / "sets" / "prose.txt").write_text("It was the best of times, it was the worst of times. " * 20)
    files = []
    for name, shape, classes in (("resnet20", (3, 32, 32), 10), ("transformer", (64,), 16)):
        files.append(tmp_path / f"my {name}.pt")
        torch.save(build(name, shape, classes).state_dict(), files[-1])
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", tmp_path / "sets")
    page.goto(server.address + "?points=9&samples=64")
    give(page, *files)
    dialog = page.get_by_role("dialog", name="Add model")
    data, mean = (dialog.get_by_label(name, exact=True) for name in ("Evaluated on", "Mean"))
    expect(data).to_have_value("cifar10 · 3 × 32 × 32 · 10 classes", timeout=60_000)
    expect(mean).to_have_value("0.4914, 0.4822, 0.4465")
    expect(dialog.get_by_text(f"python run.py fetch cifar100 --datasets-dir {tmp_path / 'sets'}")).to_be_visible()
    data.click()
    digits = page.get_by_role("option", name="digits · 1 × 8 × 8 · 10 classes · does not fit")
    expect(digits).to_have_attribute("data-combobox-disabled", "true")
    page.get_by_role("option", name=re.compile("^cifar10 ")).click()
    expect(dialog.get_by_label("Standard deviation", exact=True)).to_have_value("0.247, 0.2435, 0.2616")
    dialog.get_by_role("button", name="Add model").click()
    expect(data).to_have_value("prose · sequences of 64 · 16 symbols", timeout=30_000)
    expect(mean).to_be_hidden()
    architecture = dialog.get_by_label("Architecture", exact=True)
    architecture.click()
    page.get_by_role("option").nth(1).click()
    expect(data).to_have_value("")  # images that fit a network of 16 classes are not there
    architecture.click()
    page.get_by_role("option", name="transformer · fits").click()
    expect(data).to_have_value("prose · sequences of 64 · 16 symbols")
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden(timeout=30_000)
    done(page, 2)
    assert "models=added:my-resnet20,added:my-transformer" in page.url


DROP = """async (node, files) => {
  const data = new DataTransfer();
  for (const [name, base64] of files) {
    const bytes = await (await fetch(`data:application/octet-stream;base64,${base64}`)).arrayBuffer();
    data.items.add(new File([bytes], name));
  }
  const event = (kind) => new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
  if (node.dispatchEvent(event('dragover'))) throw new Error('the browser would open the file');
  if (!document.documentElement.hasAttribute('data-over')) throw new Error('nothing shows where it goes');
  node.dispatchEvent(event('drop'));
}"""


def drop(page, *files):
    given = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in files]
    page.locator("body").evaluate(DROP, given)


def test_weights_and_data_dropped_on_another_page_are_a_picture_after_two_clicks(start, page, tmp_path):  # noqa: F811
    torch.manual_seed(0)
    weights, images = tmp_path / "mine.pt", tmp_path / "ours.npz"
    torch.save(build("mlp", (3, 32, 32), 7).state_dict(), weights)
    pixels = np.random.RandomState(0).randint(0, 256, (70, 32, 32, 3), np.uint8)
    np.savez(images, x_train=pixels, y_train=np.arange(70) % 7, x_test=pixels[:7], y_test=np.arange(7))
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", tmp_path / "sets")
    page.goto(server.address + "trajectory/")
    page.get_by_role("button", name="Add model").click()
    dialog = page.get_by_role("dialog", name="Add model")
    expect(dialog.get_by_text("python run.py --study FILE.py")).to_be_visible()
    drop(page, weights, images)
    expect(dialog.get_by_label("Evaluated on", exact=True)).to_have_value(
        "ours · 3 × 32 × 32 · 7 classes", timeout=120_000
    )
    expect(dialog.get_by_text("Kept as ours: 70 training and 7 test images of 3 × 32 × 32, 7 classes.")).to_be_visible()
    expect(dialog.get_by_text(re.compile("^No normalisation is clearly better"))).to_be_visible(timeout=60_000)
    dialog.get_by_role("button", name="Add model").click()
    page.wait_for_url("**/?models=added:mine", timeout=60_000)
    done(page, 1)
    drop(page, images)
    expect(page.get_by_text(re.compile("Kept as ours.* Drop weights to see their loss on them."))).to_be_visible()
    (tmp_path / "train.py").write_text("print()")
    drop(page, tmp_path / "train.py")
    expect(page.get_by_text("start `python run.py --study train.py`")).to_be_visible()


@pytest.mark.skipif(not (WEIGHTS.is_file() and IMAGES.is_file()), reason=f"needs the images and weights in {DATA}")
def test_a_third_partys_resnet_20_shows_its_published_train_loss(start, page, tmp_path):  # noqa: F811
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", tmp_path / "sets")
    page.goto(server.address + "?points=9&samples=64&range=0.25")
    page.get_by_role("button", name="Add model").click()  # the first of two clicks
    dialog = page.get_by_role("dialog", name="Add model")
    dialog.wait_for()
    drop(page, WEIGHTS, IMAGES)
    expect(dialog.get_by_label("Architecture", exact=True)).to_have_value("resnet20 · fits", timeout=120_000)
    expect(dialog.get_by_label("Evaluated on", exact=True)).to_have_value(re.compile("cifar10-clean"), timeout=60_000)
    expect(dialog.get_by_label("Mean", exact=True)).to_have_value("0.485, 0.456, 0.406", timeout=60_000)
    expect(dialog.get_by_label("Standard deviation", exact=True)).to_have_value("0.229, 0.224, 0.225")
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden(timeout=60_000)
    done(page, 1)
    run = "added:resnet20-12fca82f"
    expect(card(page, run).locator(".meta")).to_have_text(re.compile("^8.4 % error"), timeout=240_000)
    expect(card(page, run).locator(".thumbnail")).not_to_have_attribute("src", thumbnail(None))
    card(page, run).hover()
    page.get_by_text("train loss 0.00836").wait_for()


def test_a_studys_run_is_the_first_card_shows_its_landscape_and_tells_its_loss(start, page, tmp_path):  # noqa: F811
    path = tmp_path / "regression.py"
    shutil.copy(ROOT / "docs" / "studies" / "regression.py", path)
    subprocess.run([sys.executable, str(path)], check=True)
    server = start("--study", path)
    page.goto(server.address + "?models=study:regression&points=9&samples=64")
    expect(page.locator(".rail .card").first).to_have_attribute("data-run", "study:regression")
    done(page, 1)
    expect(card(page, "study:regression")).to_have_attribute("aria-pressed", "true")
    (step,) = server.progress()
    assert (step["done"], step["state"]) == (81, "done")
    page.locator("#statistic").click()
    expect(page.get_by_role("option", name="Median")).to_be_visible()
    expect(page.get_by_role("option", name=re.compile("^Class"))).to_have_count(0)  # a sine has none
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Measure Noisy sine").click()
    expect(card(page, "study:regression").locator(".meta")).to_have_text(re.compile("^test loss 0.0"), timeout=60_000)
    expect(page.get_by_role("button", name=re.compile("Remove"))).to_have_count(0)
    steps = sorted((tmp_path / "checkpoints" / "regression").iterdir())
    counted = card(page, "study:regression").locator(".meta")
    expect(counted).to_contain_text(f"{len(steps)} checkpoints")
    shutil.copy(steps[-1], steps[-1].with_name(f"epoch_99{steps[-1].suffix}"))  # training goes on
    expect(counted).to_contain_text(f"{len(steps) + 1} checkpoints")
    expect(card(page, "study:regression")).to_have_attribute("aria-pressed", "true")
