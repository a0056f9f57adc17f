import pytest
import torch

from compute.errors import BadReference
from compute.numerics.directions import gaussian, scaled
from compute.numerics.moving import moved

WEIGHTS = {
    "embed.weight": torch.ones(5, 4),
    "layers.0.query.base.weight": torch.ones(4, 4),
    "layers.0.query.lora_A.weight": torch.ones(2, 4),
    "layers.0.query.lora_B.weight": torch.ones(4, 2),
    "layers.1.norm.weight": torch.ones(4),
    "layers.10.query.base.weight": torch.ones(4, 4),
    "head.weight": torch.ones(3, 4),
    "head.bias": torch.ones(3),
    "heading.weight": torch.ones(3, 3),
}
FROZEN = {"embed.weight", "layers.0.query.base.weight", "layers.10.query.base.weight"}


@pytest.mark.parametrize(
    ("ignore", "only", "expected"),
    [
        ("none", "", set(WEIGHTS)),
        ("biasbn", "", {name for name in WEIGHTS if WEIGHTS[name].dim() > 1}),
        ("frozen", "", set(WEIGHTS) - FROZEN),
        ("frozen+biasbn", "", {name for name in set(WEIGHTS) - FROZEN if WEIGHTS[name].dim() > 1}),
        ("none", "head", {"head.weight", "head.bias"}),
        ("biasbn", "head", {"head.weight"}),
        ("none", "*lora_*", {"layers.0.query.lora_A.weight", "layers.0.query.lora_B.weight"}),
        ("none", "*.lora_[AB]", {"layers.0.query.lora_A.weight", "layers.0.query.lora_B.weight"}),
        ("none", "layers.1", {"layers.1.norm.weight"}),
        ("none", "layers.1+embed.weight", {"layers.1.norm.weight", "embed.weight"}),
        ("none+layers", "", {"embed.weight", "head.weight", "head.bias", "heading.weight"}),
        ("layers+*.bias", "head*+layers.0", {"head.weight", "heading.weight"}),
        ("*.query", "layers", {"layers.1.norm.weight"}),
        ("*lora_B*", "*lora_*", {"layers.0.query.lora_A.weight"}),
    ],
)
def test_rules_and_names_choose_what_moves_and_the_rest_has_no_direction(ignore, only, expected):
    assert moved(WEIGHTS, ignore, only, FROZEN) == expected
    drawn = gaussian(WEIGHTS, 4, 1)
    direction = scaled(drawn, WEIGHTS, "filter", ignore, only, FROZEN)
    assert {name for name, part in direction.items() if part.any()} == expected
    everything = scaled(drawn, WEIGHTS, "filter", "none")
    for name in expected:  # what moves moves as it would among all
        assert torch.equal(direction[name], everything[name])


@pytest.mark.parametrize(
    ("ignore", "only", "told"),
    [
        ("biasbm", "", r"no parameter matches 'biasbm': there are embed, layers, head, heading; "),
        ("biasbn", "lora", r"no parameter matches 'lora'"),
        ("", "", r"no parameter matches ''"),
        ("biasbn", "head+", r"no parameter matches ''"),
        ("biasbn", "layers.1", r"ignore=biasbn,only=layers.1 leaves none of 9: ignore fewer"),
        ("embed+layers+head*", "", r"ignore=embed\+layers\+head\* leaves none of 9"),
    ],
)
def test_names_that_no_parameter_has_and_planes_that_move_nothing_are_refused(ignore, only, told):
    with pytest.raises(BadReference, match=told):
        moved(WEIGHTS, ignore, only, FROZEN)
