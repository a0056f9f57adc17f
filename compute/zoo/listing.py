"""What can be trained, as a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from compute.formatting import percent
from compute.zoo.gallery import runs
from compute.zoo.manifests import RUNNING, Manifest
from compute.zoo.recipe import Recipe, sentence

HEAD = ("name", "title", "data", "epochs", "how", "trained")


def table(recipes: Mapping[str, Recipe], folders: Sequence[Path]) -> str:
    """A line for each recipe: its name, title, data, epochs, how it trains, and where a run of that name lies.

    Args:
        recipes: by name.
        folders: where runs are looked for, the earlier first.

    Example:
        >>> print(table({"small": Recipe("Small", "mlp", epochs=2)}, []).splitlines()[1][:32])
        small  Small  digits  2       SG
    """
    found = runs(folders)
    rows = [HEAD, *(_row(name, recipe, found.get(name)) for name, recipe in recipes.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _row(name: str, recipe: Recipe, found: tuple[Path, Manifest] | None) -> tuple[str, ...]:
    data = recipe.train.partition(":")[0]
    how = sentence(recipe).replace(f", {recipe.epochs} epochs", "", 1)
    return name, recipe.title, data, str(recipe.epochs), how, _trained(found)


def _trained(found: tuple[Path, Manifest] | None) -> str:
    if found is None:
        return "-"
    folder, manifest = found
    if manifest.state == RUNNING or manifest.test_error is None:
        return f"{folder}, running: {len(manifest.history[1:])} of {manifest.recipe.epochs} epochs"
    return f"{folder}, test error {percent(manifest.test_error)}"
