"""Recipes are what they say, and rates what the papers draw."""

from dataclasses import replace

import pytest
import torch

from compute.zoo.recipe import Recipe, sentence
from compute.zoo.recipes import CIFAR, GALLERY, RECIPES
from compute.zoo.registry import known

TOP = Recipe("", "mlp", epochs=40, learning_rate=0.4)


@pytest.mark.parametrize("recipe", GALLERY.values(), ids=GALLERY)
def test_rates_rise_then_fall_to_nothing(recipe):
    rates = [recipe.rate(tenth / 10) for tenth in range(10 * recipe.epochs + 1)]
    top = rates.index(max(rates))
    assert max(rates) == recipe.learning_rate
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] <= recipe.learning_rate / 1000 * (1 + 1e-12)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_a_network_and_says_how_it_trains(name):
    recipe = RECIPES[name]
    assert known(recipe.architecture) == recipe.architecture
    assert f"{recipe.epochs} epochs, batches of {recipe.batch_size}" in sentence(recipe)
    assert recipe.title


def test_titles_tell_runs_apart():
    for runs in (GALLERY, CIFAR):
        assert len({recipe.title for recipe in runs.values()}) == len(runs)


@pytest.mark.parametrize("warm_up", [0, 8])
@pytest.mark.parametrize(
    ("schedule", "library"),
    [
        ("cosine", lambda optimiser, rest: torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, rest)),
        ("linear", lambda optimiser, rest: torch.optim.lr_scheduler.LinearLR(optimiser, 1, 0, rest)),
        ("constant", lambda optimiser, rest: torch.optim.lr_scheduler.ConstantLR(optimiser, 1)),
        (
            "cyclic",
            lambda optimiser, rest: torch.optim.lr_scheduler.LambdaLR(
                optimiser, lambda epoch: 0.1 + 0.9 * abs(1 - epoch % 8 / 4)
            ),
        ),
    ],
)
def test_rates_are_those_of_torchs_schedules(schedule, library, warm_up):
    recipe = replace(TOP, schedule=schedule, warm_up=warm_up, cycle=8, floor=0.04)
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    scheduler = library(optimiser, 40 - warm_up)
    for epoch in range(warm_up, 41):
        assert recipe.rate(epoch) == pytest.approx(optimiser.param_groups[0]["lr"], abs=1e-12)
        optimiser.step()
        scheduler.step()


def test_a_cyclic_rate_is_garipovs():
    """Section 4 of Garipov et al. (2018): from alpha_1 down to alpha_2 in half a cycle, and up again."""
    recipe = replace(TOP, schedule="cyclic", cycle=4, learning_rate=0.05, floor=5e-4)
    for tenth in range(400):
        t = tenth / 10 / 4 % 1
        wanted = (1 - 2 * t) * 0.05 + 2 * t * 5e-4 if t <= 0.5 else (2 - 2 * t) * 5e-4 + (2 * t - 1) * 0.05
        assert recipe.rate(tenth / 10) == pytest.approx(wanted)


def test_the_rate_drops_where_the_paper_says():
    recipe = RECIPES["cifar10-resnet56"]
    assert recipe.drops == (150, 225, 275)
    assert [recipe.rate(epoch) for epoch in (149.9, 150, 225, 275)] == pytest.approx([0.1, 0.01, 0.001, 0.0001])


def test_the_papers_runs_are_there():
    vgg = {f"vgg9-{o}-bs{b}-wd{w}" for o in ("sgd", "adam") for b in (128, 8192) for w in ("0", "0.0005")}
    deep = {f"{name}{end}" for name in ("resnet56", "resnet110", "wrn56-k1", "wrn56-k8") for end in ("", "-noshort")}
    assert vgg | deep <= set(CIFAR)
    order = [
        "resnet20",
        "resnet56",
        "vgg9-sgd-bs128-wd0.0005",
        "wrn56-k1",
        "resnet110",
        "densenet121",
        "preresnet164-seed0",
    ]
    assert sorted(order, key=list(CIFAR).index) == order
    assert CIFAR["preresnet164-seed1"].seed == 1


@pytest.mark.parametrize("name", [name for name in CIFAR if name.endswith("-noshort") and name != "resnet20-noshort"])
def test_deep_networks_without_skip_connections_start_gently(name):
    recipe = CIFAR[name]
    assert (recipe.learning_rate, recipe.warm_up, recipe.clip) == (0.05, 10, 1.0)
    assert recipe.epochs == CIFAR[name.removesuffix("-noshort")].epochs


def test_the_reference_is_that_of_the_slides():
    recipe = CIFAR["variation-g"]
    assert (recipe.architecture, recipe.epochs, recipe.batch_size) == ("vgg16", 200, 100)
    assert (recipe.optimiser, recipe.momentum, recipe.nesterov, recipe.weight_decay) == ("sgd", 0.9, False, 5e-4)
    assert recipe.drops == (60, 120, 160)
    rates = [recipe.rate(epoch) for epoch in (0, 59.9, 60, 119.9, 120, 159.9, 160, 199.9)]
    assert rates == pytest.approx([0.05, 0.05, 0.01, 0.01, 0.002, 0.002, 0.0004, 0.0004])


@pytest.mark.parametrize(("prefix", "batch"), [("cifar10-", 4000), ("", 1437)])
def test_each_variation_differs_from_the_reference_in_what_its_title_says(prefix, batch):
    reference = RECIPES[f"{prefix}variation-g"]
    for letter, changes in {
        "a": {"batch_size": batch},
        "b": {"optimiser": "adam", "learning_rate": 0.001},
        "c": {"schedule": "linear"},
        "d": {"weight_decay": 0.0},
        "e": {"variance": 4.0},
        "f": {"augmentation": "none"},
    }.items():
        varied = RECIPES[f"{prefix}variation-{letter}"]
        assert varied == replace(reference, title=varied.title, **changes)
        assert varied.title.startswith(f"{letter.upper()}, of G: ")
