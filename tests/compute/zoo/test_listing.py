"""The table of recipes names all of them, and what is trained."""

from dataclasses import replace

import pytest

import run
from compute.zoo import manifests
from compute.zoo.listing import HEAD, table
from compute.zoo.recipe import Recipe
from compute.zoo.recipes import RECIPES
from compute.zoo.training import train

SMALL = Recipe("Small", "mlp", epochs=1, train="digits:train:100", test="digits:test:100")


def test_every_recipe_has_a_line(capsys):
    assert run.main(["train", "--list"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert tuple(head.split()) == HEAD
    assert [line.split()[0] for line in lines] == list(RECIPES)
    for line, recipe in zip(lines, RECIPES.values(), strict=True):
        assert recipe.title in line
        assert "cifar10" in line or "digits" in line or "text" in line


def test_nothing_to_train_shows_the_table_too(capsys):
    assert run.main(["train"]) == 0
    assert capsys.readouterr().out.startswith("name ")


@pytest.mark.parametrize(("state", "told"), [("finished", "test error "), ("running", "running: 1 of 1 epochs")])
def test_a_trained_run_is_told_with_its_place(tmp_path, state, told):
    manifest = train(SMALL, tmp_path / "small", lambda epochs, *_: epochs)
    manifests.write(replace(manifest, state=state), tmp_path / "small")
    line = table({"small": SMALL, "other": SMALL}, [tmp_path]).splitlines()[1]
    assert f"{tmp_path / 'small'}, {told}" in line
    assert table({"other": SMALL}, [tmp_path]).splitlines()[1].endswith(" -")
