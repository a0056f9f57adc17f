"""Files that the page cannot take, told by their names, and what to do with them instead."""

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from compute.errors import BadReference

STUDY = "define model(), data() and loss() in a Python file and start `python run.py --study FILE.py`"
WEIGHTS = "save the network's state_dict() with torch.save"

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        ".py": "a Python file, which is never run because a page sends it: start `python run.py --study {file}`",
        ".ipynb": f"a notebook, which is never run: {STUDY}",
        ".onnx": f"an exported network, whose weights cannot be moved: {WEIGHTS}",
        ".tflite": f"an exported network, whose weights cannot be moved: {WEIGHTS}",
        ".gguf": f"an exported network, whose weights cannot be moved: {WEIGHTS}",
        ".keras": f"a network of Keras, which is not read: {STUDY}",
    }
)
"""What a file with some ending is, and what to do."""


def check_kind(file: str) -> None:
    """Refuses a file of another kind than weights, data or surfaces, told by its ending.

    Raises:
        BadReference: it is one of those in ADVICE.

    Example:
        >>> check_kind("surface.h5")
        >>> check_kind("train.ipynb")
        Traceback (most recent call last):
        ...
        compute.errors.BadReference: The page takes weights, data and surfaces, but train.ipynb is a notebook, which \
is never run: define model(), data() and loss() in a Python file and start `python run.py --study FILE.py`.
    """
    advice = ADVICE.get(PurePath(file).suffix.lower())
    if advice is not None:
        raise BadReference(f"The page takes weights, data and surfaces, but {file} is {advice.format(file=file)}.")
