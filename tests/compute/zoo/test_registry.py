"""Architectures have the sizes the papers print, and compute what other libraries' do."""

import pytest
import torch
from torch import nn
from torchvision.models import DenseNet, vgg16_bn

from compute.errors import BadReference, UnknownName
from compute.zoo.layouts import layout
from compute.zoo.registry import DEPTHS, IMAGES, WIDENINGS, build
from compute.zoo.undrawn import undrawn

CIFAR, DIGITS = (3, 32, 32), (1, 8, 8)


def count(name, shape=CIFAR):
    return sum(parameter.numel() for parameter in undrawn(name, shape, 10).parameters())


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet20", 269_722),
        ("resnet20-noshort", 269_722),
        ("resnet20-projection", 272_474),
        ("resnet56", 853_018),
        ("resnet56-noshort", 853_018),
        ("resnet56-projection", 855_770),
        ("vgg56", 853_018),
    ],
)
def test_parameter_counts_are_the_published_ones(name, parameters):
    """A reproduction of Li et al. (2018) and a third party's ResNet-20 for CIFAR-10 print them."""
    assert count(name) == parameters


@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.73), (164, 1.66)]
)
def test_residual_networks_have_the_millions_that_he_et_al_print(depth, millions):
    """He et al. (2016), table 6, where 110 layers have 1.7; so have the 164 of their second paper."""
    assert round(count(f"resnet{depth}") / 1e6, 2) == millions


@pytest.mark.parametrize("depth", DEPTHS)
def test_padded_shortcuts_cost_no_parameters(depth):
    assert count(f"resnet{depth}") == count(f"resnet{depth}-noshort")


def conv(inputs, outputs, side=3):
    """Weights of a convolution without bias."""
    return inputs * outputs * side**2


def residual(blocks, stem, projected, expansion=1, norm_first=False):
    """Parameters of a residual network for CIFAR-10, layer by layer as its paper's table lists them.

    A BatchNorm has two for each channel; the head ten for each channel, and ten. A bottleneck has 1 x 1, 3 x 3 and
    1 x 1 convolutions; with norms first each follows its own BatchNorm, and the way around has none.
    """
    total, inputs = conv(3, stem), stem
    total += 0 if norm_first else 2 * stem
    for width in (stem, 2 * stem, 4 * stem):
        outputs = width * expansion
        for _ in range(blocks):
            if expansion == 1:
                total += conv(inputs, width) + conv(width, width) + 4 * width
            else:
                total += conv(inputs, width, 1) + conv(width, width) + conv(width, outputs, 1)
                total += 4 * width + 2 * (inputs if norm_first else outputs)
            if projected and inputs != outputs:
                total += conv(inputs, outputs, 1) + (0 if norm_first else 2 * outputs)
            inputs = outputs
    return total + (2 * inputs if norm_first else 0) + 10 * inputs + 10


@pytest.mark.parametrize("projected", [False, True])
@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_residual_networks_have_the_layers_of_their_table(depth, projected):
    name = f"resnet{depth}-projection" if projected else f"resnet{depth}"
    assert count(name) == residual((depth - 2) // 6, 16, projected)


def test_164_layers_are_eighteen_bottlenecks_a_stage():
    assert count("resnet164") == count("resnet164-noshort") == residual(18, 16, False, expansion=4)
    assert count("resnet164-projection") == residual(18, 16, True, expansion=4) == 1_704_154
    assert count("preresnet164") == residual(18, 16, True, expansion=4, norm_first=True) == 1_703_258


@pytest.mark.parametrize("k", WIDENINGS)
def test_wide_networks_are_k_times_as_wide(k):
    assert count(f"wrn56-k{k}") == residual(9, 16 * k, True)
    assert count(f"wrn56-k{k}-noshort") == residual(9, 16 * k, False)


def test_the_narrowest_wide_network_and_the_deep_vggs_are_residual_networks_by_another_name():
    assert layout("wrn56-k1", CIFAR, 10) == layout("resnet56-projection", CIFAR, 10)
    for depth in (56, 110):
        assert layout(f"vgg{depth}", CIFAR, 10) == layout(f"resnet{depth}-noshort", CIFAR, 10)


def test_vgg_has_torchvisions_convolutions_and_three_dense_layers():
    """Two hidden layers of 512 with bias and BatchNorm, then ten classes; VGG-9 has one, of 256 from 4 x 4 pixels."""
    convolutions = [parameter.numel() for parameter in vgg16_bn(init_weights=False).features.parameters()]
    assert count("vgg16") == sum(convolutions) + 2 * (512 * 512 + 3 * 512) + 513 * 10
    assert count("vgg9") == sum(convolutions[: 4 * 7]) + 4 * 4 * 256 * 256 + 3 * 256 + 257 * 10 == 2_789_706


def test_alexnet_has_the_layers_of_its_table():
    """3 -> 64 (11 x 11) -> 192 (5 x 5) -> 384 -> 256 -> 256 (3 x 3), each with bias, and ten classes."""
    convolutions = conv(3, 64, 11) + conv(64, 192, 5) + conv(192, 384) + conv(384, 256) + conv(256, 256)
    assert count("alexnet") == convolutions + 64 + 192 + 384 + 256 + 256 + 257 * 10 == 2_472_266


def test_densenet_computes_what_torchvisions_does_with_a_stem_for_small_images():
    torch.manual_seed(0)
    theirs = DenseNet(num_classes=10)
    theirs.features.conv0 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    for part in ("norm0", "relu0", "pool0"):
        setattr(theirs.features, part, nn.Identity())
    ours = undrawn("densenet121", CIFAR, 10)
    weights = dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True))
    ours.load_state_dict(weights)
    images = torch.randn(4, *CIFAR)
    with torch.inference_mode():
        torch.testing.assert_close(ours.train()(images), theirs.train()(images), rtol=1e-3, atol=1e-4)
    assert count("densenet121") == sum(parameter.numel() for parameter in theirs.parameters()) == 6_956_298


def test_a_perceptron_has_the_layers_it_is_told():
    assert count("mlp", DIGITS) == 65 * 64 + 65 * 64 + 65 * 10


def twin(network, width=64, heads=4):
    """Torch's own transformer with the weights of ours."""
    layers = []
    for block in network.blocks:
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0, activation="gelu", batch_first=True, norm_first=True
        )
        parts = [block.attention.asked, block.attention.told, block.up, block.down, block.norm1, block.norm2]
        tensors = [tensor for part in parts for tensor in (part.weight, part.bias)]
        layer.load_state_dict(dict(zip(layer.state_dict(), tensors, strict=True)))
        layers.append(layer)
    return nn.Sequential(*layers)


def test_the_transformer_computes_what_torchs_layers_do():
    torch.manual_seed(0)
    network = build("transformer", (12,), 27)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    places = torch.randn(2, 12, 64)
    hidden, mask = places, nn.Transformer.generate_square_subsequent_mask(12)
    for layer in twin(network):
        hidden = layer(hidden, src_mask=mask, is_causal=True)
    torch.testing.assert_close(network.blocks(places), hidden, rtol=1e-4, atol=1e-4)


def test_the_transformer_has_the_layers_of_its_table():
    """For each block of width w: 4 w² for attention and 8 w² for the dense layers, 13 w of biases and norms."""
    symbols, length, width = 27, 12, 64
    blocks = 4 * (12 * width**2 + 13 * width)
    assert sum(tensor.numel() for tensor in undrawn("transformer", (length,), symbols).parameters()) == (
        symbols * width + length * width + blocks + 2 * width + (width + 1) * symbols
    )


def test_the_transformer_foretells_from_what_came_before_alone():
    torch.manual_seed(0)
    network = build("transformer", (12,), 27).eval()
    one = torch.randint(27, (3, 12))
    other = one.clone()
    other[:, 7] = (one[:, 7] + 1) % 27
    with torch.inference_mode():
        first, second = network(one), network(other)
    assert first.shape == (3, 27, 12)
    assert torch.equal(first[:, :, :7], second[:, :, :7])
    assert not torch.isclose(first[:, :, 7:], second[:, :, 7:]).all(dim=1).any()


@pytest.mark.parametrize("name", IMAGES)
def test_every_network_gives_one_logit_per_class_of_the_digits(name):
    network = build(name, DIGITS, 7).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, *DIGITS)).shape == (2, 7)


FAMILIES = ["resnet20", "resnet20-projection", "preresnet164", "vgg9", "vgg16", "densenet121-slim", "alexnet", "mlp"]


@pytest.mark.parametrize("shape", [CIFAR, (1, 28, 28), (2, 12, 9)])
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_takes_images_of_any_size(name, shape):
    network = build(name, shape, 7).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, *shape)).shape == (2, 7)


MAPS = {
    "resnet20": (("layer1", "layer2", "layer3"), [8, 4, 2], [32, 16, 8]),
    "preresnet164": (("layer1", "layer2", "layer3"), [8, 4, 2], [32, 16, 8]),
    "densenet121-slim": ([f"features.{part}" for part in (0, 2, 4, 6)], [8, 4, 2, 1], [32, 16, 8, 4]),
    "vgg9": (["features.0", "features.7", "features.14"], [8, 4, 2], [32, 16, 8]),
    "vgg16": (["features.0", "features.7", "features.14", "features.24"], [8, 4, 2, 1], [32, 16, 8, 4]),
    "alexnet": (["features.0", "features.3", "features.6"], [8, 4, 2], [8, 4, 2]),
}


@pytest.mark.parametrize("name", MAPS)
def test_maps_shrink_step_by_step(name):
    parts, *sides = MAPS[name]
    for shape, expected in zip((DIGITS, CIFAR), sides, strict=True):
        network, seen = build(name, shape, 10).eval(), []
        for part in parts:
            network.get_submodule(part).register_forward_hook(lambda _, __, out, seen=seen: seen.append(out.shape[-1]))
        with torch.inference_mode():
            network(torch.zeros(1, *shape))
        assert seen == expected


def test_parameters_come_in_the_order_of_the_public_layout():
    names = [name for name, _ in build("resnet20-projection", CIFAR, 10).named_parameters()]
    assert names[:5] == ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight"]
    block = [name.removeprefix("layer2.0.") for name in names if name.startswith("layer2.0.")]
    layers = ["conv1", "bn1", "conv2", "bn2", "shortcut.0", "shortcut.1"]
    assert list(dict.fromkeys(name.rpartition(".")[0] for name in block)) == layers
    assert names[-2:] == ["linear.weight", "linear.bias"]


def test_a_padded_shortcut_keeps_every_second_pixel_between_empty_channels():
    shortcut = build("resnet20", CIFAR, 10).layer2[0].shortcut
    images = torch.arange(16.0 * 16).reshape(1, 16, 4, 4)
    bridged = shortcut(images)
    assert torch.equal(bridged[:, 8:24], images[:, :, ::2, ::2])
    assert bridged[:, :8].abs().sum() == bridged[:, 24:].abs().sum() == 0


@pytest.mark.parametrize(
    ("name", "shape"), [("resnet18", DIGITS), ("mobilenet_v2", CIFAR), ("vit_b_16", (2, 32, 32)), ("googlenet", CIFAR)]
)
def test_classifiers_of_torchvision_take_any_channels(name, shape):
    network = undrawn(f"torchvision:{name}", shape, 7).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, *shape)).shape == (2, 7)


def test_an_unknown_architecture_lists_the_known():
    with pytest.raises(UnknownName, match=r"Unknown architecture 'resnet21': choose one of .*resnet20, .*nearest of"):
        build("resnet21", CIFAR, 10)
    with pytest.raises(UnknownName, match=r"Unknown torchvision classifier 'resnet21': .*resnet101, .*nearest of"):
        build("torchvision:resnet21", CIFAR, 10)


def test_what_an_architecture_cannot_take_is_refused():
    with pytest.raises(BadReference, match=r"transformer takes sequences of shape \(length,\), but got \(3, 32, 32\):"):
        build("transformer", CIFAR, 10)
    with pytest.raises(BadReference, match=r"mlp takes images of shape \(channels, height, width\), but got \(16,\):"):
        build("mlp", (16,), 10)
    with pytest.raises(BadReference, match=r"vit_b_16 should take images of shape \(1, 8, 8\), but cannot .*: choose"):
        build("torchvision:vit_b_16", DIGITS, 10)
