"""The denoiser: a UNet over 32², 16² and 8² that predicts v, and the identity encoder that feeds its attention."""
import torch
from torch import nn
from torch.nn import functional as F

from ..config import LATENT_CHANNELS, MAP_CHANNELS
from .attention import KeyValue, ReferenceAttention, TemporalAttention
from .layers import FilmBlock, TimeEmbedding, Up, conv, group_norm, patches

#: Attention layers in the order of the graphs' ref_k_<i>: side of the level.
ATTENTION_LEVELS = ("8", "16")


class IdentityEncoder(nn.Module):
    """(portrait [n, 3, 256, 256], its driver map [n, 45, 64, 64]) -> a (key, value) pair for each attention layer."""

    def __init__(self, size):
        super().__init__()
        c32, c16, c8 = size.channels
        self.portrait, self.map = patches(c32), conv(MAP_CHANNELS, c32, 1)
        self.down32 = conv(c32, c32, stride=2)
        self.block32 = FilmBlock(c32)
        self.down16 = conv(c32, c16, stride=2)
        self.block16 = FilmBlock(c16)
        self.down8 = conv(c16, c8, stride=2)
        self.block8 = FilmBlock(c8)
        self.heads = nn.ModuleDict({"16": KeyValue(c16, size.heads[0]), "8": KeyValue(c8, size.heads[1])})

    def forward(self, portrait, portrait_map):
        x = self.portrait(portrait) + self.map(portrait_map)
        x = self.block32(self.down32(F.silu(x)))
        x16 = self.block16(self.down16(x))
        x8 = self.block8(self.down8(x16))
        features = {"16": x16, "8": x8}
        return [self.heads[level](features[level]) for level in ATTENTION_LEVELS]


class DriverStack(nn.Module):
    """Driver map [n, 45, 64, 64] -> [n, c, 32, 32], zero at the start of training (as in ControlNet and Loki)."""

    def __init__(self, width, outputs):
        super().__init__()
        self.enter = conv(MAP_CHANNELS, width, 1)
        self.down = conv(width, outputs, stride=2)
        self.out = conv(outputs, outputs, 1, zero=True)

    def forward(self, driver_map):
        return self.out(F.silu(self.down(F.silu(self.enter(driver_map)))))


class Denoiser(nn.Module):
    """Predicts v from the noisy latent, the warp, the driver map, the visibility and the reference's keys and values.

    Without `age` the temporal layers are left out: frames are then independent pictures.
    """

    def __init__(self, size):
        super().__init__()
        c32, c16, c8 = size.channels
        time_width = 2 * c32
        self.time = TimeEmbedding(time_width)
        self.driver = DriverStack(size.driver, c32)
        self.warp, self.visible = patches(c32 // 2), conv(1, c32 // 2, 1)
        self.seen = conv(c32 // 2, c32, stride=2)
        self.enter = conv(LATENT_CHANNELS, c32)
        self.down32 = FilmBlock(c32, time_width)
        self.to16 = conv(c32, c16, stride=2)
        self.down16 = FilmBlock(c16, time_width)
        self.to8 = conv(c16, c8, stride=2)
        self.middle = nn.ModuleList([FilmBlock(c8, time_width) for _ in range(size.middle_blocks)])
        self.attention = nn.ModuleDict(
            {"16": ReferenceAttention(c16, size.heads[0]), "8": ReferenceAttention(c8, size.heads[1])}
        )
        widths, heads = {"16": c16, "8": c8}, {"16": size.heads[0], "8": size.heads[1]}
        self.temporal = nn.ModuleDict(
            {level: TemporalAttention(widths[level], heads[level]) for level in ATTENTION_LEVELS if level in size.temporal}
        )
        self.up16, self.up32 = Up(c8, c16), Up(c16, c32)
        self.join16, self.join32 = conv(2 * c16, c16, 1), conv(2 * c32, c32, 1)
        self.block16, self.block32 = FilmBlock(c16, time_width), FilmBlock(c32, time_width)
        self.norm = group_norm(c32)
        self.out = conv(c32, LATENT_CHANNELS, zero=True)

    def temporal_layers(self):
        """[(side, heads)] in the order of the graphs' cache_k_<j>."""
        return [(int(level), layer.heads) for level, layer in self.temporal.items()]

    def forward(self, latent, t, warp, driver_map, visibility, references, caches=None, age=None):
        """Shapes as in the denoiser graph; `references` and `caches` are lists of (key, value).

        Returns v [B*F, 8, 32, 32] and a list of the new frames' (key, value).
        """
        batch = references[0][0].shape[0]
        frames = age.shape[0] if age is not None else latent.shape[0] // batch
        new = []

        def attend(x, level):
            x = self.attention[level](x, references[ATTENTION_LEVELS.index(level)], frames)
            if age is not None and level in self.temporal:
                x, pair = self.temporal[level](x, caches[len(new)], age, batch)
                new.append(pair)
            return x

        time = self.time(t)
        seen = self.seen(F.silu(self.warp(warp) + self.visible(visibility)))
        x32 = self.down32(self.enter(latent) + seen + self.driver(driver_map), time)
        x16 = self.down16(self.to16(x32), time)
        x = self.to8(x16)
        for i, block in enumerate(self.middle):
            x = block(x, time)
            if i == 0:
                x = attend(x, "8")
        x = self.block16(self.join16(torch.cat((self.up16(x), x16), dim=1)), time)
        x = attend(x, "16")
        x = self.block32(self.join32(torch.cat((self.up32(x), x32), dim=1)), time)
        return self.out(F.silu(self.norm(x))), new
