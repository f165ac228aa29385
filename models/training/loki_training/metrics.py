"""Figures and strips of held-out people: the warp alone beside the generator in 1, 2 and 4 steps."""
import json
import math
import os

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from .checkpoint import load_generator
from .data import make_batch
from .export import NOISE_COHERENCE
from .model.autoencoder import composite
from .model.generator import causal_ages
from .people import held_out_people
from .schedule import coherent_noise

STEPS = (1, 2, 4)
GAUSSIAN_SIGMA, GAUSSIAN_SIDE = 1.5, 11


def psnr(a, b, weight=None):
    """Decibels a picture, peak 1; [n, 3, h, w] in 0..1, weight [n, 1, h, w]."""
    error = (a - b).pow(2).mean(1, keepdim=True)
    if weight is None:
        mean = error.mean(dim=(1, 2, 3))
    else:
        mean = (error * weight).sum(dim=(1, 2, 3)) / weight.sum(dim=(1, 2, 3)).clamp(min=1e-6)
    return -10 * torch.log10(mean.clamp(min=1e-10))


def ssim(a, b):
    """SSIM a picture (Wang et al. 2004: Gaussian window, sigma 1.5, 11×11) of the luminance; [n, 3, h, w] in 0..1."""
    x = torch.arange(GAUSSIAN_SIDE).float() - GAUSSIAN_SIDE // 2
    kernel = torch.exp(-x * x / (2 * GAUSSIAN_SIGMA**2))
    kernel = (kernel / kernel.sum()).to(a.device)
    luma = torch.tensor([0.299, 0.587, 0.114], device=a.device).view(1, 3, 1, 1)
    grey = lambda y: (y * luma).sum(1, keepdim=True)
    blur = lambda y: F.conv2d(F.conv2d(y, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    a, b = grey(a), grey(b)
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    values = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return values.mean(dim=(1, 2, 3))


def flicker(picture, target):
    """Root mean square of the frame-to-frame change that the truth does not have; one clip [F, 3, h, w], 0..1."""
    return (picture.diff(dim=0) - target.diff(dim=0)).pow(2).mean().sqrt()


@torch.no_grad()
def generate(generator, batch, steps, eps, temporal=True):
    """(picture, mask) of a batch of clips, -1..1: causal, all frames together."""
    references = generator.identity(batch.portrait, batch.portrait_map)
    if temporal:
        caches = [generator.empty_caches(batch.people, 0, batch.warp.device)] * steps
        latent, _ = generator.sample(batch, eps, steps, references, caches, causal_ages(batch.frames).to(batch.warp.device))
    else:
        latent, _ = generator.sample(batch, eps, steps, references)
    delta, mask = generator.decode(latent, batch.warp)
    return composite(batch.warp, delta, mask, batch.fade), mask * batch.fade


def evaluate(options):
    """Writes metrics.json and strips of held-out people into the run's folder; prints a table."""
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator, stage = load_generator(options.run, options.stage_name)
    generator.to(device)
    temporal = stage in ("temporal", "distill")
    held_out = held_out_people(options.data, device)
    clips = [(person, clip) for person in held_out for clip in person.clips]
    order = np.random.default_rng(options.seed).permutation(len(clips))[: options.clips]
    sums, strips = {}, []
    for number, index in enumerate(order):
        person, (start, length) = clips[index]
        frames = min(16, length)
        batch = make_batch([(person, start + np.arange(frames))])
        target = batch.target * 0.5 + 0.5
        mouth = F.interpolate((batch.mouth > 0.5).float(), scale_factor=4)
        eyes = F.interpolate((batch.eyes > 0.5).float(), scale_factor=4)
        eps = coherent_noise(1, frames, NOISE_COHERENCE, torch.Generator().manual_seed(number)).to(device)
        results = {"warp": batch.warp}
        with torch.no_grad():
            delta, mask = generator.decode(generator.encode(batch.target, batch.warp), batch.warp)
        results["autoencoder"] = composite(batch.warp, delta, mask, batch.fade)
        if stage != "autoencoder":
            for steps in STEPS:
                results[f"{steps} step"], mask = generate(generator, batch, steps, eps, temporal)
        for name, picture in results.items():
            picture = picture * 0.5 + 0.5
            figures = {
                "psnr": psnr(picture, target).mean(),
                "ssim": ssim(picture, target).mean(),
                "mouth_psnr": psnr(picture, target, mouth).mean(),
                "eyes_psnr": psnr(picture, target, eyes).mean(),
                "flicker": flicker(picture, target) if frames > 1 else torch.tensor(math.nan),
            }
            for figure, value in figures.items():
                sums.setdefault(name, {}).setdefault(figure, []).append(value.item())
        if number < options.strips:
            shown = results.get("1 step", results["autoencoder"])
            strips.append(strip(batch.target, batch.warp, shown, mask))
    table = {name: {figure: float(np.nanmean(values)) for figure, values in row.items()} for name, row in sums.items()}
    report = {"stage": stage, "people": len(held_out), "clips": len(order), "figures": table}
    os.makedirs(options.run, exist_ok=True)
    with open(os.path.join(options.run, f"metrics-{stage}.json"), "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
    if strips:
        Image.fromarray(np.concatenate(strips)).save(os.path.join(options.run, f"strips-{stage}.png"))
    print(f"{stage}: {len(order)} clips of {len(held_out)} held-out people")
    print(f"{'':12s}" + "".join(f"{figure:>12s}" for figure in next(iter(table.values()))))
    for name, row in table.items():
        print(f"{name:12s}" + "".join(f"{value:12.4f}" for value in row.values()))
    return report


def strip(target, warp, picture, mask, columns=4):
    """target | warp | generated | mask of the frames of a clip, side by side: [256, columns * 4 * 256, 3] bytes."""
    chosen = np.linspace(0, target.shape[0] - 1, columns).astype(int)
    image = lambda x: ((x.clamp(-1, 1) * 0.5 + 0.5) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    parts = []
    for i in chosen:
        grey = (mask[i] * 2 - 1).expand(3, -1, -1)
        parts += [image(target[i]), image(warp[i]), image(picture[i]), image(grey)]
    return np.concatenate(parts, axis=1)
