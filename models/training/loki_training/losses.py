"""Losses on composited pictures, in -1..1. See ../README.md for what each is for."""
import torch
from torch.nn import functional as F

from .config import WINDOW

#: The mask is forced to nothing over this many outer pixels of the window, as the runtime does.
FADE_PX = 12
#: How much more an error counts in the mouth and at the eyes.
MOUTH_WEIGHT, EYES_WEIGHT = 4.0, 3.0
#: Mean of the weights over a usual window.
MEAN_WEIGHT = 1.25
GRADIENT_WEIGHT, SSIM_WEIGHT, MASK_WEIGHT = 1.0, 0.15, 0.01
#: Of the picture generated everywhere, as if the mask were 1: where the mask is shut the decoder would else learn nothing,
#: and the mask could never open again.
UNMASKED_WEIGHT = 0.3


def window_fade(device="cpu"):
    """[1, 1, 256, 256]: 1 inside, linearly to 0 at the window's edge."""
    line = torch.arange(WINDOW, device=device).float() + 0.5
    ramp = (torch.minimum(line, WINDOW - line) / FADE_PX).clamp(max=1)
    return (ramp.view(-1, 1) * ramp.view(1, -1)).view(1, 1, WINDOW, WINDOW)


def weights(batch):
    """[n, 1, h, w]: about 1 on average over the whole window."""
    weight = (1 + MOUTH_WEIGHT * batch.mouth + EYES_WEIGHT * batch.eyes) / MEAN_WEIGHT
    return F.interpolate(weight, scale_factor=4, mode="bilinear", align_corners=False)


def ssim_map(a, b, window=4):
    """Structural similarity over boxes (Wang et al. 2004, with a box in place of the Gaussian); a, b [n, 1, h, w], 0..1."""
    pool = lambda x: F.avg_pool2d(x, window, window // 2)
    mean_a, mean_b = pool(a), pool(b)
    var_a, var_b = pool(a * a) - mean_a * mean_a, pool(b * b) - mean_b * mean_b
    covariance = pool(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
        (mean_a * mean_a + mean_b * mean_b + c1) * (var_a + var_b + c2)
    )


def picture_loss(picture, target, weight):
    """Weighted L1 and gradient L1 (sharp edges), 1 - SSIM of the luminance at half size (structure).

    The difference of two gradients is the gradient of the difference: one picture less in memory for each.
    """
    difference = picture - target
    l1 = (difference.abs() * weight).mean()
    across, down = difference[..., 1:] - difference[..., :-1], difference[..., 1:, :] - difference[..., :-1, :]
    gradient = (across.abs() * weight[..., 1:]).mean() + (down.abs() * weight[..., 1:, :]).mean()
    grey = lambda x: F.avg_pool2d(x, 2).mean(1, keepdim=True) * 0.5 + 0.5
    structure = 1 - ssim_map(grey(picture), grey(target)).mean()
    return l1 + GRADIENT_WEIGHT * gradient + SSIM_WEIGHT * structure, l1


def decoded_loss(decoded, batch, masked=1.0):
    """Loss of (delta, mask) composited on the warp. Returns loss, picture, figures.

    masked: how far the mask is in force, 0 (the picture is generated everywhere) to 1. The figure `gain` is the error
    against the warp's own.
    """
    delta, mask = decoded
    weight = weights(batch)
    share = batch.fade * (1 - masked * (1 - mask))
    picture = batch.warp + share * delta
    loss, l1 = picture_loss(picture, batch.target, weight)
    unmasked = ((batch.warp + delta - batch.target).abs() * weight).mean()
    open_share = mask.mean()
    warp = ((batch.warp - batch.target).abs() * weight).mean()
    figures = {"l1": l1, "gain": l1 / warp.clamp(min=1e-6), "mask": open_share}
    return loss + UNMASKED_WEIGHT * unmasked + masked * MASK_WEIGHT * open_share, picture, figures


def motion_loss(picture, target, frames):
    """Change from frame to frame as in the truth: keeps stills still. [B*F, 3, h, w]."""
    difference = (picture - target).unflatten(0, (-1, frames))
    return difference.diff(dim=1).abs().mean()
