"""Models of one's own on the page: dropped, told apart, evaluated, measured and removed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect

from compute.settings import ROOT
from compute.zoo.registry import build
from tests.browser.test_server import done, start  # noqa: F401 - a fixture
from tests.compute.zoo.test_downloads import laid

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
    dialog.get_by_label("Architecture", exact=True).click()
    page.get_by_role("option").nth(3).click()
    expect(dialog.get_by_text(re.compile("It has other names|It lacks|It also has"))).to_be_visible()
    dialog.get_by_role("button", name="Add model").click()
    dialog.get_by_text(re.compile("My|my-net.pt should fit")).first.wait_for()
    dialog.get_by_label("Architecture", exact=True).click()
    page.get_by_role("option", name="mlp · fits").click()
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden()
    done(page, 1)
    assert page.url.endswith("models=added:my-net&points=9&samples=64")
    expect(card(page, "added:my-net").locator(".meta")).to_have_text(re.compile("^not measured"))
    page.get_by_role("button", name="Measure My net").click()
    expect(card(page, "added:my-net").locator(".meta")).to_have_text(re.compile(r"^[0-9.]+ % error"), timeout=60_000)
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
    page.get_by_role("option", name=re.compile("^digits")).click()
    expect(mean).to_be_hidden()
    data.click()
    page.get_by_role("option", name=re.compile("^cifar10 ")).click()
    expect(dialog.get_by_label("Standard deviation", exact=True)).to_have_value("0.2470, 0.2435, 0.2616")
    dialog.get_by_role("button", name="Add model").click()
    expect(data).to_have_value("prose · sequences of 64 · 16 symbols", timeout=30_000)
    expect(mean).to_be_hidden()
    architecture = dialog.get_by_label("Architecture", exact=True)
    architecture.click()
    page.get_by_role("option").nth(1).click()
    expect(data).to_have_value(re.compile("^(digits|cifar10) "))
    architecture.click()
    page.get_by_role("option", name="transformer · fits").click()
    expect(data).to_have_value("prose · sequences of 64 · 16 symbols")
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden(timeout=30_000)
    done(page, 2)
    assert "models=added:my-resnet20,added:my-transformer" in page.url


@pytest.mark.skipif(not (WEIGHTS.is_file() and IMAGES.is_file()), reason=f"needs the images and weights in {DATA}")
def test_a_third_partys_resnet_20_shows_its_published_train_loss(start, page, tmp_path):  # noqa: F811
    server = start("--models-dir", tmp_path / "models", "--datasets-dir", DATA)
    page.goto(server.address + "?points=9&samples=64&range=0.25")
    give(page, WEIGHTS)
    dialog = page.get_by_role("dialog", name="Add model")
    dialog.wait_for(timeout=60_000)
    expect(dialog.get_by_label("Architecture", exact=True)).to_have_value("resnet20 · fits")
    expect(dialog.get_by_label("Evaluated on", exact=True)).to_have_value(re.compile("cifar10_clean"))
    dialog.get_by_label("Mean", exact=True).fill("0.485, 0.456, 0.406")
    dialog.get_by_label("Standard deviation", exact=True).fill("0.229, 0.224, 0.225")
    dialog.get_by_label("Title", exact=True).fill("ResNet-20")
    dialog.get_by_role("button", name="Add model").click()
    expect(dialog).to_be_hidden(timeout=30_000)
    page.get_by_role("button", name="Measure ResNet-20").click()
    expect(card(page, "added:resnet-20").locator(".meta")).to_have_text(re.compile("^8.4 % error"), timeout=240_000)
    card(page, "added:resnet-20").hover()
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
