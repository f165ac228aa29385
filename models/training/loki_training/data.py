"""Reads the person folders that the training renderer writes (docs/training.md) and makes batches of them.

A folder a person:
    meta.json                               seed, style, frames, clips [{start, length}]
    target.u8, warp.u8  [frames, 256, 256, 3]  the true render, and the geometric warp of the person's portrait
    raster.f16          [frames, 8, 64, 64]    expression deformation (3, metres), neutral position (3, metres),
                                               visibility, coverage (0/1)
    portrait.u8 [256, 256, 3], portrait-raster.f16 [8, 64, 64]
"""
import json
import os
import queue
import threading
import zlib
from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from .augment import augment, mirror, misalign
from .config import LATENT, MAP, WINDOW
from .encoding import driver_map
from .losses import window_fade

RASTER_CHANNELS = 8


class Person:
    """One folder, mapped into memory: nothing is read before it is asked for."""

    def __init__(self, folder):
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
            self.meta = json.load(file)
        self.folder, self.frames = folder, int(self.meta["frames"])
        self.clips = [(int(clip["start"]), int(clip["length"])) for clip in self.meta["clips"]]
        self.target = self.map("target.u8", np.uint8, (self.frames, WINDOW, WINDOW, 3))
        self.warp = self.map("warp.u8", np.uint8, (self.frames, WINDOW, WINDOW, 3))
        self.raster = self.map("raster.f16", np.float16, (self.frames, RASTER_CHANNELS, MAP, MAP))
        self.portrait = self.map("portrait.u8", np.uint8, (WINDOW, WINDOW, 3))
        self.portrait_raster = self.map("portrait-raster.f16", np.float16, (RASTER_CHANNELS, MAP, MAP))

    def map(self, name, dtype, shape):
        path = os.path.join(self.folder, name)
        wanted, found = int(np.prod(shape)) * np.dtype(dtype).itemsize, os.path.getsize(path)
        if wanted != found:
            raise ValueError(f"{path} has {found} bytes instead of {wanted}: render this person again.")
        return np.memmap(path, dtype, "r", shape=shape)


def load_people(folder):
    """All finished people (folders that are still being written end in .part), by name."""
    names = sorted(name for name in os.listdir(folder) if not name.endswith(".part"))
    people = [Person(os.path.join(folder, name)) for name in names if os.path.exists(os.path.join(folder, name, "meta.json"))]
    if not people:
        raise ValueError(f"{folder} holds no finished person: run `npm run render:training` first.")
    return people


def split_people(people, share=20):
    """(training, held out): about one person in `share` is never trained on, at least one where there are two.

    Chosen by name, so that people who are rendered later change nobody's side.
    """
    held_out = [p for p in people if zlib.crc32(os.path.basename(p.folder).encode()) % share == 0] or people[-1:]
    training = [person for person in people if person not in held_out] or people
    return training, held_out


@dataclass
class Batch:
    """B people with F frames each; n = B * F, frames of a person side by side. A crop has smaller pictures and maps."""

    target: torch.Tensor  #: [n, 3, 256, 256] RGB -1..1
    warp: torch.Tensor  #: [n, 3, 256, 256]
    driver_map: torch.Tensor  #: [n, 45, 64, 64]
    visibility: torch.Tensor  #: [n, 1, 64, 64]
    mouth: torch.Tensor  #: [n, 1, 64, 64] 0..1, where the mouth is
    eyes: torch.Tensor  #: [n, 1, 64, 64]
    fade: torch.Tensor  #: [n, 1, 256, 256] 1 inside, 0 at the window's edge
    portrait: torch.Tensor  #: [B, 3, 256, 256]
    portrait_map: torch.Tensor  #: [B, 45, 64, 64]

    def to(self, device):
        return Batch(*(getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)))

    @property
    def people(self):
        return self.portrait.shape[0]

    @property
    def frames(self):
        return self.target.shape[0] // self.portrait.shape[0]


def pictures(array):
    """[n, h, w, 3] bytes -> [n, 3, h, w] floats 0..1."""
    return torch.from_numpy(np.array(array)).permute(0, 3, 1, 2).float().div_(255)


def region(position, coverage, centre, radii):
    """Soft ellipse around a place of the neutral head: [n, 1, h, w]. `centre`, `radii`: x and y in metres; x counts as
    distance from the middle, so that one call marks both eyes."""
    x = (position[:, 0:1].abs() - centre[0]) / radii[0]
    y = (position[:, 1:2] - centre[1]) / radii[1]
    front = (position[:, 2:3] > 0.01).float()
    return torch.exp(-((x * x + y * y) ** 2)) * front * coverage


#: Places on the open head (models/head): between the lips; between the lids.
MOUTH = ((0.0, -0.055), (0.038, 0.03))
EYES = ((0.031, 0.019), (0.024, 0.018))


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


def place_crop(mouth, eyes, side, rng):
    """Top and left of a crop of side × side latent pixels: usually around a place in the mouth or at an eye.

    mouth, eyes: [1, 64, 64] numpy or tensor.
    """
    room = LATENT - side
    weight = np.asarray(mouth + eyes, dtype=np.float64)[0].reshape(MAP // 2, 2, MAP // 2, 2).mean((1, 3))
    if rng.random() < 0.3 or weight.sum() < 1e-3:
        return int(rng.integers(0, room + 1)), int(rng.integers(0, room + 1))
    at = rng.choice(LATENT * LATENT, p=(weight / weight.sum()).ravel())
    place = lambda centre: int(np.clip(centre - side // 2 + rng.integers(-3, 4), 0, room))
    return place(at // LATENT), place(at % LATENT)


def cut(x, place, side):
    """The crop of a picture, map or latent [..., h, w] of the whole window; `place` and `side` in latent pixels."""
    scale = x.shape[-1] // LATENT
    top, left, length = place[0] * scale, place[1] * scale, side * scale
    return x[..., top : top + length, left : left + length]


def crop(batch, side, rng):
    """(crop of the pictures of a batch, function that crops latents [n, 8, 32, 32]): one place a person."""
    frames = batch.frames
    first = slice(0, None, frames)
    places = [place_crop(m.cpu(), e.cpu(), side, rng) for m, e in zip(batch.mouth[first], batch.eyes[first])]

    def each(x):
        return torch.cat([cut(x[i * frames : (i + 1) * frames], place, side) for i, place in enumerate(places)])

    pictures = {name: each(getattr(batch, name)) for name in ("target", "warp", "mouth", "eyes", "fade")}
    return replace(batch, **pictures), each


def first_people(batch, people):
    """The batch of the first people alone."""
    n = people * batch.frames
    counts = {field.name: people if field.name.startswith("portrait") else n for field in fields(batch)}
    return replace(batch, **{name: getattr(batch, name)[:count] for name, count in counts.items()})


def person_tensors(person, frames, rng=None, side=None):
    """Pictures and rasters of one person's frames: targets, warps, portrait; and the fade.

    Augmented alike where `rng` is given; a crop of `side` latent pixels where that is given.
    """
    frames = np.asarray(frames)
    raster = torch.from_numpy(np.concatenate((person.raster[frames], person.portrait_raster[None]))).float()
    fade = window_fade()
    place = (0, 0)
    if side is not None:
        _, _, mouth, eyes = maps(raster[:1])
        place = place_crop(mouth[0], eyes[0], side, rng)
    span = side or LATENT
    window = lambda array: cut_bytes(array, place, span)
    images = torch.cat([pictures(window(a)) for a in (person.target[frames], person.warp[frames], person.portrait[None])])
    raster, fade = cut(raster, place, span), cut(fade, place, span)
    if rng is not None:
        images, raster = mirror(images, raster, rng)
        images = augment(images, len(frames), rng)
        images, raster = misalign(images, raster, len(frames), rng)
    return images * 2 - 1, raster, fade.expand(len(frames), -1, -1, -1)


def cut_bytes(array, place, side):
    """As `cut`, of [n, h, w, 3]."""
    scale = WINDOW // LATENT
    top, left, length = place[0] * scale, place[1] * scale, side * scale
    return array[:, top : top + length, left : left + length]


def make_batch(samples, rng=None, side=None):
    """samples: [(person, frame indices)], the same number of frames each."""
    parts = [person_tensors(person, frames, rng, side) for person, frames in samples]
    count = len(samples[0][1])
    images = torch.stack([images for images, _, _ in parts])
    raster = torch.stack([raster for _, raster, _ in parts])
    driver, visibility, mouth, eyes = maps(raster[:, :count].flatten(0, 1))
    return Batch(
        target=images[:, :count].flatten(0, 1),
        warp=images[:, count : 2 * count].flatten(0, 1),
        driver_map=driver,
        visibility=visibility,
        mouth=mouth,
        eyes=eyes,
        fade=torch.cat([fade for _, _, fade in parts]),
        portrait=images[:, -1],
        portrait_map=maps(raster[:, -1])[0],
    )


class Sampler:
    """Endless batches; the same for the same seed. Where a GPU trains, a thread of its own draws them ahead; on a CPU
    that thread would fight with the training for the cores.

    `clips`: consecutive frames of one clip a person, else any of its frames.
    """

    def __init__(self, people, batch_people, batch_frames, seed, clips=False, augmented=True, side=None, ahead=0):
        self.people, self.clips, self.augmented = people, clips, augmented
        self.batch_people, self.batch_frames, self.side = batch_people, batch_frames, side
        self.rng = np.random.default_rng(seed)
        self.queue = queue.Queue(maxsize=ahead) if ahead else None
        if ahead:
            threading.Thread(target=self.fill, daemon=True).start()

    def fill(self):
        while True:
            try:
                batch = self.draw()
            except Exception as error:  # handed over: a thread's error would only be printed
                self.queue.put(error)
                return
            self.queue.put(batch)

    def draw(self):
        chosen = self.rng.choice(len(self.people), self.batch_people, replace=len(self.people) < self.batch_people)
        samples = [(self.people[i], self.frames_of(self.people[i])) for i in chosen]
        return make_batch(samples, self.rng if self.augmented or self.side else None, self.side)

    def frames_of(self, person):
        if not self.clips:
            return np.sort(self.rng.integers(0, person.frames, self.batch_frames))
        start, length = person.clips[self.rng.integers(len(person.clips))]
        if length < self.batch_frames:  # hold the last frame: a clip may be shorter than the window
            return start + np.minimum(np.arange(self.batch_frames), length - 1)
        return start + self.rng.integers(0, length - self.batch_frames + 1) + np.arange(self.batch_frames)

    def next(self):
        if self.queue is None:
            return self.draw()
        batch = self.queue.get()
        if isinstance(batch, Exception):
            raise batch
        return batch
