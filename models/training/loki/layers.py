"""Layers of the backbone and its autoencoder, named as in diffusers, so that standard weights load by their keys."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from .config import HEADS, groups

#: With more tokens than this, heads are attended one after another: all at once would take gigabytes.
MANY_TOKENS = 1024


def norm(channels, eps=1e-5):
    return nn.GroupNorm(groups(channels), channels, eps=eps)


def conv(inputs, outputs, kernel=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


class ResnetBlock2D(nn.Module):
    """`time_channels` 0 leaves the time out, as in the autoencoder."""

    def __init__(self, inputs, outputs, time_channels=0, eps=1e-5):
        super().__init__()
        self.norm1, self.conv1 = norm(inputs, eps), conv(inputs, outputs)
        self.time_emb_proj = nn.Linear(time_channels, outputs) if time_channels else None
        self.norm2, self.conv2 = norm(outputs, eps), conv(outputs, outputs)
        self.conv_shortcut = conv(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x, time=None):
        h = self.conv1(F.silu(self.norm1(x)))
        if self.time_emb_proj is not None:
            h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class Downsample2D(nn.Module):
    def __init__(self, channels, asymmetric=False):
        super().__init__()
        self.asymmetric = asymmetric
        self.conv = nn.Conv2d(channels, channels, 3, 2, 0 if asymmetric else 1)

    def forward(self, x):
        if self.asymmetric:
            # A zero column to the right and a row below; as F.pad it exports as a sequence that no runtime takes.
            x = torch.cat((x, torch.zeros_like(x[..., :1])), dim=3)
            x = torch.cat((x, torch.zeros_like(x[:, :, :1])), dim=2)
        return self.conv(x)


class Upsample2D(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = conv(channels, channels)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def fixed(x):
    """The lengths of `x` as plain numbers, for those axes that an exported graph may take as they are: a graph that
    works each of them out has several times the nodes."""
    return [int(length) for length in x.shape]


def split_heads(x, heads=HEADS):
    """[n, tokens, channels] -> [n, heads, tokens, channels / heads]."""
    _, tokens, channels = fixed(x)
    return x.reshape(-1, tokens, heads, channels // heads).transpose(1, 2)


#: From PyTorch 2 on one kernel does it on a GPU and keeps no scores. With a bias (attention over few frames) it is no
#: faster: 0.56 against 0.55 ms on an H200.
FUSED = hasattr(F, "scaled_dot_product_attention")


def attend(query, key, value, bias=None):
    """Softmax attention [..., heads, tokens, dim] -> the same shape as `query`; `bias` [heads, queries, keys] is added."""
    scale = int(query.shape[-1]) ** -0.5
    if FUSED and query.is_cuda and bias is None:
        return F.scaled_dot_product_attention(query, key, value)

    def weigh(q, k, v, b):
        scores = q @ k.transpose(-1, -2) * scale
        return torch.softmax(scores if b is None else scores + b, dim=-1) @ v

    if bias is not None or int(query.shape[-2]) <= MANY_TOKENS:
        return weigh(query, key, value, bias)
    heads = [weigh(query[:, h], key[:, h], value[:, h], None) for h in range(int(query.shape[1]))]
    return torch.stack(heads, dim=1)


class Attention(nn.Module):
    """Projections of one attention; `to_out` is a list, for its key in diffusers is to_out.0."""

    def __init__(self, channels, bias=False):
        super().__init__()
        self.to_q = nn.Linear(channels, channels, bias=bias)
        self.to_k = nn.Linear(channels, channels, bias=bias)
        self.to_v = nn.Linear(channels, channels, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])


class GEGLU(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.proj = nn.Linear(inputs, outputs * 2)

    def forward(self, x):
        x, gate = self.proj(x).chunk(2, dim=-1)
        return x * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.net = nn.ModuleList([GEGLU(channels, channels * 4), nn.Identity(), nn.Linear(channels * 4, channels)])

    def forward(self, x):
        for layer in self.net:
            x = layer(x)
        return x


class TimestepEmbedding(nn.Module):
    """Time 0..1, as Stable Diffusion has its steps 0..1000."""

    def __init__(self, channels, outputs):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(channels, outputs), nn.Linear(outputs, outputs)
        half = channels // 2
        frequency = torch.exp(-math.log(10000) * torch.arange(half) / half)
        self.register_buffer("frequency", frequency, persistent=False)

    def forward(self, timestep):
        angle = timestep[:, None] * 1000 * self.frequency
        return self.linear_2(F.silu(self.linear_1(torch.cat((torch.cos(angle), torch.sin(angle)), dim=1))))
