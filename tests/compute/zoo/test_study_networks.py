"""Networks that are not one tensor to one tensor: their surface is the plain one, or a sentence says why not."""

import pytest

from compute.errors import BadStudy
from compute.specs import RandomPlane
from tests.compute.zoo.surfaces import check_surface, opened, survey

START = """
import torch
from collections import namedtuple
from dataclasses import dataclass
from torch import nn
from torch.nn import functional as F

checkpoints = "runs"
DRAWS = torch.Generator()

def uniform(*shape):
    return torch.rand(*shape, generator=DRAWS)

def normal(*shape):
    return torch.randn(*shape, generator=DRAWS)

def whole(limit, *shape):
    return torch.randint(0, limit, shape, generator=DRAWS)

def entropy(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")

def model():
    return Net()

def data(split):
    DRAWS.manual_seed(len(split))
    return examples()
"""

NETWORKS = {
    "a tuple of three inputs": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.kinds, self.head = nn.Embedding(9, 6), nn.Embedding(2, 6), nn.Linear(6, 3)
    def forward(self, ids, kinds, mask):
        hidden = torch.tanh(self.words(ids) + self.kinds(kinds)).masked_fill(~mask[..., None], 0)
        return self.head(hidden.sum(1) / mask.sum(1, keepdim=True))

def examples():
    mask = uniform(40, 5) > 0.4
    mask[:, 0] = True
    return (whole(9, 40, 5), whole(2, 40, 5), mask), whole(3, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
    "a dictionary with a mask, handed on to attention": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.attend = nn.Embedding(9, 8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 2)
    def forward(self, ids=None, mask=None, extra=None, return_all=False):
        hidden = self.embed(ids)
        hidden = hidden + self.attend(hidden, hidden, hidden, key_padding_mask=mask, need_weights=False)[0]
        return self.head(hidden[:, 0]) if extra is None else extra

def examples():
    mask = uniform(40, 5) > 0.6
    mask[:, 0] = False
    return {"mask": mask, "ids": whole(9, 40, 5)}, whole(2, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
    "nested dictionaries": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 2), nn.Linear(8, 1)
    def forward(self, x):
        hidden = torch.relu(self.body(x))
        return {"heads": {"a": self.a(hidden), "b": [self.b(hidden)]}, "name": "net", "hidden": hidden, "none": None}

def examples():
    return normal(40, 4), {"label": whole(2, 40), "height": normal(40)}

def loss(outputs, targets):
    heads = outputs["heads"]
    return entropy(heads["a"], targets["label"]) + (heads["b"][0][:, 0] - targets["height"]).square()
""",
    "a dataclass": """
@dataclass
class Answer:
    mean: torch.Tensor
    spread: torch.Tensor
    steps: int = 3

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 2)
    def forward(self, x):
        mean, spread = self.head(torch.tanh(self.body(x))).unbind(1)
        return Answer(mean, F.softplus(spread) + 0.1)

def examples():
    return normal(40, 4), normal(40)

def loss(answer, targets):
    return ((targets - answer.mean) / answer.spread).square() / 2 + answer.spread.log()
""",
    "a recurrent network and its hidden states, time first": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(7, 6), nn.GRU(6, 8, num_layers=2), nn.Linear(8, 7)
    def forward(self, ids):
        hidden, last = self.rnn(self.embed(ids).transpose(0, 1))
        return self.head(hidden), last

def examples():
    ids = whole(7, 40, 9)
    return ids[:, :-1], ids[:, 1:]

def loss(outputs, targets):
    logits, last = outputs
    return entropy(logits.permute(1, 2, 0), targets).mean(1) + 0.01 * last.square().sum((0, 2))
""",
    "graphs as padded adjacency matrices": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.head = nn.Linear(3, 8), nn.Linear(8, 8), nn.Linear(8, 2)
    def forward(self, nodes, edges):
        spread = edges / edges.sum(2, keepdim=True).clamp(min=1)
        hidden = torch.relu(self.one(spread @ nodes))
        return self.head(torch.relu(self.two(spread @ hidden)).mean(1))

def examples():
    return (normal(40, 6, 3), (uniform(40, 6, 6) > 0.5).float()), whole(2, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
    "detections as a list of dictionaries": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.boxes, self.scores = nn.Conv2d(1, 6, 3), nn.Conv2d(6, 4, 1), nn.Conv2d(6, 3, 1)
    def forward(self, images):
        hidden = torch.relu(self.body(images))
        boxes, scores = self.boxes(hidden).flatten(2), self.scores(hidden).flatten(2)
        return [{"boxes": one.T, "scores": two.T} for one, two in zip(boxes, scores)]

def examples():
    return normal(30, 1, 6, 6), (normal(30, 16, 4), whole(3, 30, 16))

def loss(outputs, targets):
    boxes, labels = targets
    return torch.stack([
        F.smooth_l1_loss(one["boxes"], box) + F.cross_entropy(one["scores"], label)
        for one, box, label in zip(outputs, boxes, labels)
    ])
""",
    "an encoder and a decoder": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(9, 8), nn.Embedding(9, 8)
        self.core = nn.Transformer(8, 2, 1, 1, 16, dropout=0.1, batch_first=True)
        self.head = nn.Linear(8, 9)
    def forward(self, source, target):
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        return self.head(self.core(self.source(source), self.target(target), tgt_mask=mask, tgt_is_causal=True))

def examples():
    target = whole(9, 40, 6)
    return (whole(9, 40, 7), target[:, :-1]), target[:, 1:]

def loss(outputs, targets):
    return entropy(outputs.transpose(1, 2), targets).mean(1)
""",
    "twins with two images and BatchNorm": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))
        self.body[1].running_mean.fill_(0.2)
        self.body[1].running_var.fill_(1.7)
    def forward(self, one, other):
        return F.normalize(self.body(one), dim=1), F.normalize(self.body(other), dim=1)

def examples():
    return (normal(40, 1, 6, 6), normal(40, 1, 6, 6)), whole(2, 40).float()

def loss(outputs, same):
    apart = (outputs[0] - outputs[1]).square().sum(1)
    return same * apart + (1 - same) * F.relu(1 - apart.clamp(min=1e-9).sqrt()).square()
""",
    "a denoiser of images at a time": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.time, self.down = nn.Embedding(10, 8), nn.Conv2d(1, 8, 3, padding=1, stride=2)
        self.norm, self.up = nn.GroupNorm(2, 8), nn.ConvTranspose2d(8, 1, 2, 2)
    def forward(self, sample, timestep, return_dict=True):
        hidden = F.silu(self.norm(self.down(sample)) + self.time(timestep)[..., None, None])
        return {"sample": self.up(hidden)} if return_dict else (self.up(hidden),)

def examples():
    noise = normal(40, 1, 8, 8)
    return {"sample": normal(40, 1, 8, 8) + noise, "timestep": whole(10, 40)}, noise

def loss(outputs, noise):
    return (outputs["sample"] - noise).square().mean((1, 2, 3))
""",
    "an actor and a critic": """
Policy = namedtuple("Policy", "logits value")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.actor, self.critic = nn.Linear(5, 8), nn.Linear(8, 3), nn.Linear(8, 1)
    def forward(self, observation, last_action):
        hidden = torch.tanh(self.body(torch.cat([observation, F.one_hot(last_action, 2).to(observation)], 1)))
        return Policy(self.actor(hidden), self.critic(hidden)[:, 0])

def examples():
    return (normal(40, 3), whole(2, 40)), {"action": whole(3, 40), "gain": normal(40)}

def loss(policy, targets):
    chosen = policy.logits.log_softmax(1).gather(1, targets["action"][:, None])[:, 0]
    return (targets["gain"] - policy.value).square() - chosen * targets["gain"]
""",
    "an autoencoder": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(6, 4), nn.Linear(2, 6)
    def forward(self, x):
        mean, spread = self.encoder(x).chunk(2, 1)
        drawn = mean + torch.randn_like(mean) * spread.exp() if self.training else mean
        return self.decoder(drawn), mean, spread

def examples():
    x = normal(40, 6)
    return x, x

def loss(outputs, x):
    again, mean, spread = outputs
    return (again - x).square().sum(1) + (mean.square() + (2 * spread).exp() - 2 * spread - 1).sum(1) / 2
""",
    "numbers, classes and images together": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.table, self.kind = nn.Conv2d(3, 4, 3), nn.Linear(2, 4), nn.Embedding(5, 4)
        self.head = nn.Linear(12, 1)
    def forward(self, *, image, table, kind):
        parts = self.image(image).relu().mean((2, 3)), self.table(table), self.kind(kind)
        return self.head(torch.cat(parts, 1))

def examples():
    return {"image": normal(40, 3, 6, 6), "table": normal(40, 2), "kind": whole(5, 40)}, normal(40)

def loss(outputs, targets):
    return F.huber_loss(outputs[:, 0], targets, reduction="none")
""",
    "arguments of any name": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.norm, self.head = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
    def forward(self, **batch):
        hidden = self.norm(self.body(batch["x"])).relu()
        return {"logits": self.head(hidden) * batch.get("scale", torch.ones(1))[:, None]}

def examples():
    return {"scale": uniform(40), "x": normal(40, 4)}, whole(3, 40)

def loss(outputs, targets):
    return entropy(outputs["logits"], targets)
""",
    "arguments of any number": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(2 + place, 4) for place in range(3))
        self.norm, self.head = nn.BatchNorm1d(4), nn.Linear(4, 3)
    def forward(self, *views):
        return self.head(self.norm(sum(part(view) for part, view in zip(self.parts, views, strict=True))).tanh())

def examples():
    return tuple(normal(40, 2 + place) for place in range(3)), whole(3, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
    "an order of arguments that is not that of the dictionary, and one left out between": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.norm = nn.Linear(3, 4), nn.Linear(3, 4), nn.BatchNorm1d(4)
    def forward(self, a, scale=None, b=None, *, negate=False):
        found = self.norm(self.one(a) - self.two(b))
        found = found if scale is None else found * scale
        return -found if negate else found

def examples():
    return {"b": normal(40, 3), "a": normal(40, 3)}, whole(4, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
    "a network that other code wraps": """
class Batch:
    def __init__(self, scores, weights):
        self.scores, self.weights = scores, weights

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)
    def forward(self, x, weights):
        return Batch(self.head(x), weights)

def examples():
    return [normal(40, 4), uniform(40)], whole(3, 40)

def loss(batch, targets):
    return batch.weights * entropy(batch.scores, targets)
""",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_surface_of_a_network_is_that_of_the_plain_evaluation(tmp_path, name):
    check_surface(tmp_path, START + NETWORKS[name])


ADAPTED = """
class Adapted(nn.Module):
    def __init__(self, base, rank=2):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A, self.lora_B = nn.Linear(base.in_features, rank, bias=False), nn.Linear(rank, base.out_features)
    def forward(self, x):
        return self.base(x) + 2 * self.lora_B(self.lora_A(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(9, 8).requires_grad_(False)
        self.layers = nn.ModuleList(Adapted(nn.Linear(8, 8)) for _ in range(2))
        self.head = nn.Linear(8, 3)
    def forward(self, ids):
        hidden = self.embed(ids).mean(1)
        for layer in self.layers:
            hidden = torch.tanh(layer(hidden))
        return self.head(hidden)

def examples():
    return whole(9, 40, 5), whole(3, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
"""
BASE = {"embed.weight", *(f"layers.{index}.base.{part}" for index in (0, 1) for part in ("weight", "bias"))}


@pytest.mark.parametrize(
    ("ignore", "only"),
    [("biasbn+frozen", ""), ("none", "*lora_*"), ("biasbn", "head"), ("none+layers.0", "layers+head")],
)
def test_adapters_and_heads_may_span_the_plane_alone(tmp_path, ignore, only):
    check_surface(tmp_path, START + ADAPTED, plane=RandomPlane(1, "filter", ignore, only), frozen=BASE)


def test_a_pattern_that_no_parameter_matches_is_a_sentence(tmp_path):
    with pytest.raises(Exception, match=r"no parameter matches 'adapter\*': there are embed, layers, head; "):
        check_surface(tmp_path, START + ADAPTED, plane=RandomPlane(only="adapter*"))


REFUSED = {
    "a graph whose edges are no rows": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 2)
    def forward(self, x, edge_index):
        return self.head(torch.zeros_like(x).index_add(0, edge_index[1], x[edge_index[0]]))

def examples():
    return {"x": normal(40, 3), "edge_index": whole(40, 2, 90)}, whole(2, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
        r"edge_index: a tensor of shape \(2, 90\), int64\).*keep what all examples share in the network, as a buffer",
    ),
    "a graph whose nodes are the examples": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 2)
        self.register_buffer("edge_index", torch.stack([torch.arange(40), torch.arange(40).roll(1)]))
    def forward(self, x):
        return self.head(torch.zeros_like(x).index_add(0, self.edge_index[1], x[self.edge_index[0]]))

def examples():
    return normal(40, 3), whole(2, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
        r"model\(\) called with a tensor of shape \(3, 3\), float32 should run, but raised IndexError",
    ),
    "two towers that are compared with each other's examples": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 5), nn.Linear(6, 5)
    def forward(self, images, texts):
        return {"logits": F.normalize(self.one(images), dim=1) @ F.normalize(self.two(texts), dim=1).T}

def examples():
    return (normal(40, 4), normal(40, 6)), torch.arange(40)

def loss(outputs, targets):
    return entropy(outputs["logits"], torch.arange(len(targets)))
""",
        r"loss of an example should depend on it alone",
    ),
    "one loss that the network gives itself": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)
    def forward(self, x, labels):
        return {"loss": F.cross_entropy(self.head(x), labels)}

def examples():
    labels = whole(3, 40)
    return {"x": normal(40, 4), "labels": labels}, labels

def loss(outputs, targets):
    return outputs["loss"]
""",
        r"one loss per example, floats of shape \(3,\) for 3 examples, but gave a tensor of shape \(\)",
    ),
    "a batch in one argument": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)
    def forward(self, batch):
        return self.head(batch["x"])

def examples():
    return {"x": normal(40, 4)}, whole(3, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
        r"model\(\) called by name with dictionary of \(x: a tensor .* unexpected keyword argument 'x'",
    ),
    "three things for a pair": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)
    def forward(self, x, mask):
        return self.head(x)

def examples():
    return normal(40, 4), normal(40, 4), whole(3, 40)

def loss(outputs, targets):
    return entropy(outputs, targets)
""",
        r"should give \(inputs, targets\), each a tensor, or a tuple or dictionary of tensors",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_mean_over_examples_is_one_sentence(tmp_path, name):
    text, told = REFUSED[name]
    path, _, _ = opened(tmp_path, START + text)
    with pytest.raises(BadStudy, match=told):
        survey(tmp_path, path, 8, RandomPlane())


VISION = """
import torchvision

def examples():
    return normal(6, 3, 32, 32), whole(3, 6)
"""

LIBRARIES = {
    "a segmentation of torchvision": """
def model():
    return torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=3)

def loss(outputs, targets):
    return entropy(outputs["out"], targets[:, None, None].expand(-1, 32, 32)).mean((1, 2))
""",
    "a feature pyramid of torchvision": """
def model():
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    return resnet_fpn_backbone(backbone_name="resnet18", weights=None, trainable_layers=5)

def loss(outputs, targets):
    return sum(part.mean((2, 3)).square().sum(1) for part in outputs.values())
""",
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_networks_of_torchvision_with_outputs_of_their_own_have_the_plain_surface(tmp_path, name):
    check_surface(tmp_path, START + VISION + LIBRARIES[name], size=4)


def test_features_of_timm_have_the_plain_surface(tmp_path):
    pytest.importorskip("timm", reason="needs the package timm")
    text = """
import timm

def model():
    return timm.create_model("resnet10t", features_only=True, out_indices=(1, 3))

def loss(outputs, targets):
    return sum(part.mean((2, 3)).square().sum(1) for part in outputs)
"""
    check_surface(tmp_path, START + VISION + text, size=4)
