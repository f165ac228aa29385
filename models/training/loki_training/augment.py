"""Appearance randomisation, so that photographs and paintings fall inside the domain of a network trained on renders.

All pictures of one person in a batch (targets, warps, portrait) get the same change, every person one of their own.
Pictures are [P, K, 3, h, w], 0..1: of P people `frames` targets, `frames` warps, then the portrait; rasters are
[P, frames + 1, 8, h, w]. `rng` is numpy's; what it draws goes to the device without waiting for it.
"""
import math

import numpy as np
import torch
from torch.nn import functional as F

LUMA = np.array([0.299, 0.587, 0.114])


def on_device(array, device):
    """A small array on the pictures' device; never waits for what the device still has to do."""
    array = array.astype(np.float32) if array.dtype == np.float64 else array
    return torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True)


def each(values, images):
    """One number a person, to be combined with its pictures."""
    return on_device(np.asarray(values), images.device).view(-1, 1, 1, 1, 1)


def to_some(images, chosen, change):
    """Changes the chosen people's pictures in place (a mask in numpy); `change` gets them and the chosen numbers."""
    numbers = np.flatnonzero(chosen)
    if len(numbers):
        index = on_device(numbers, images.device)
        images.index_copy_(0, index, change(images.index_select(0, index), numbers))
    return images


def augment(images, frames, rng):
    """Colours, lights, strokes, blur, codecs, noise."""
    people = images.shape[0]
    images = recolour(images, rng)
    images = to_some(images, rng.random(people) < 0.25, lambda x, _: blotches(x, frames, rng))
    style = rng.random(people)
    strokes = np.where(style < 0.12, rng.integers(1, 4, people), 0)
    for radius in (1, 2, 3):
        images = to_some(images, strokes == radius, lambda x, _: painterly(x, radius))
    images = to_some(images, (style >= 0.12) & (style < 0.2), lambda x, _: posterise(x, rng))
    images = to_some(images, (style >= 0.2) & (style < 0.35), lambda x, n: blur(x, rng.uniform(0.4, 1.6, len(n))))
    images = to_some(images, (style >= 0.35) & (style < 0.42), lambda x, n: sharpen(x, rng.uniform(0.3, 1.0, len(n))))
    coarse = rng.random(people) < 0.2
    images = to_some(images, coarse, lambda x, n: block_artefacts(x, rng.uniform(0.02, 0.1, len(n))))
    images = to_some(images, rng.random(people) < 0.3, lambda x, n: grain(x, frames, rng.uniform(0.005, 0.05, len(n)), rng))
    return images.clamp(0, 1)


def recolour(images, rng):
    """Saturation, hue, white balance, contrast and brightness as one colour matrix; then gamma."""
    people = images.shape[0]
    saturation = np.where(rng.random(people) < 0.06, 0.0, rng.uniform(0.4, 1.5, people)).reshape(-1, 1, 1)
    gain = np.exp(rng.normal(0, 0.08, (people, 3, 1))) * np.exp(rng.normal(0, 0.15, (people, 1, 1)))
    contrast, pivot = np.exp(rng.normal(0, 0.15, (people, 1, 1))), 0.45
    hue = np.stack([hue_matrix(angle) for angle in rng.normal(0, 0.12, people)])
    grey = np.tile(LUMA, (3, 1))
    matrix = on_device(gain * (grey + saturation * (hue - grey)) * contrast, images.device)
    shift = pivot * (1 - contrast[:, 0, 0]) + rng.normal(0, 0.03, people)
    # Sums of products rather than a product of matrices, which a GPU would round.
    channels = (matrix[:, :, i].view(people, 1, 3, 1, 1) * images[:, :, i : i + 1] for i in range(3))
    out = (sum(channels) + each(shift, images)).clamp(0, 1)
    gamma = np.exp(rng.normal(0, 0.25, people))
    return to_some(out, rng.random(people) < 0.4, lambda x, n: x.clamp(min=1e-4) ** each(gamma[n], x))


def hue_matrix(angle):
    """Rotation of colours about the grey axis (Rodrigues)."""
    c, s = math.cos(angle), math.sin(angle)
    third, root = (1 - c) / 3, s / math.sqrt(3)
    return np.array(
        [
            [c + third, third - root, third + root],
            [third + root, c + third, third - root],
            [third - root, third + root, c + third],
        ]
    )


def blotches(images, frames, rng):
    """Smooth fields of light and colour over a target and its warp alike: shadows, make-up and beards are to be left alone.

    The portrait gets a field of its own.
    """
    people, _, _, height, width = images.shape
    side, strength = int(rng.choice((3, 4, 6, 8, 12, 16, 24))), rng.uniform(0.03, 0.25, people)
    grey, colour = rng.normal(0, 1, (people * 2, 1, side, side)), rng.normal(0, 0.25, (people * 2, 3, side, side))
    noise = on_device(grey + colour, images.device)
    field = F.interpolate(noise, size=(height, width), mode="bicubic", align_corners=False).view(people, 2, 3, height, width)
    field = torch.exp(field * each(strength, images) * 0.7)
    return torch.cat((images[:, : 2 * frames] * field[:, :1], images[:, 2 * frames :] * field[:, 1:]), dim=1).clamp(0, 1)


def gaussians(sigma, radius):
    """One kernel a person: [P, 2 radius + 1] for sigmas [P]."""
    x = np.arange(-radius, radius + 1)
    kernel = np.exp(-x * x / (2 * np.reshape(sigma, (-1, 1)) ** 2))
    return kernel / kernel.sum(1, keepdims=True)


def filtered(images, kernels, dim):
    """Convolution with short kernels along one axis, edges repeated. Sums of shifted pictures: torch's convolution of
    single channels takes ten times as long on a CPU."""
    radius, length = kernels.shape[1] // 2, images.shape[dim]
    before, after = images.narrow(dim, 0, 1), images.narrow(dim, length - 1, 1)
    padded = torch.cat([before] * radius + [images] + [after] * radius, dim)
    out = padded.narrow(dim, 0, length) * each(kernels[:, 0], images)
    for i in range(1, kernels.shape[1]):
        out.addcmul_(padded.narrow(dim, i, length), each(kernels[:, i], images))
    return out


def blur(images, sigma):
    """sigma: [P] pixels."""
    kernels = gaussians(sigma, math.ceil(2.5 * np.max(sigma)))
    return filtered(filtered(images, kernels, 3), kernels, 4)


def sharpen(images, amount):
    return (images + each(amount, images) * (images - blur(images, np.full(len(images), 1.2)))).clamp(0, 1)


def posterise(images, rng):
    """Fewer tones, over a slightly smoothed picture, partly mixed in."""
    people = images.shape[0]
    levels, share = each(rng.integers(5, 16, people).astype(np.float32), images), each(rng.uniform(0.4, 1.0, people), images)
    smooth = blur(images, np.full(people, 0.8))
    return torch.lerp(smooth, torch.round(smooth * levels) / levels, share)


def painterly(images, radius):
    """Kuwahara filter: each pixel takes the mean of its least varied quadrant, as a brush would."""
    side = radius + 1
    flat = images.flatten(0, 1)
    padded = F.pad(flat, (radius, radius, radius, radius), mode="replicate")
    mean = box(padded, side)
    luma = padded.mean(1, keepdim=True)
    variance = box(luma * luma, side) - box(luma, side) ** 2
    height, width = images.shape[3:]
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
    return out.view_as(images)


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
    """Rounds the coefficients of 8×8 blocks, as a JPEG or video codec does; step: [P]."""
    people, count, channels, height, width = images.shape
    dct = DCT.to(images.device, non_blocking=True)
    blocks = images.reshape(people, count * channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    quantum = each(step, images).unsqueeze(5) * DCT_STEPS.to(images.device, non_blocking=True)
    coefficients = torch.round(dct @ blocks @ dct.t() / quantum) * quantum
    return (dct.t() @ coefficients @ dct).transpose(3, 4).reshape(images.shape)


def grain(images, frames, strength, rng):
    """Noise: one field for a target and its warp (what the warp carries is to be left alone), one for the portrait."""
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(2**31)))
    people, _, _, height, width = images.shape
    noise = torch.randn((people, frames + 1, 1, height, width), generator=generator, device=images.device)
    noise = noise * each(strength, images)
    return images + torch.cat((noise[:, :frames], noise[:, :frames], noise[:, frames:]), dim=1)


def mirror(images, raster, fade, turned):
    """Left and right swapped where `turned` [P] says so: the raster's x components change their sign with it."""
    signs = torch.ones(8, device=raster.device).view(8, 1, 1)
    signs[0] = signs[3] = -1
    turned = turned.view(-1, 1, 1, 1, 1)
    swap = lambda x, y: torch.where(turned, y, x)
    return swap(images, images.flip(4)), swap(raster, raster.flip(4) * signs), swap(fade, fade.flip(4))


def misalign(images, raster, frames, rng):
    """Fit imperfection, on the inputs alone: warps and rasters shifted by fractions of a pixel, a clip alike."""
    people = images.shape[0]
    shift = np.clip(rng.normal(0, 0.5, (people, 2)), -1.5, 1.5)

    def move_warps(x, n):
        warps = translate(x[:, frames : 2 * frames], shift[n])
        return torch.cat((x[:, :frames], warps, x[:, 2 * frames :]), dim=1)

    # A raster pixel is four window pixels wide.
    slip = np.clip(rng.normal(0, 0.6, (people, 2)), -1.5, 1.5) / 4
    move_raster = lambda x, n: torch.cat((shift_raster(x[:, :frames], slip[n]), x[:, frames:]), dim=1)
    images = to_some(images, rng.random(people) < 0.3, move_warps)
    return images, to_some(raster, rng.random(people) < 0.4, move_raster)


def translate(x, shift):
    """Moves [P, F, c, h, w] by fractions of a pixel, shift [P, 2] right and down (bilinear, edges repeated)."""
    people, count, _, height, width = x.shape
    theta = np.zeros((people, 2, 3))
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    theta[:, 0, 2], theta[:, 1, 2] = -2 * shift[:, 0] / width, -2 * shift[:, 1] / height
    theta = on_device(theta, x.device).repeat_interleave(count, 0)
    grid = F.affine_grid(theta, list(x.flatten(0, 1).shape), align_corners=False)
    return F.grid_sample(x.flatten(0, 1), grid, padding_mode="border", align_corners=False).view_as(x)


def shift_raster(raster, shift):
    """Moves rasters; values at the rim are those of covered neighbours, not mixed with the zero outside."""
    moved = translate(raster, shift)
    coverage = moved[:, :, 7:8]
    inside = (coverage > 0.5).float()
    return torch.cat((moved[:, :, :7] / coverage.clamp(min=0.5) * inside, inside), dim=2)
