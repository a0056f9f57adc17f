"""Which examples an architecture takes, told by its tensors and by one forward pass without numbers."""

from functools import lru_cache

from compute.errors import LandscapeError
from compute.shapes import Shape
from compute.zoo.layouts import wanted
from compute.zoo.registry import SEQUENCES


@lru_cache(maxsize=256)
def takes(architecture: str, shape: Shape, classes: int, other: Shape) -> bool:
    """Whether the weights of a network for examples of one shape also fit examples of another.

    Example:
        >>> takes("resnet20", (3, 32, 32), 10, (3, 64, 64)), takes("mlp", (3, 32, 32), 10, (3, 64, 64))
        (True, False)
        >>> takes("resnet20", (3, 32, 32), 10, (1, 8, 8)), takes("torchvision:alexnet", (3, 224, 224), 10, (3, 8, 8))
        (False, False)
    """
    try:
        same = wanted(architecture, other, classes).shapes == wanted(architecture, shape, classes).shapes
    except (LandscapeError, RuntimeError, ValueError, TypeError, ArithmeticError):  # no such network can be built
        return False
    return same and (other == shape or _runs(architecture, classes, other))


def _runs(architecture: str, classes: int, shape: Shape) -> bool:
    """Whether one example goes through a network whose tensors have shapes and no numbers."""
    import torch

    from compute.zoo.undrawn import undrawn

    try:
        with torch.device("meta"), torch.no_grad():
            network = undrawn(architecture, shape, classes).eval()
            network(torch.zeros(1, *shape, dtype=torch.long if architecture in SEQUENCES else torch.float32))
    except NotImplementedError:  # it cannot be told without numbers
        return True
    except (LandscapeError, RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, AssertionError):
        return False
    return True


def wish(architecture: str, shape: Shape, classes: int) -> str:
    """What examples an architecture takes, in words.

    Example:
        >>> wish("resnet20", (3, 32, 32), 10)
        'images of 3 channels, such as 3 × 32 × 32, in at most 10 classes'
        >>> wish("mlp", (1, 8, 8), 10)
        'images of 1 × 8 × 8 in at most 10 classes'
        >>> wish("transformer", (64,), 65)
        'sequences of 64 of 65 symbols'
    """
    if architecture in SEQUENCES:
        return f"sequences of {shape[0]} of {classes} symbols"
    sides = " × ".join(map(str, shape))
    if takes(architecture, shape, classes, (shape[0], *(2 * side for side in shape[1:]))):
        channels = f"{shape[0]} channel{'s' if shape[0] > 1 else ''}"
        return f"images of {channels}, such as {sides}, in at most {classes} classes"
    return f"images of {sides} in at most {classes} classes"


def enough(architecture: str, classes: int, there: int) -> bool:
    """Whether a network of so many outputs can be evaluated on data of so many classes, or symbols.

    Example:
        >>> enough("resnet20", 10, 7), enough("resnet20", 10, 100), enough("transformer", 65, 40)
        (True, False, False)
    """
    return there == classes if architecture in SEQUENCES else there <= classes
