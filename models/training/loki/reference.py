"""What PyTorch makes of a test's inputs, sampled plainly: all frames in one causal call, no caches. The runtime is held
against it (src/reenact/diffusion/frame-pack.test.ts)."""
import math
import os
import tempfile
import zipfile

import numpy as np
import torch

from loki_training.export import NOISE_COHERENCE, randomise

from .config import FRAMES, HEADS, LATENT_CHANNELS, MAP_CHANNELS, MAP_SIDE, MASKED_AGE, ToySize
from .model import Loki
from .motion import ATTENTIONS
from .pack import export_pack

SEED, COUNT, STEPS = 5, 18, 2
#: Of the frames made, those that are written: the first, one with others before it, and one beyond the window.
WRITTEN = (0, 7, 17)
WORD = 0xFFFFFFFF


class Gaussian:
    """The runtime's noise (src/reenact/diffusion/noise.ts): xoshiro128** seeded by splitmix32, Box and Muller."""

    def __init__(self, seed):
        x, self.state, self.spare = seed & WORD, [], None
        for _ in range(4):
            x = z = (x + 0x9E3779B9) & WORD
            z = ((z ^ (z >> 16)) * 0x21F0AAAD) & WORD
            z = ((z ^ (z >> 15)) * 0x735A2D97) & WORD
            self.state.append(z ^ (z >> 15))

    def word(self):
        s, turn = self.state, lambda x, k: ((x << k) | (x >> (32 - k))) & WORD
        scrambled, shifted = (turn((s[1] * 5) & WORD, 7) * 9) & WORD, (s[1] << 9) & WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = turn(s[3], 11)
        return scrambled

    def next(self):
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        radius = math.sqrt(-2 * math.log((self.word() + 1) / 2**32))
        angle = 2 * math.pi * self.word() / 2**32
        self.spare = radius * math.sin(angle)
        return radius * math.cos(angle)


def coherent_noise(seed, count, length):
    """[count, length]: what all frames share, and each frame's own."""
    source = Gaussian(seed)
    shared = np.array([source.next() for _ in range(length)], np.float32)
    noise = np.empty((count, length), np.float32)
    for frame in range(count):
        own = Gaussian((seed ^ 0x5BD1E995) * 31 + (frame + 1) * 0x85EBCA6B)
        part = np.array([own.next() for _ in range(length)])
        noise[frame] = math.sqrt(NOISE_COHERENCE) * shared + math.sqrt(1 - NOISE_COHERENCE) * part
    return torch.from_numpy(noise)


def wave(length, phase):
    return torch.from_numpy(np.sin(np.arange(length) * 0.013 + phase).astype(np.float32))


def sample(model):
    """The frames WRITTEN of a clip of COUNT, each [R, R, 3] in 0..255, of inputs that any language can write down."""
    size, side = model.size.resolution, model.size.latent_side
    portrait = (torch.arange(size * size * 3) * 7 % 256).float().reshape(size, size, 3).permute(2, 0, 1) / 127.5 - 1
    map_shape = (1, MAP_CHANNELS, MAP_SIDE, MAP_SIDE)
    references = model.identity(portrait[None], wave(math.prod(map_shape), 1).reshape(map_shape))
    maps = torch.cat([wave(math.prod(map_shape), frame).reshape(map_shape) for frame in range(COUNT)])
    x = coherent_noise(SEED, COUNT, LATENT_CHANNELS * side * side).reshape(COUNT, LATENT_CHANNELS, side, side)
    ages = torch.arange(COUNT)[:, None] - torch.arange(COUNT)[None]
    ages = torch.where((ages >= 0) & (ages < FRAMES), ages, torch.full_like(ages, MASKED_AGE))
    shapes = [s for s in model.backbone.motion_shapes for _ in range(ATTENTIONS)]
    empty = [(torch.zeros(1, s * s, HEADS, 0, c // HEADS),) * 2 for c, s in shapes]
    for step in range(STEPS):
        t, after = 1 - step / STEPS, 1 - (step + 1) / STEPS
        v, _ = model.denoise(x, torch.full((COUNT,), t), maps, references, empty, ages)
        alpha, sigma = math.cos(math.pi / 2 * t), math.sin(math.pi / 2 * t)
        clean, noise = alpha * x - sigma * v, sigma * x + alpha * v
        x = math.cos(math.pi / 2 * after) * clean + math.sin(math.pi / 2 * after) * noise
    return [(model.decode(x[i : i + 1])[0].permute(1, 2, 0) + 1) * 127.5 for i in WRITTEN]


def write_reference(model, folder):
    """`reference.i16`: 16-bit integers, little-endian, [frames written, R, R, 3] in 1/128 of a step of 8-bit sRGB."""
    model = model.eval()
    with torch.no_grad():
        frames = torch.stack(sample(model)).contiguous()
    (frames * 128).round().numpy().astype("<i2").tofile(os.path.join(folder, "reference.i16"))


def write_fixture(path, head):
    """A pack at toy size with its reference as one zip. Weights of few bits, which take a third of the room."""
    torch.manual_seed(1)
    model = Loki(ToySize())
    model.start_injection()
    randomise(model, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.round(parameter * 256) / 256)
    with tempfile.TemporaryDirectory() as folder:
        export_pack(model, folder, head)
        write_reference(model, folder)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(os.listdir(folder)):
                # A fixed date: the same weights give the same file.
                entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                with open(os.path.join(folder, name), "rb") as file:
                    archive.writestr(entry, file.read(), zipfile.ZIP_DEFLATED, 9)
