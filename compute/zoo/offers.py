"""Examples that a checkpoint of one's own can be evaluated on: the digits, and what lies in the folder of data sets."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from compute.adding import DataChoice
from compute.errors import LandscapeError
from compute.zoo import datasets, downloads
from compute.zoo.added import display
from compute.zoo.datasets import SOURCES


def offers(datasets_dir: Path) -> Iterator[DataChoice]:
    """All that are there in full; whatever else lies in the folder is passed over.

    Example:
        >>> [(one.title, one.shape, one.classes) for one in offers(Path("nowhere"))]
        [('digits', (1, 8, 8), 10)]
    """
    for name in names(datasets_dir.absolute()):
        with suppress(LandscapeError, OSError):
            yield offer(name, datasets_dir)


def names(datasets_dir: Path) -> Iterator[str]:
    """What every set could be called that is named by nothing else, and every file or folder that may be one."""
    for name, source in SOURCES.items():
        if source.ending is None:
            yield name
        else:
            yield from (f"{name}:{path}" for path in sorted(datasets_dir.glob(f"*{source.ending}")))


def offer(name: str, datasets_dir: Path) -> DataChoice:
    """What is to be chosen under a name.

    Raises:
        LandscapeError: nothing of that kind lies there, or it has no training examples.
    """
    source = SOURCES[name.partition(":")[0]]
    shape, classes = datasets.outline(name, "train", datasets_dir)
    return DataChoice(name, display(name), shape, classes, source.raw, source.mean, source.std)


def more(datasets_dir: Path) -> str:
    """How others come to be offered, as a sentence."""
    absent = [name for name in downloads.DOWNLOADS if not downloads.fetched(datasets_dir / name)]
    others = f" (or {', '.join(absent[1:])})" if absent[1:] else ""
    fetch = f"run `{downloads.command(absent[0], datasets_dir)}`{others}, or " if absent else ""
    drop = "drop an .npz (x_train, y_train, x_test, y_test) or a .txt on the page, "
    return f"For others, {drop}{fetch}put images as NAME/train/CLASS/ into {datasets_dir}."
