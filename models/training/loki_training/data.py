"""Batches of people and their frames."""
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch.nn import functional as F

from .augment import augment, mirror, misalign, on_device
from .config import LATENT, MAP, WINDOW
from .encoding import driver_map
from .losses import window_fade
from .regions import EYES, MOUTH, region


@dataclass
class Batch:
    """B people with F frames each; n = B * F, frames of a person side by side. A crop has smaller pictures and maps."""

    target: torch.Tensor  #: [n, 3, 256, 256] RGB -1..1
    warp: torch.Tensor  #: [n, 3, 256, 256]
    driver_map: torch.Tensor  #: [n, 45, 64, 64]
    visibility: torch.Tensor  #: [n, 1, 64, 64]
    mouth: torch.Tensor  #: [n, 1, 64, 64] 0..1, where the mouth is
    eyes: torch.Tensor  #: [n, 1, 64, 64]
    fade: torch.Tensor  #: [n, 1, 256, 256] 1 where the picture may change, 0 at the window's edge and off the head
    portrait: torch.Tensor  #: [B, 3, 256, 256]
    portrait_map: torch.Tensor  #: [B, 45, 64, 64]
    #: [B, 2] top and left in latent pixels of the place where `crop` looks at each person; None where pictures are crops
    places: torch.Tensor = None

    @property
    def people(self):
        return self.portrait.shape[0]

    @property
    def frames(self):
        return self.target.shape[0] // self.portrait.shape[0]


def maps(raster):
    """raster [n, 8, 64, 64] -> driver map, visibility, mouth, eyes."""
    deformation, position = raster[:, 0:3], raster[:, 3:6]
    visibility, coverage = raster[:, 6:7], raster[:, 7:8]
    return (
        driver_map(deformation, position, coverage),
        visibility,
        region(position, coverage, *MOUTH),
        region(position, coverage, *EYES),
    )


def head_share(coverage):
    """Coverage [n, 1, 64, 64] -> [n, 1, 256, 256]: 1 well inside the head's outline, 0 from it on, as
    src/reenact/diffusion/runtime/head-share.ts computes it."""
    surroundings = F.avg_pool2d(coverage, 5, 1, 2, count_include_pad=False)
    share = ((surroundings - 0.6) / 0.4).clamp(0, 1)
    return F.interpolate(share, scale_factor=WINDOW // MAP, mode="bilinear", align_corners=False)


def place_crop(interest, side, rng):
    """Top left of a crop, in latent pixels: around a place of interest [32 * 32] most often."""
    room = LATENT - side
    if rng.random() < 0.3 or interest.sum() < 1e-3:
        return int(rng.integers(0, room + 1)), int(rng.integers(0, room + 1))
    at = rng.choice(LATENT * LATENT, p=interest / interest.sum())
    place = lambda centre: int(np.clip(centre - side // 2 + rng.integers(-3, 4), 0, room))
    return place(at // LATENT), place(at % LATENT)


def cut(x, places, side):
    """Crops of pictures, maps or latents [n, c, h, w] of the whole window: `places` [n, 2] top and left, `side`, in latent
    pixels. Places are a tensor and stay on the device, so that a recorded step can be replayed for others."""
    n, channels, height, width = x.shape
    scale = width // LATENT
    along = torch.arange(side * scale, device=x.device)
    rows, columns = (places[:, i : i + 1] * scale + along for i in (0, 1))
    x = x.gather(2, rows.view(n, 1, -1, 1).expand(-1, channels, -1, width))
    return x.gather(3, columns.view(n, 1, 1, -1).expand(-1, channels, side * scale, -1))


def crop(batch, side):
    """(crop of the pictures of a batch, function that crops latents [n, 8, 32, 32]): one place a person."""
    places = batch.places.repeat_interleave(batch.frames, 0)
    each = lambda x: cut(x, places, side)
    pictures = {name: each(getattr(batch, name)) for name in ("target", "warp", "mouth", "eyes", "fade")}
    return replace(batch, **pictures, places=None), each


def first_people(batch, people):
    """The batch of the first people alone."""
    n = people * batch.frames
    counts = {field.name: n for field in fields(batch)} | dict.fromkeys(("portrait", "portrait_map", "places"), people)
    parts = {name: getattr(batch, name) for name in counts}
    return replace(batch, **{name: part[: counts[name]] for name, part in parts.items() if part is not None})


def make_batch(samples, rng=None, augmented=False, crop_side=None, cropped=False):
    """samples: [(person, frame numbers)], the same number of frames each, all people on one device.

    crop_side: places for crops of that side (latent pixels) are drawn; `cropped`: the batch itself is of those crops.
    """
    device, people, count = samples[0][0].device, len(samples), len(samples[0][1])
    numbers = on_device(np.array([frames for _, frames in samples], np.int64), device)
    places = [place_crop(p.interest[frames[0]], crop_side, rng) for p, frames in samples] if crop_side else None
    if places is not None:
        places = on_device(np.array(places, np.int64), device)

    # As little as can be a person: on a GPU each of these lines costs more than its work.
    images, raster = [], []
    for (person, _), index in zip(samples, numbers):
        images.append(torch.cat((person.target[index], person.warp[index], person.portrait[None])))
        raster.append(torch.cat((person.raster[index], person.portrait_raster[None])))
    images = torch.stack(images).permute(0, 1, 4, 2, 3)
    raster = torch.stack(raster).float()
    fade = window_fade(device) * head_share(raster[:, :-1, 7:8].flatten(0, 1))
    if cropped:
        repeated = lambda x: cut(x.flatten(0, 1), places.repeat_interleave(x.shape[1], 0), crop_side).unflatten(0, x.shape[:2])
        images, raster, fade = repeated(images), repeated(raster), repeated(fade.unflatten(0, (people, count)))
    else:
        fade = fade.unflatten(0, (people, count))
    images = images.float().div_(255)
    if augmented:
        turned = on_device(rng.random(people) < 0.5, device)
        images, raster, fade = mirror(images, raster, fade, turned)
        if places is not None:
            mirrored = LATENT - crop_side - places[:, 1]
            places = torch.stack((places[:, 0], torch.where(turned, mirrored, places[:, 1])), 1)
        images = augment(images, count, rng)
        images, raster = misalign(images, raster, count, rng)
    images = images * 2 - 1
    driver, visibility, mouth, eyes = maps(raster[:, :count].flatten(0, 1))
    return Batch(
        target=images[:, :count].flatten(0, 1),
        warp=images[:, count : 2 * count].flatten(0, 1),
        driver_map=driver,
        visibility=visibility,
        mouth=mouth,
        eyes=eyes,
        fade=fade.flatten(0, 1),
        portrait=images[:, -1],
        portrait_map=maps(raster[:, -1])[0],
        places=None if cropped else places,
    )


class Sampler:
    """Endless batches; the same for the same seed as long as nobody joins the crowd.

    `clips`: consecutive frames of one clip a person, else any of its frames.
    """

    def __init__(self, crowd, batch_people, batch_frames, seed, clips=False, augmented=True, crop_side=None, cropped=False):
        self.crowd, self.clips = crowd, clips
        self.batch_people, self.batch_frames = batch_people, batch_frames
        self.options = {"augmented": augmented, "crop_side": crop_side, "cropped": cropped}
        self.rng = np.random.default_rng(seed)

    def next(self):
        self.crowd.look_again()
        people = self.crowd.people
        chosen = self.rng.choice(len(people), self.batch_people, replace=len(people) < self.batch_people)
        return make_batch([(people[i], self.frames_of(people[i])) for i in chosen], self.rng, **self.options)

    def frames_of(self, person):
        if not self.clips:
            return np.sort(self.rng.integers(0, person.frames, self.batch_frames))
        start, length = person.clips[self.rng.integers(len(person.clips))]
        if length < self.batch_frames:  # hold the last frame: a clip may be shorter than the window
            return start + np.minimum(np.arange(self.batch_frames), length - 1)
        return start + self.rng.integers(0, length - self.batch_frames + 1) + np.arange(self.batch_frames)
