from dataclasses import replace

import pytest

from compute.service import LandscapeService
from compute.settings import ROOT, Settings
from compute.store.memory import MemoryStore
from compute.zoo import gallery
from tests.compute.cases import HeldExecutor
from viewer.screen import brief, details, hints, screen, summary
from viewer.state import ViewState

CARDS = {card.run: card for card in gallery.cards([ROOT / "data" / "gallery"], datasets_dir=ROOT / "nowhere")}


@pytest.mark.parametrize("run", [run for run in CARDS if run.startswith("cifar10-")])
def test_a_card_whose_data_are_missing_says_which_and_what_to_do(run):
    card = CARDS[run]
    assert summary(card).endswith("parameters · cifar10_mixed.npz is missing")
    assert details(card).endswith(
        "cifar10_mixed.npz is not on this machine: what ships is shown; to compute other losses, put it into the "
        "folder of data sets (data/datasets, or --datasets-dir)."
    )
    assert "10000 test images, 1017 of them clean; 50000 train images, 5085 of them clean" in details(card)
    assert brief(card).endswith(" · cifar10_mixed")


def test_a_card_whose_data_are_there_says_nothing_of_it():
    card = replace(CARDS["cifar10-resnet20"], missing="")
    assert "not on this machine" not in details(card)
    assert "missing" not in summary(card)
    assert "missing" not in "".join(summary(CARDS[run]) for run in CARDS if not run.startswith("cifar10-"))


def test_of_a_network_without_its_data_those_examples_are_asked_for_whose_losses_are_stored():
    settings = Settings(datasets_dir=ROOT / "nowhere")
    service = LandscapeService(settings, MemoryStore(), [HeldExecutor()])
    run = "cifar10-resnet20"
    stored = CARDS[run].stored or 256
    shown = screen(service, ViewState(models=("resnet20", run)))
    assert [survey.query.data.size for survey in shown.surveys] == [256, stored]
    assert hints(ViewState(), shown)[2] == f"{stored} of 50,000"
    (test,) = screen(service, ViewState(models=(run,), split="test")).surveys
    assert test.query.data.size == 256
