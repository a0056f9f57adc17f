"""Networks in the forms that people write them, tiny, each with the inputs that it takes."""

import threading

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations, prune
from torchvision.ops import FeaturePyramidNetwork, FrozenBatchNorm2d

N = 24
"""Examples of each."""


def vectors(*shape):
    return torch.randn(N, *shape, generator=torch.Generator().manual_seed(1))


def images(channels=2, size=6):
    return vectors(channels, size, size)


def symbols(length=5, kinds=9):
    return torch.randint(0, kinds, (N, length), generator=torch.Generator().manual_seed(2))


NETWORKS = {}
"""A function that gives a network and its inputs, by name."""


def network(inputs):
    def noted(make):
        NETWORKS[make.__name__.strip("_").lower()] = lambda: (make(), inputs())
        return make

    return noted


def conv_tail(*layers):
    return nn.Sequential(*layers, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


# One parameter, several owners.


@network(symbols)
class TiedEmbeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.mix, self.head = nn.Embedding(9, 4), nn.Linear(4, 4), nn.Linear(4, 9, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        return self.head(torch.tanh(self.mix(self.embed(x)))).mean(1)


@network(lambda: vectors(4))
class SharedLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = self.first

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


@network(images)
class ConvReadTwice(nn.Module):
    """Once with a ReLU after it and once without."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2)

    def forward(self, x):
        return self.norm(self.conv(torch.relu(self.conv(x)))).mean((2, 3))


@network(images)
class TiedConvNorms(nn.Module):
    """Two convolutions of one kernel, each with its BatchNorm."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.b.weight = self.a.weight
        self.m, self.n = seen(nn.BatchNorm2d(2)), seen(nn.BatchNorm2d(2))

    def forward(self, x):
        return self.n(self.b(torch.relu(self.m(self.a(x))))).mean((2, 3))


@network(lambda: vectors(5))
class TransposedAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.bias = nn.Linear(5, 2), nn.Parameter(torch.randn(5))

    def forward(self, x):
        return F.linear(torch.sigmoid(self.encode(x)), self.encode.weight.t(), self.bias)


@network(lambda: (vectors(4), vectors(4).flip(0)))
class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))

    def forward(self, one, other):
        return (self.encoder(one) - self.encoder(other)).abs()


@network(lambda: vectors(4))
class SharedMemory(nn.Module):
    """Two parameters that are views of the same numbers: whatever is written last counts."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
        self.b.weight.data = self.a.weight.data.t()

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


# Hooks and parametrisations.


@network(images)
def hook_on_a_convolution():
    conv = nn.Conv2d(2, 4, 3)
    conv.register_forward_hook(lambda module, args, out: out * 0.25 + 0.3)
    return conv_tail(conv)


@network(images)
def pre_hook_on_batchnorm():
    norm = seen(nn.BatchNorm2d(4))
    norm.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    return conv_tail(nn.Conv2d(2, 4, 3), norm)


@network(lambda: vectors(4))
def hook_around_the_whole():
    made = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    made.register_forward_hook(lambda module, args, out: out + 1)
    return made


@network(lambda: vectors(4))
def hook_that_reads_another_layer():
    made = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    other = made[1]
    made[0].register_forward_hook(lambda module, args, out: out * other.weight.mean())
    return made


@network(images)
def forward_replaced():
    conv = nn.Conv2d(2, 4, 3)
    whole = conv.forward
    conv.forward = lambda x: whole(x) * 0.5 - 0.1
    return conv_tail(conv)


@network(images)
def weight_norm_batchnorm():
    return conv_tail(parametrizations.weight_norm(nn.Conv2d(2, 4, 3)), seen(nn.BatchNorm2d(4)))


@network(images)
def older_weight_norm():
    return conv_tail(nn.utils.weight_norm(nn.Conv2d(2, 4, 3)), seen(nn.BatchNorm2d(4)))


@network(images)
def older_spectral_norm():
    conv = nn.utils.spectral_norm(nn.Conv2d(2, 4, 3), n_power_iterations=20)
    conv(images())  # training finds the norm
    return conv_tail(conv)


@network(lambda: vectors(4))
def spectral_norm_critic():
    layers = [parametrizations.spectral_norm(nn.Linear(4, 4)) for _ in range(2)]
    return nn.Sequential(layers[0], nn.LeakyReLU(0.2), layers[1])


@network(lambda: vectors(4))
def orthogonal():
    return nn.Sequential(parametrizations.orthogonal(nn.Linear(4, 4)), nn.ReLU(), nn.Linear(4, 2))


@network(images)
def pruned():
    conv = nn.Conv2d(2, 4, 3)
    prune.l1_unstructured(conv, "weight", amount=0.5)
    return conv_tail(conv, seen(nn.BatchNorm2d(4)))


# Blocks, gradients and numbers of their own.


@network(images)
class Autocast(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(2, 4, 3), seen(nn.BatchNorm2d(4)), nn.Linear(4, 2)

    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            x = self.norm(self.conv(x))
        return self.head(torch.relu(x.float()).mean((2, 3)))


@network(images)
class FrozenTrunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(2, 4, 3), seen(nn.BatchNorm2d(4)), nn.ReLU())
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        with torch.no_grad():
            x = self.trunk(x)
        return self.head(x.mean((2, 3)))


@network(lambda: vectors(1))
class Physics(nn.Module):
    """u'' + u, with derivatives of its own."""

    def __init__(self):
        super().__init__()
        self.u = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1))

    def forward(self, x):
        x = x.clone().requires_grad_(True)
        u = self.u(x)
        first = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
        return torch.autograd.grad(first.sum(), x, create_graph=True)[0] + u


@network(lambda: vectors(3))
class InnerStep(nn.Module):
    """Takes a step along a gradient by its own weights, as meta-learning does."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        loss = self.layer(torch.ones(1, 3)).square().sum()
        step = torch.autograd.grad(loss, self.layer.weight)[0]
        return F.linear(x, self.layer.weight - 0.1 * step, self.layer.bias)


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x * 8) / 8

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@network(lambda: vectors(4))
class FakeQuantised(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 6), nn.Linear(6, 2)

    def forward(self, x):
        return self.b(torch.relu(F.linear(x, Round.apply(self.a.weight), self.a.bias)))


@network(lambda: vectors(1, 8))
class FourierLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.spectrum, self.conv = nn.Parameter(torch.randn(2, 3, dtype=torch.cfloat) / 2), nn.Conv1d(1, 2, 1)

    def forward(self, x):
        waves = torch.fft.rfft(self.conv(x))
        low = waves[..., :3] * self.spectrum
        return torch.fft.irfft(torch.cat([low, 0 * waves[..., 3:]], -1), n=8).flatten(1)


@network(lambda: vectors(4))
class WholeNumberParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.order, self.layer = nn.Parameter(torch.tensor([2, 0, 1, 3]), requires_grad=False), nn.Linear(4, 2)

    def forward(self, x):
        return self.layer(x[:, self.order])


@network(lambda: vectors(4))
class KernelsInBuffers(nn.Module):
    """Weights that are no parameters stay what they are."""

    def __init__(self):
        super().__init__()
        self.fixed, self.norm, self.head = nn.Linear(4, 4), seen(nn.BatchNorm1d(4)), nn.Linear(4, 2)
        weight = self.fixed.weight.data
        del self.fixed.weight
        self.fixed.register_buffer("weight", weight)

    def forward(self, x):
        return self.head(self.norm(self.fixed(x)))


@network(lambda: vectors(4))
class UnregisteredParameters(nn.Module):
    def __init__(self):
        super().__init__()
        self.loose = [nn.Parameter(torch.randn(4, 4))]
        self.scale, self.head = torch.tensor([0.5]), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.tanh(x @ self.loose[0]) * self.scale)


@network(lambda: vectors(4))
class CachedTensor(nn.Module):
    """Holds something that was computed from its weights, which cannot be copied as it is."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.before = {"weights": [self.layer.weight * 2]}

    def forward(self, x):
        self.last = self.layer(x)
        return self.last * 2


@network(lambda: vectors(4))
class Locked(nn.Module):
    """Holds something that cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock, self.layer = threading.Lock(), nn.Linear(4, 2)

    def forward(self, x):
        with self.lock:
            return self.layer(x)


@network(lambda: vectors(4))
class OwnGenerator(nn.Module):
    """Random features, the same at every call."""

    def __init__(self):
        super().__init__()
        self.generator, self.head = torch.Generator(), nn.Linear(6, 2)

    def forward(self, x):
        self.generator.manual_seed(3)
        return self.head(torch.cos(x @ torch.randn(4, 6, generator=self.generator)))


@network(symbols)
class OwnState(nn.Module):
    """A recurrent layer whose first state the network creates."""

    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(9, 3), nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x):
        state = torch.zeros(1, len(x), 4)
        return self.head(self.rnn(self.embed(x), (state, state.clone()))[0][:, -1])


# Layouts, and what is done in place.


@network(images)
class PositionalMap(nn.Module):
    def __init__(self):
        super().__init__()
        self.place, self.head = nn.Parameter(torch.randn(1, 2, 6, 6)), nn.Linear(72, 2)

    def forward(self, x):
        return self.head(x.view(len(x), -1) + self.place.view(1, -1))


@network(images)
class Viewed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(2, 3, 3), nn.Linear(48, 2)

    def forward(self, x):
        return self.head(F.relu(self.conv(x)).view(-1, 48))


@network(images)
class Strided(nn.Module):
    """Patches by the strides of its input, which another layout of the same image changes."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(2, 3, 1), nn.Linear(36, 2)

    def forward(self, x):
        patches = torch.as_strided(x, (len(x), 2, 36), (x.stride(0), x.stride(1), 1))
        return self.head(patches.mean(1)) + self.conv(x).mean((1, 2, 3))[:, None]


@network(images)
class Residual(nn.Module):
    """Additions and ReLUs in place, and one whose result is read under its first name."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.norm, self.relu = seen(nn.BatchNorm2d(2)), nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.norm(self.a(x)))
        out += self.b(out)
        again = F.relu(out)
        out *= 0.5
        return (self.relu(out) + again).mean((2, 3))


@network(images)
class Gate(nn.Module):
    """A convolution plus one number for each channel, then ReLU."""

    def __init__(self):
        super().__init__()
        self.conv, self.squeeze = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(2, 3, 1)

    def forward(self, x):
        return torch.relu(self.conv(x) + self.squeeze(x.mean((2, 3), keepdim=True))).mean((2, 3))


@network(lambda: vectors(4))
class OverwritesItsInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, x):
        x.sub_(0.5).div_(0.5)
        return self.layer(x)


@network(symbols)
def embedding_that_renorms():
    return nn.Sequential(nn.Embedding(9, 4, max_norm=0.5), nn.Flatten(), nn.Linear(20, 2))


# Architectures.


@network(symbols)
class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(9, 3), nn.GRU(3, 4, 2, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.rnn(self.embed(x))[0][:, -1]


@network(lambda: vectors(5, 3))
class SelectiveScan(nn.Module):
    def __init__(self):
        super().__init__()
        self.decay, self.enter, self.leave = nn.Parameter(torch.rand(3)), nn.Linear(3, 3), nn.Linear(3, 2)

    def forward(self, x):
        state, found = torch.zeros(len(x), 3), []
        for step in x.unbind(1):
            state = torch.exp(-self.decay * F.softplus(step)) * state + self.enter(step)
            found.append(state)
        return self.leave(torch.stack(found, 1)).mean(1)


@network(images)
class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), seen(nn.BatchNorm2d(3)), nn.ReLU())
        self.deep, self.up = nn.Conv2d(3, 4, 3, padding=1), nn.ConvTranspose2d(4, 3, 2, stride=2)
        self.head = nn.Conv2d(6, 2, 1)

    def forward(self, x):
        skip = self.down(x)
        deep = torch.relu(self.deep(F.max_pool2d(skip, 2)))
        return self.head(torch.cat([skip, self.up(deep)], 1))


@network(lambda: (vectors(4, 3), symbols(4, 4)))
class Graph(nn.Module):
    """Each node hears from the node that an index names."""

    def __init__(self):
        super().__init__()
        self.message, self.update = nn.Linear(3, 3), nn.Linear(6, 2)

    def forward(self, nodes, sources):
        heard = self.message(nodes).gather(1, sources[..., None].expand(-1, -1, 3))
        total = torch.zeros_like(heard).scatter_add(1, sources[..., None].expand_as(heard), heard)
        return self.update(torch.cat([nodes, total], -1)).mean(1)


@network(lambda: {"x": images(1), "t": torch.arange(N) % 10})
class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.time, self.a, self.norm = nn.Embedding(10, 4), nn.Conv2d(1, 4, 3, padding=1), nn.GroupNorm(2, 4)
        self.b = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x, t):
        return x - self.b(F.silu(self.norm(self.a(x)) + self.time(t)[:, :, None, None]))


@network(lambda: vectors(4))
class Policy(nn.Module):
    """Gives a distribution's parameters and a value."""

    def __init__(self):
        super().__init__()
        self.body, self.mean, self.value = nn.Linear(4, 6), nn.Linear(6, 2), nn.Linear(6, 1)
        self.spread = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        h = torch.tanh(self.body(x))
        made = torch.distributions.Normal(self.mean(h), self.spread.exp().expand(len(x), 2))
        return torch.cat([made.log_prob(torch.zeros(2)), self.value(h)], 1)


@network(lambda: vectors(3))
class Equilibrium(nn.Module):
    """A loop that ends when nothing moves any more."""

    def __init__(self):
        super().__init__()
        self.enter, self.again = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        z = torch.zeros_like(x)
        for _ in range(60):
            new = torch.tanh(0.3 * self.again(z) + self.enter(x))
            if (new - z).abs().max() < 1e-9:
                break
            z = new
        return z


@network(lambda: vectors(4))
class Teacher(nn.Module):
    """A student beside a teacher that is kept in buffers."""

    def __init__(self):
        super().__init__()
        self.student = nn.Linear(4, 3)
        self.register_buffer("teacher", torch.randn(3, 4))

    def forward(self, x):
        return self.student(x) - F.linear(x, self.teacher)


@network(lambda: vectors(4))
class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), torch.jit.script(nn.Sequential(nn.Linear(4, 3), nn.ReLU()))

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


@network(lambda: vectors(4))
class Experts(nn.Module):
    """Each example goes to the expert that a router chooses."""

    def __init__(self):
        super().__init__()
        self.router, self.experts = nn.Linear(4, 3), nn.ModuleList(nn.Linear(4, 2) for _ in range(3))

    def forward(self, x):
        shares = self.router(x).softmax(1)
        out = torch.zeros(len(x), 2)
        for place, expert in enumerate(self.experts):
            chosen = (shares.argmax(1) == place).nonzero().flatten()
            if len(chosen):
                out[chosen] = shares[chosen, place, None] * expert(x[chosen])
        return out


@network(images)
class DetectionBackbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 6, 3, 2, padding=1)
        self.norm, self.pyramid = FrozenBatchNorm2d(4), FeaturePyramidNetwork([4, 6], 3)
        self.norm.running_var.mul_(2)

    def forward(self, x):
        first = torch.relu(self.norm(self.a(x)))
        levels = self.pyramid({"fine": first, "coarse": torch.relu(self.b(first))})
        return torch.cat([level.mean((2, 3)) for level in levels.values()], 1)


@network(lambda: vectors(4))
def wrapped():
    return nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)))


@network(lambda: vectors(5, 4))
def attention():
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    return nn.Sequential(layer, nn.Flatten(), nn.Linear(20, 2))


@network(lambda: vectors(4))
class LeavesDropoutOn(nn.Module):
    """Monte Carlo dropout, which evaluation mode does not reach."""

    def __init__(self):
        super().__init__()
        self.a, self.drop, self.b = nn.Linear(4, 6), nn.Dropout(0.5), nn.Linear(6, 2)

    def train(self, mode=True):
        super().train(mode)
        self.drop.training = True
        return self

    def forward(self, x):
        return self.b(self.drop(self.a(x)))


def seen(norm):
    """A BatchNorm that has seen data, so that folding it wrongly shows."""
    source, least = (
        torch.Generator().manual_seed(3),
        {"weight": 0.5, "bias": -1, "running_mean": -1, "running_var": 0.5},
    )
    for name, low in least.items():
        tensor = getattr(norm, name).data
        tensor.copy_(torch.rand(tensor.shape, generator=source) * 2 + low)
    return norm
