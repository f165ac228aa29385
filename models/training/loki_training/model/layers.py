"""Building blocks. Zero-initialised last layers make each block start as the identity."""
import math

import torch
from torch import nn
from torch.nn import functional as F


def conv(inputs, outputs, kernel=3, stride=1, zero=False, bias=True):
    """Padded convolution; `zero` initialises it to give nothing."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)
    if zero:
        nn.init.zeros_(layer.weight)
        if bias:
            nn.init.zeros_(layer.bias)
    return layer


def group_norm(channels, affine=True):
    """Groups of at least 4 channels, at most 16 groups."""
    return nn.GroupNorm(max(1, min(16, channels // 4)), channels, affine=affine)


def patches(outputs):
    """Picture [n, 3, 256, 256] -> [n, outputs, 64, 64]: a linear map of each 4×4 patch, in the one operator that runs fast
    everywhere (a pixel unshuffle exports as a 6-D transpose)."""
    return nn.Conv2d(3, outputs, 4, 4)


class PlainBlock(nn.Module):
    """Residual block without normalisation: conv + ReLU fuse into one integer operation in int8.

    Nothing cuts the sum: a ReLU there lets a network that starts badly kill its features for good.
    """

    def __init__(self, channels):
        super().__init__()
        self.first = conv(channels, channels)
        self.second = conv(channels, channels, zero=True)

    def forward(self, x):
        return x + self.second(F.relu(self.first(x)))


class TimeEmbedding(nn.Module):
    """Time 0..1 -> features [n, width] (sinusoids, two layers)."""

    def __init__(self, width):
        super().__init__()
        self.register_buffer("frequency", torch.exp(torch.linspace(0, math.log(200), width // 2)), persistent=False)
        self.first = nn.Linear(width // 2 * 2, width)
        self.second = nn.Linear(width, width)

    def forward(self, t):
        angle = t.view(-1, 1) * self.frequency
        features = torch.cat((torch.sin(angle), torch.cos(angle)), dim=1)
        return F.silu(self.second(F.silu(self.first(features))))


class FilmBlock(nn.Module):
    """Residual block: GroupNorm, SiLU, convolution, twice; the time scales and shifts in the middle (FiLM).

    The second norm has no scale and shift of its own where the time gives them.
    """

    def __init__(self, channels, time_width=None):
        super().__init__()
        self.norm1, self.norm2 = group_norm(channels), group_norm(channels, affine=time_width is None)
        self.first = conv(channels, channels)
        self.second = conv(channels, channels, zero=True)
        self.film = nn.Linear(time_width, 2 * channels) if time_width else None
        if self.film is not None:
            nn.init.zeros_(self.film.weight)
            nn.init.zeros_(self.film.bias)

    def forward(self, x, time=None):
        h = self.norm2(self.first(F.silu(self.norm1(x))))
        if self.film is not None:
            scale, shift = self.film(time)[:, :, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        return x + self.second(F.silu(h))


class Up(nn.Module):
    """1×1 convolution and pixel shuffle: twice the side."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = conv(inputs, 4 * outputs, 1)

    def forward(self, x):
        return F.pixel_shuffle(self.conv(x), 2)
