"""Cosine schedule in continuous time with v-prediction and zero terminal SNR.

t = 0 is the clean latent, t = 1 pure noise (v-prediction: Salimans and Ho, arXiv 2202.00512; zero terminal SNR: Lin et
al., arXiv 2305.08891). At t = 1 the prediction is v = -z, so that one step already gives a picture.
"""
import math

import torch


def alpha_sigma(t):
    """t [n] -> alpha, sigma [n, 1, 1, 1]."""
    angle = t.float().view(-1, 1, 1, 1) * (math.pi / 2)
    return torch.cos(angle), torch.sin(angle)


def add_noise(z, eps, t):
    """x_t = alpha z + sigma eps."""
    alpha, sigma = alpha_sigma(t)
    return alpha * z + sigma * eps


def velocity(z, eps, t):
    """v = alpha eps - sigma z."""
    alpha, sigma = alpha_sigma(t)
    return alpha * eps - sigma * z


def to_clean(x, v, t):
    """z = alpha x - sigma v."""
    alpha, sigma = alpha_sigma(t)
    return alpha * x - sigma * v


def to_noise(x, v, t):
    """eps = sigma x + alpha v."""
    alpha, sigma = alpha_sigma(t)
    return sigma * x + alpha * v


def step_times(steps):
    """The times of an n-step run: 1, 1 - 1/n, ..., 1/n."""
    return [1 - i / steps for i in range(steps)]


def ddim(predict, eps, steps, start=1.0, end=0.0, x=None):
    """DDIM with eta 0 (Song et al., arXiv 2010.02502, eq. 12) from `start` to `end`.

    predict(x, t [n], step) -> v. Returns the clean latent where end is 0, else x at `end`.
    """
    x = eps if x is None else x
    for i in range(steps):
        t = start + (end - start) * i / steps
        following = start + (end - start) * (i + 1) / steps
        times = torch.full((x.shape[0],), t, device=x.device)
        v = predict(x, times, i)
        z = to_clean(x, v, times)
        if following <= 0:
            return z
        x = add_noise(z, to_noise(x, v, times), torch.full_like(times, following))
    return x


def coherent_noise(clips, frames, coherence, generator=None, device="cpu"):
    """Noise that frames of a clip share: sqrt(c) eps_clip + sqrt(1 - c) n. Returns [clips * frames, 8, 32, 32]."""
    from .config import LATENT, LATENT_CHANNELS

    shape = (LATENT_CHANNELS, LATENT, LATENT)
    shared = torch.randn((clips, 1, *shape), generator=generator, device=device)
    own = torch.randn((clips, frames, *shape), generator=generator, device=device)
    return (math.sqrt(coherence) * shared + math.sqrt(1 - coherence) * own).flatten(0, 1)
