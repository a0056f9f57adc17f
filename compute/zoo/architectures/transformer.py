"""A small transformer that foretells each next symbol of a sequence (Radford et al. 2018, with norms first)."""

import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Each place looks at itself and at those before it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.asked = nn.Linear(width, 3 * width)
        self.told = nn.Linear(width, width)

    def forward(self, places: Tensor) -> Tensor:
        """Maps (N, length, width) to the same shape."""
        queries, keys, values = self.asked(places).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return self.told(seen.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention, then two dense layers at each place; LayerNorm before both and a way around both."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, places: Tensor) -> Tensor:
        """Maps (N, length, width) to the same shape."""
        places = places + self.attention(self.norm1(places))
        return places + self.down(F.gelu(self.up(self.norm2(places))))


class Transformer(nn.Module):
    """Symbols and their places as vectors, blocks of attention, a dense layer at each place.

    Example:
        >>> import torch
        >>> network = Transformer(length=16, symbols=27)
        >>> network(torch.zeros(2, 16, dtype=torch.int64)).shape
        torch.Size([2, 27, 16])
    """

    def __init__(self, length: int, symbols: int, width: int = 64, depth: int = 4, heads: int = 4) -> None:
        super().__init__()
        self.symbols = nn.Embedding(symbols, width)
        self.places = nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, symbols)
        self.apply(start)

    def forward(self, sequences: Tensor) -> Tensor:
        """Maps symbols (N, length), int64, to logits (N, symbols, length), the axes as cross-entropy takes them."""
        hidden = self.symbols(sequences) + self.places.weight
        return self.linear(self.norm(self.blocks(hidden))).transpose(1, 2)


def start(module: nn.Module) -> None:
    """Draws weights with standard deviation 0.02 and no bias (Radford et al. 2018, section 4.1)."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
