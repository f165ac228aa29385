"""Temporal layers in AnimateDiff's layout (Guo et al., arXiv 2307.04725), causal and with caches of keys and values."""
import torch
from torch import nn

from .config import FRAMES, HEADS, MASKED_AGE
from .layers import Attention, FeedForward, attend, fixed, norm

ATTENTIONS = 2
#: Added to a masked score: far below any real one, and finite in half precision.
MASK = -30000.0


class TemporalAttention(Attention):
    """Each position attends to itself in other frames.

    AnimateDiff adds sinusoids to the frames' features; here time enters as a learned bias a head and age alone, so that
    cached keys may lie in any order and never have to be computed anew.
    """

    def __init__(self, channels):
        super().__init__(channels)
        self.age_bias = nn.Parameter(-0.1 * torch.arange(FRAMES).float().repeat(HEADS, 1))

    def forward(self, x, cache, age, frames):
        """x [B, positions, F, C]; cache (keys, values) [B, positions, heads, N, dim]; age [F, N + F]."""
        _, positions, _, channels = fixed(x)
        split = lambda y: y.reshape(-1, positions, frames, HEADS, channels // HEADS).transpose(2, 3)
        query, new_key, new_value = split(self.to_q(x)), split(self.to_k(x)), split(self.to_v(x))
        key, value = torch.cat((cache[0], new_key), dim=3), torch.cat((cache[1], new_value), dim=3)
        masked = torch.full((HEADS, MASKED_AGE + 1 - FRAMES), MASK, dtype=x.dtype, device=x.device)
        bias = torch.cat((self.age_bias.to(x.dtype), masked), dim=1)[:, age]
        mixed = attend(query, key, value, bias).transpose(2, 3).reshape(-1, positions, frames, channels)
        return self.to_out[0](mixed), (new_key, new_value)


class TemporalTransformerBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.attention_blocks = nn.ModuleList([TemporalAttention(channels) for _ in range(ATTENTIONS)])
        self.norms = nn.ModuleList([nn.LayerNorm(channels) for _ in range(ATTENTIONS)])
        self.ff, self.ff_norm = FeedForward(channels), nn.LayerNorm(channels)

    def forward(self, x, caches, age, frames):
        new = []
        for attention, layer_norm, cache in zip(self.attention_blocks, self.norms, caches):
            mixed, pair = attention(layer_norm(x), cache, age, frames)
            x = x + mixed
            new.append(pair)
        return x + self.ff(self.ff_norm(x)), new


class TemporalTransformer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = norm(channels, 1e-6)
        self.proj_in, self.proj_out = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([TemporalTransformerBlock(channels)])
        # So that the backbone starts as the pictures' model that it was.
        nn.init.zeros_(self.proj_out.weight)
        nn.init.zeros_(self.proj_out.bias)


class MotionModule(nn.Module):
    """x [B*F, C, h, w], two caches, age [F, N + F], F -> x, the new frames' keys and values of both attentions."""

    def __init__(self, channels):
        super().__init__()
        self.temporal_transformer = TemporalTransformer(channels)

    def forward(self, x, caches, age, frames):
        _, channels, height, width = fixed(x)
        layers = self.temporal_transformer
        h = layers.norm(x).reshape(-1, frames, channels, height * width).permute(0, 3, 1, 2)
        h, new = layers.transformer_blocks[0](layers.proj_in(h), caches, age, frames)
        h = layers.proj_out(h).permute(0, 2, 3, 1).reshape(-1, channels, height, width)
        return x + h, new
