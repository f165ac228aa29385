"""Appearance randomisation, so that photographs and paintings fall inside the domain of a network trained on renders.

All pictures of one person in a batch (targets, warps, portrait) get the same change. Pictures are [n, 3, h, w],
0..1; `rng` is numpy's.
"""
import math

import numpy as np
import torch
from torch.nn import functional as F

LUMA = torch.tensor([0.299, 0.587, 0.114])


def augment(images, frames, rng):
    """images: `frames` targets, `frames` warps, then the portrait."""
    images = recolour(images, rng)
    style = rng.random()
    if style < 0.12:
        images = painterly(images, int(rng.integers(1, 4)))
    elif style < 0.2:
        images = posterise(images, int(rng.integers(5, 16)), rng)
    elif style < 0.35:
        images = blur(images, rng.uniform(0.4, 1.6))
    elif style < 0.42:
        images = sharpen(images, rng.uniform(0.3, 1.0))
    if rng.random() < 0.2:
        images = block_artefacts(images, rng.uniform(0.02, 0.1))
    if rng.random() < 0.3:
        images = grain(images, frames, rng.uniform(0.005, 0.05), rng)
    return images.clamp_(0, 1)


def recolour(images, rng):
    """Saturation, hue, white balance, contrast and brightness as one colour matrix; then gamma."""
    saturation = 0.0 if rng.random() < 0.06 else rng.uniform(0.4, 1.5)
    angle = rng.normal(0, 0.12)
    gain = np.exp(rng.normal(0, 0.08, 3)) * math.exp(rng.normal(0, 0.15))
    contrast, pivot = math.exp(rng.normal(0, 0.15)), 0.45
    matrix = hue_matrix(angle)
    grey = LUMA.repeat(3, 1)
    matrix = grey + saturation * (matrix - grey)
    matrix = torch.tensor(gain, dtype=torch.float32).view(3, 1) * matrix * contrast
    shift = pivot * (1 - contrast) + rng.normal(0, 0.03)
    n, _, height, width = images.shape
    out = (matrix @ images.reshape(n, 3, -1)).add_(shift).clamp_(0, 1).view(n, 3, height, width)
    if rng.random() < 0.4:
        out = out.clamp_(min=1e-4).pow_(math.exp(rng.normal(0, 0.25)))
    return out


def hue_matrix(angle):
    """Rotation of colours about the grey axis (Rodrigues)."""
    c, s = math.cos(angle), math.sin(angle)
    third, root = (1 - c) / 3, s / math.sqrt(3)
    return torch.tensor(
        [
            [c + third, third - root, third + root],
            [third + root, c + third, third - root],
            [third - root, third + root, c + third],
        ],
        dtype=torch.float32,
    )


def gaussian(sigma):
    radius = max(1, math.ceil(2.5 * sigma))
    x = torch.arange(-radius, radius + 1).float()
    kernel = torch.exp(-x * x / (2 * sigma * sigma))
    return kernel / kernel.sum()


def filtered(images, kernel, dim):
    """Convolution with a short kernel along one axis, edges repeated. Sums of shifted pictures: torch's convolution of
    single channels takes ten times as long on a CPU."""
    radius, length = len(kernel) // 2, images.shape[dim]
    before, after = images.narrow(dim, 0, 1), images.narrow(dim, length - 1, 1)
    padded = torch.cat([before] * radius + [images] + [after] * radius, dim)
    out = padded.narrow(dim, 0, length) * float(kernel[0])
    for i in range(1, len(kernel)):
        out.add_(padded.narrow(dim, i, length), alpha=float(kernel[i]))
    return out


def blur(images, sigma):
    kernel = gaussian(sigma)
    return filtered(filtered(images, kernel, 2), kernel, 3)


def sharpen(images, amount):
    return (images + amount * (images - blur(images, 1.2))).clamp(0, 1)


def posterise(images, levels, rng):
    """Fewer tones, over a slightly smoothed picture, partly mixed in."""
    smooth = blur(images, 0.8)
    flat = torch.round(smooth * levels) / levels
    return torch.lerp(smooth, flat, float(rng.uniform(0.4, 1.0)))


def painterly(images, radius):
    """Kuwahara filter: each pixel takes the mean of its least varied quadrant, as a brush would."""
    side = radius + 1
    padded = F.pad(images, (radius, radius, radius, radius), mode="replicate")
    mean = box(padded, side)
    luma = padded.mean(1, keepdim=True)
    variance = box(luma * luma, side) - box(luma, side) ** 2
    height, width = images.shape[2:]
    best, out = None, None
    for dy in (0, radius):
        for dx in (0, radius):
            v = variance[:, :, dy : dy + height, dx : dx + width]
            m = mean[:, :, dy : dy + height, dx : dx + width]
            if best is None:
                best, out = v, m
            else:
                better = v < best
                best, out = torch.where(better, v, best), torch.where(better, m, out)
    return out


def box(x, side):
    """Mean over squares that lie within x."""
    for dim in (2, 3):
        length = x.shape[dim] - side + 1
        x = sum(x.narrow(dim, i, length) for i in range(side)) / side
    return x


def dct_matrix():
    k, x = torch.arange(8).float().view(-1, 1), torch.arange(8).float().view(1, -1)
    matrix = torch.cos((2 * x + 1) * k * math.pi / 16) * 0.5
    matrix[0] *= math.sqrt(0.5)
    return matrix


DCT = dct_matrix()
#: Coarser steps for higher frequencies, roughly as JPEG's tables grow.
DCT_STEPS = 1 + 0.6 * (torch.arange(8).view(-1, 1) + torch.arange(8).view(1, -1)).float()


def block_artefacts(images, step):
    """Rounds the coefficients of 8×8 blocks, as a JPEG or video codec does."""
    n, channels, height, width = images.shape
    blocks = images.reshape(n, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    quantum = step * DCT_STEPS
    coefficients = torch.round(DCT @ blocks @ DCT.t() / quantum) * quantum
    return (DCT.t() @ coefficients @ DCT).transpose(3, 4).reshape(n, channels, height, width)


def grain(images, frames, strength, rng):
    """Noise: one field for a target and its warp (what the warp carries is to be left alone), one for the portrait."""
    seed = int(rng.integers(2**31))
    height, width = images.shape[2:]
    noise = torch.randn((frames + 1, 1, height, width), generator=torch.Generator().manual_seed(seed)) * strength
    return images + torch.cat((noise[:frames], noise[:frames], noise[frames:]))


def mirror(images, raster, rng):
    """Left and right swapped, half of the time: the raster's x components change their sign with it."""
    if rng.random() < 0.5:
        return images, raster
    images, raster = images.flip(3), raster.flip(3).clone()
    raster[:, (0, 3)] *= -1
    return images, raster


def misalign(images, raster, frames, rng):
    """Fit imperfection, on the inputs alone: warps and rasters shifted by fractions of a pixel, a clip alike."""
    if rng.random() < 0.3:
        shift = np.clip(rng.normal(0, 0.5, 2), -1.5, 1.5)
        images = torch.cat((images[:frames], translate(images[frames : 2 * frames], shift), images[2 * frames :]))
    if rng.random() < 0.4:
        # A raster pixel is four window pixels wide.
        raster = torch.cat((shift_raster(raster[:frames], np.clip(rng.normal(0, 0.6, 2), -1.5, 1.5) / 4), raster[frames:]))
    return images, raster


def translate(x, shift):
    """Moves pictures by a fraction of a pixel (bilinear, edges repeated)."""
    n, _, height, width = x.shape
    theta = torch.tensor([[1.0, 0, -2 * shift[0] / width], [0, 1.0, -2 * shift[1] / height]], dtype=torch.float32)
    grid = F.affine_grid(theta.repeat(n, 1, 1), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def shift_raster(raster, shift):
    """Moves rasters; values at the rim are those of covered neighbours, not mixed with the zero outside."""
    moved = translate(raster, shift)
    coverage = moved[:, 7:8]
    inside = (coverage > 0.5).float()
    return torch.cat((moved[:, :7] / coverage.clamp(min=0.5) * inside, inside), dim=1)
