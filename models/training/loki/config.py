"""Sizes of the loki pack. At width 1 the backbone is Stable Diffusion 1.5's, layer for layer."""
import math
from dataclasses import dataclass
from fractions import Fraction

FRAMES = 16
#: Age that masks a key out of temporal attention.
MASKED_AGE = 16
MAP_CHANNELS = 45
MAP_SIDE = 64
LATENT_CHANNELS = 4
#: A latent's pixel is so many of the picture's.
LATENT_SCALE = 8
#: Of the autoencoder's latents in Stable Diffusion 1: what makes their standard deviation 1.
LATENT_FACTOR = 0.18215
HEADS = 8


@dataclass(frozen=True)
class Size:
    """`width` scales every channel count; `resolution` is the picture's side in pixels."""

    width: Fraction = Fraction(1)
    resolution: int = 512

    def __post_init__(self):
        if any(channels % HEADS for channels in self.channels) or min(self.vae_channels) < 4:
            raise ValueError(f"width {self.width} gives channels that {HEADS} heads do not divide: use 1, 1/2, 1/4 or 1/8")
        if self.resolution % (LATENT_SCALE * 8) or MAP_SIDE % self.latent_side:
            raise ValueError(f"resolution {self.resolution} is not one of 64, 128, 256, 512")

    @property
    def channels(self):
        return [int(Fraction(c) * self.width) for c in (320, 640, 1280, 1280)]

    @property
    def vae_channels(self):
        return [int(Fraction(c) * self.width) for c in (128, 256, 512, 512)]

    @property
    def driver_channels(self):
        return [64, 128, 256]

    @property
    def latent_side(self):
        return self.resolution // LATENT_SCALE


@dataclass(frozen=True)
class ToySize(Size):
    """For tests: the same layers with as few channels as eight heads allow, 128 pixels."""

    resolution: int = 128

    @property
    def channels(self):
        return [8, 8, 16, 16]

    @property
    def vae_channels(self):
        return [4, 4, 8, 8]

    @property
    def driver_channels(self):
        return [4, 8, 16]


def groups(channels):
    """32 as in Stable Diffusion, or what divides a narrower layer."""
    return math.gcd(32, channels)
