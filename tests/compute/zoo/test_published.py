"""A third party's ResNet-20 gives its published numbers here."""

import os
from pathlib import Path

import pytest

from compute.settings import ROOT
from compute.zoo.checkpoints import load_model, model_ref
from compute.zoo.datasets import data_ref, examples
from compute.zoo.measures import measure

DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT.parent / "shared" / "data"))
WEIGHTS, IMAGES = DATA / "resnet20-12fca82f.th", DATA / "cifar10_clean.npz"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

pytestmark = pytest.mark.skipif(
    not (WEIGHTS.is_file() and IMAGES.is_file()), reason=f"needs {WEIGHTS.name} and {IMAGES.name} in {DATA}"
)


@pytest.mark.parametrize(
    ("split", "accuracy", "loss"),
    [("test", 0.91642, 0.37794), pytest.param("train", 0.99764, 0.008357, marks=pytest.mark.slow)],
)
def test_loss_and_accuracy_are_the_known_ones(split, accuracy, loss):
    network = load_model(model_ref(WEIGHTS, "resnet20", (3, 32, 32), 10))
    found = measure(network, examples(data_ref(f"npz:{IMAGES}:{split}", MEAN, STD)))
    assert 1 - found.error == pytest.approx(accuracy, abs=5e-6)
    assert found.loss == pytest.approx(loss, abs=5e-6)
