"""Everything that a checkpoint holds, and how its parts work together."""
import torch
from torch import nn

from ..config import FRAMES, HEAD_DIM, LATENT_CHANNELS, MASKED_AGE
from ..schedule import ddim
from .autoencoder import Decoder, Encoder
from .denoiser import Denoiser, IdentityEncoder


class Generator(nn.Module):
    """Encoder, decoder, denoiser and identity encoder, with the latent's statistics a channel."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        self.encoder, self.decoder = Encoder(size), Decoder(size)
        self.denoiser, self.identity = Denoiser(size), IdentityEncoder(size)
        self.register_buffer("latent_mean", torch.zeros(1, LATENT_CHANNELS, 1, 1))
        self.register_buffer("latent_std", torch.ones(1, LATENT_CHANNELS, 1, 1))

    def encode(self, target, warp):
        """Normalised latent (unit variance a channel)."""
        return (self.encoder(target, warp) - self.latent_mean) / self.latent_std

    def decode(self, latent, warp):
        """delta, mask of a normalised latent."""
        return self.decoder(latent * self.latent_std + self.latent_mean, warp)

    def empty_caches(self, batch, slots, device="cpu"):
        """Zero caches of `slots` frames for each temporal layer."""
        shapes = [(batch, side * side, heads, slots, HEAD_DIM) for side, heads in self.denoiser.temporal_layers()]
        return [tuple(torch.zeros(shape, device=device) for _ in range(2)) for shape in shapes]

    def sample(self, batch, eps, steps, references, caches=None, age=None):
        """Denoises in `steps` DDIM steps. `caches`: one list a step, for causal evaluation. Returns latent, new keys."""
        made = []

        def predict(x, t, step):
            v, new = self.denoiser(
                x, t, batch.warp, batch.driver_map, batch.visibility, references, caches[step] if caches else None, age
            )
            made.append(new)
            return v

        return ddim(predict, eps, steps), made


def causal_ages(frames, slots=0, filled=0):
    """Ages [frames, slots + frames] of a chunk of frames after `filled` cached ones (the newest in the last slot)."""
    query = torch.arange(frames).view(-1, 1)
    key = torch.cat((torch.arange(slots) - slots, torch.arange(frames)))
    age = query - key
    age[(age < 0) | (age >= FRAMES) | (key < -filled)] = MASKED_AGE
    return age


def parameter_count(module):
    return sum(p.numel() for p in module.parameters())
