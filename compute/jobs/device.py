"""Which device a worker computes on, and how."""

import torch

from compute.errors import LandscapeError

_chosen = torch.device("cpu")


def available(wanted: str) -> list[str]:
    """The devices that "auto", "cpu", "cuda" or "cuda:1" stands for.

    Raises:
        LandscapeError: the machine has no such device.

    Example:
        >>> available("cpu")
        ['cpu']
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cards = [f"cuda:{index}" for index in range(count)]
    choices = {
        "cpu": ["cpu"],
        "auto": cards or ["cpu"],
        **({"cuda": cards} if cards else {}),
        **{c: [c] for c in cards},
    }
    if wanted not in choices:
        known = ", ".join(choices)
        raise LandscapeError(f"The device must be one of {known}, got {wanted!r}: choose another with --device.")
    return choices[wanted]


def choose(wanted: str, threads: int) -> None:
    """Makes a device this process's own, with float32 that means float32.

    Raises:
        LandscapeError: the machine has no such device.
    """
    global _chosen
    _chosen = torch.device(available(wanted)[0])
    torch.set_num_threads(threads)
    # TF32 keeps 10 bits of the mantissa: too few for "exact".
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def chosen() -> torch.device:
    """The device of this process."""
    return _chosen
