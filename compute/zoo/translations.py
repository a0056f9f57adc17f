"""Other names that widely used code gives the same tensors: each row renames all tensors of a file at once."""

import re
from collections.abc import Callable, Iterable, Mapping

Rename = Callable[[str], str]


def substitution(*pairs: tuple[str, str]) -> Rename:
    """Replaces patterns in a name, one after another."""
    compiled = [(re.compile(pattern), new) for pattern, new in pairs]

    def rename(name: str) -> str:
        for pattern, new in compiled:
            name = pattern.sub(new, name)
        return name

    return rename


TRANSLATIONS: Mapping[str, Rename] = {
    # ResNets for CIFAR: torchvision, timm and bearpaw call them `fc` and `downsample`, akamaster and kuangliu as here.
    "torchvision's ResNet names": substitution((r"\bfc\.", "linear."), (r"\bdownsample\.", "shortcut.")),
    # Checkpoints converted from TensorFlow, of BERT's time.
    "gamma and beta of normalisation": substitution((r"\.gamma$", ".weight"), (r"\.beta$", ".bias")),
    # torchvision before version 0.2.1, whose own loader renames them too.
    "the first DenseNets' names": substitution(
        (r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.(weight|bias|running_mean|running_var)$", r"\1\2.\3")
    ),
    # torch.nn.utils.weight_norm and its successor in torch.nn.utils.parametrizations.
    "weight norm as a parametrisation": substitution(
        (r"weight_g$", "parametrizations.weight.original0"), (r"weight_v$", "parametrizations.weight.original1")
    ),
    "weight norm as a hook": substitution(
        (r"parametrizations\.weight\.original0$", "weight_g"), (r"parametrizations\.weight\.original1$", "weight_v")
    ),
    "spectral norm as a parametrisation": substitution(
        (r"weight_orig$", "parametrizations.weight.original"),
        (r"weight_u$", "parametrizations.weight.0._u"),
        (r"weight_v$", "parametrizations.weight.0._v"),
    ),
    "spectral norm as a hook": substitution(
        (r"parametrizations\.weight\.original$", "weight_orig"),
        (r"parametrizations\.weight\.0\._u$", "weight_u"),
        (r"parametrizations\.weight\.0\._v$", "weight_v"),
    ),
}
"""What a layout is called, and how its names become the network's."""


def renamed(names: Iterable[str], rename: Rename) -> dict[str, str]:
    """New names to old ones, without those that would be two tensors' name.

    Example:
        >>> renamed(["fc.weight", "conv1.weight"], TRANSLATIONS["torchvision's ResNet names"])
        {'linear.weight': 'fc.weight', 'conv1.weight': 'conv1.weight'}
    """
    found: dict[str, str] = {}
    twice = set()
    for name in names:
        new = rename(name)
        if new in found:
            twice.add(new)
        found[new] = name
    return {new: name for new, name in found.items() if new not in twice}
