"""Spatial attention over a frame and its reference, and temporal attention over a window of frames."""
import torch
from torch import nn

from ..config import FRAMES, HEAD_DIM, MASKED_AGE
from .layers import conv, group_norm

SCALE = HEAD_DIM**-0.5
#: Added to a masked score: far below any real one, and finite in half precision.
MASK = -30000.0


class KeyValue(nn.Module):
    """Keys and values of the reference picture for one attention layer: [n, heads, tokens, 64] each."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.norm = group_norm(channels)
        self.key, self.value = conv(channels, heads * HEAD_DIM, 1), conv(channels, heads * HEAD_DIM, 1)

    def forward(self, x):
        x = self.norm(x)
        return tuple(
            layer(x).reshape(x.shape[0], self.heads, HEAD_DIM, -1).transpose(2, 3) for layer in (self.key, self.value)
        )


class Attention(nn.Module):
    """What both kinds of attention learn: their 1x1 projections. The last one begins at zero."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.norm = group_norm(channels)
        self.query = conv(channels, heads * HEAD_DIM, 1)
        self.key = conv(channels, heads * HEAD_DIM, 1)
        self.value = conv(channels, heads * HEAD_DIM, 1)
        self.out = conv(heads * HEAD_DIM, channels, 1, zero=True)


class ReferenceAttention(Attention):
    """Self-attention whose keys and values are joined by the reference's, in one softmax (Loki's K/V injection)."""

    def forward(self, x, reference, frames):
        """x [B*F, C, h, w]; reference: keys and values [B, heads, tokens, 64]; frames: F."""
        n, _, height, width = x.shape
        h = self.norm(x)
        split = lambda y: y.reshape(n, self.heads, HEAD_DIM, height * width).transpose(2, 3)
        query, key, value = split(self.query(h)), split(self.key(h)), split(self.value(h))
        ref_key, ref_value = (
            y.unsqueeze(1).expand(-1, frames, -1, -1, -1).reshape(n, self.heads, -1, HEAD_DIM) for y in reference
        )
        key, value = torch.cat((key, ref_key), dim=2), torch.cat((value, ref_value), dim=2)
        weights = torch.softmax(query @ key.transpose(2, 3) * SCALE, dim=-1)
        mixed = (weights @ value).transpose(2, 3).reshape(n, self.heads * HEAD_DIM, height, width)
        return x + self.out(mixed)


class TemporalAttention(Attention):
    """Each position attends to itself in other frames; time enters only as a bias a head and age.

    Keys carry no place in time, so cache slots may lie in any order: a ring buffer never has to be shifted.
    """

    def __init__(self, channels, heads):
        super().__init__(channels, heads)
        self.bias = nn.Parameter(-0.1 * torch.arange(FRAMES).float().repeat(heads, 1))

    def forward(self, x, cache, age, batch):
        """x [B*F, C, h, w]; cache: keys and values [B, h*w, heads, N, 64]; age [F, N + F] (see GENERATOR: 16 = masked).

        Returns x and the new frames' keys and values [B, h*w, heads, F, 64].
        """
        n, _, height, width = x.shape
        frames = age.shape[0]
        h = self.norm(x)

        def split(y):
            y = y.reshape(batch, frames, self.heads, HEAD_DIM, height * width)
            return y.permute(0, 4, 2, 1, 3)  # [B, h*w, heads, F, 64]

        query, new_key, new_value = split(self.query(h)), split(self.key(h)), split(self.value(h))
        key, value = torch.cat((cache[0], new_key), dim=3), torch.cat((cache[1], new_value), dim=3)
        masked = torch.full((self.heads, MASKED_AGE + 1 - FRAMES), MASK, dtype=x.dtype, device=x.device)
        bias = torch.cat((self.bias.to(x.dtype), masked), dim=1)[:, age]  # [heads, F, N + F]
        weights = torch.softmax(query @ key.transpose(3, 4) * SCALE + bias, dim=-1)
        mixed = (weights @ value).permute(0, 3, 2, 4, 1).reshape(n, self.heads * HEAD_DIM, height, width)
        return x + self.out(mixed), (new_key, new_value)
