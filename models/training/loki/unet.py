"""The backbone: Stable Diffusion 1.5's UNet without its text. One set of weights serves as the frozen identity network
and as the denoiser's spatial layers; what tells them apart is handed in."""
import torch
from torch import nn
from torch.nn import functional as F

from .config import LATENT_CHANNELS
from .layers import (
    Attention,
    Downsample2D,
    FeedForward,
    ResnetBlock2D,
    TimestepEmbedding,
    Upsample2D,
    attend,
    conv,
    fixed,
    norm,
    split_heads,
)

RESNETS_DOWN, RESNETS_UP = 2, 3
#: The innermost level has no attention.
ATTENTION_LEVELS = 3


class Context:
    """What happens in the backbone beside its own layers, in one pass.

    spatial(layer, x, query, key, value): the attention of layer `layer` over a frame
    temporal(module, x): what the motion module behind a block makes of its features
    """

    def spatial(self, layer, x, query, key, value):
        return attend(query, key, value)

    def temporal(self, module, x):
        return x


class BasicTransformerBlock(nn.Module):
    """Self-attention and feed-forward; the cross-attention to text (attn2, norm2) is left out."""

    def __init__(self, channels):
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(channels), Attention(channels)
        self.norm3, self.ff = nn.LayerNorm(channels), FeedForward(channels)

    def forward(self, x, layer, context):
        h = self.norm1(x)
        attention = self.attn1
        query, key, value = (split_heads(to(h)) for to in (attention.to_q, attention.to_k, attention.to_v))
        mixed = context.spatial(layer, h, query, key, value).transpose(1, 2).reshape(-1, *fixed(x)[1:])
        x = x + attention.to_out[0](mixed)
        return x + self.ff(self.norm3(x))


class Transformer2DModel(nn.Module):
    def __init__(self, channels, layer):
        super().__init__()
        self.layer = layer
        self.norm = norm(channels, 1e-6)
        self.proj_in, self.proj_out = conv(channels, channels, 1), conv(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList([BasicTransformerBlock(channels)])

    def forward(self, x, context):
        _, channels, height, width = fixed(x)
        h = self.proj_in(self.norm(x)).reshape(-1, channels, height * width).transpose(1, 2)
        for block in self.transformer_blocks:
            h = block(h, self.layer, context)
        return x + self.proj_out(h.transpose(1, 2).reshape(-1, channels, height, width))


class Block(nn.Module):
    """One level on the way down or up; its motion modules are numbered from `first_motion`."""

    def __init__(self, resnets, attentions, first_motion, sampler=None, is_up=False):
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        self.attentions = nn.ModuleList(attentions)
        self.first_motion = first_motion
        self.is_up = is_up
        if sampler is not None:
            setattr(self, "upsamplers" if is_up else "downsamplers", nn.ModuleList([sampler]))

    def step(self, i, x, time, context):
        x = self.resnets[i](x, time)
        if len(self.attentions):
            x = self.attentions[i](x, context)
        return context.temporal(self.first_motion + i, x)


class MidBlock(nn.Module):
    def __init__(self, channels, time, layer):
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock2D(channels, channels, time) for _ in range(2)])
        self.attentions = nn.ModuleList([Transformer2DModel(channels, layer)])

    def forward(self, x, time, context):
        return self.resnets[1](self.attentions[0](self.resnets[0](x, time), context), time)


class UNet2D(nn.Module):
    """forward(latent [n, 4, s, s], timestep [n] 0..1, driver [n, channels, s, s], context) -> v [n, 4, s, s]."""

    def __init__(self, size):
        super().__init__()
        channels = size.channels
        levels, time = len(channels), channels[0] * 4
        self.conv_in = conv(LATENT_CHANNELS, channels[0])
        self.time_embedding = TimestepEmbedding(channels[0], time)
        #: Channels and side of every attention layer, and of every motion module, in order.
        self.attention_shapes, self.motion_shapes = [], []
        side = size.latent_side
        skips, width, down = [channels[0]], channels[0], []
        for level, outputs in enumerate(channels):
            first = len(self.motion_shapes)
            resnets = [ResnetBlock2D(width if i == 0 else outputs, outputs, time) for i in range(RESNETS_DOWN)]
            attentions = self._attentions(level, outputs, side, RESNETS_DOWN)
            self.motion_shapes += [(outputs, side)] * RESNETS_DOWN
            skips += [outputs] * RESNETS_DOWN
            sampler = None
            if level < levels - 1:
                sampler, side = Downsample2D(outputs), side // 2
                skips.append(outputs)
            down.append(Block(resnets, attentions, first, sampler))
            width = outputs
        self.down_blocks = nn.ModuleList(down)
        self.mid_block = MidBlock(width, time, self._layer(width, side))
        up = []
        for level in reversed(range(levels)):
            outputs, first, resnets = channels[level], len(self.motion_shapes), []
            for _ in range(RESNETS_UP):
                resnets.append(ResnetBlock2D(width + skips.pop(), outputs, time))
                width = outputs
            attentions = self._attentions(level, outputs, side, RESNETS_UP)
            self.motion_shapes += [(outputs, side)] * RESNETS_UP
            sampler = None
            if level > 0:
                sampler, side = Upsample2D(outputs), side * 2
            up.append(Block(resnets, attentions, first, sampler, is_up=True))
        self.up_blocks = nn.ModuleList(up)
        self.conv_norm_out, self.conv_out = norm(channels[0]), conv(channels[0], LATENT_CHANNELS)

    def _layer(self, channels, side):
        self.attention_shapes.append((channels, side))
        return len(self.attention_shapes) - 1

    def _attentions(self, level, channels, side, count):
        if level >= ATTENTION_LEVELS:
            return []
        return [Transformer2DModel(channels, self._layer(channels, side)) for _ in range(count)]

    def forward(self, latent, timestep, driver, context):
        time = self.time_embedding(timestep)
        x = self.conv_in(latent) + driver
        skips = [x]
        for block in self.down_blocks:
            for i in range(RESNETS_DOWN):
                x = block.step(i, x, time, context)
                skips.append(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](x)
                skips.append(x)
        x = self.mid_block(x, time, context)
        for block in self.up_blocks:
            for i in range(RESNETS_UP):
                x = block.step(i, torch.cat((x, skips.pop()), dim=1), time, context)
            if hasattr(block, "upsamplers"):
                x = block.upsamplers[0](x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))
