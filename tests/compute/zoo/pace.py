"""How much keeping a trajectory slows training: `python -m tests.compute.zoo.pace`."""

import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median

from compute.zoo.recipe import Recipe
from compute.zoo.recipes import GALLERY
from compute.zoo.recording import PAUSE
from compute.zoo.training import train

ROUNDS = 7

CASES = {
    "the MLP, after every epoch": ("mlp", 30, "epochs"),
    "VGG-9, after every epoch": ("vgg9-sgd-bs128-wd0", 15, "epochs"),
    "VGG-9, after every fourth step": ("vgg9-sgd-bs128-wd0", 15, "steps:4"),
    "ResNet-20, after every epoch": ("resnet20", 3, "epochs"),
}


def main() -> None:
    """Trains each case with and without, in turns, and tells the medians."""
    for words, (name, epochs, keep) in CASES.items():
        recipe = replace(GALLERY[name], epochs=epochs)
        seconds(recipe, keep, PAUSE)  # the first run of a process is slower
        pairs = [(seconds(recipe, "1", float("inf")), seconds(recipe, keep, PAUSE)) for _ in range(ROUNDS)]
        without, kept = (median(column) for column in zip(*pairs, strict=True))
        slower = median(after / before - 1 for before, after in pairs)
        sys.stdout.write(f"{words}: {without:.2f} s without, {kept:.2f} s with, {100 * slower:+.1f} %\n")
        sys.stdout.flush()


def seconds(recipe: Recipe, keep: str, pause: float) -> float:
    """The processor's time for a whole run, all files written, by both threads; other work does not count."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        train(recipe, Path(folder) / "run", silent, keep=keep, pause=pause)
        return time.process_time() - started


def silent(epochs: Iterable[int], name: str, total: int) -> Iterable[int]:
    """No progress bar."""
    return epochs


if __name__ == "__main__":
    main()
