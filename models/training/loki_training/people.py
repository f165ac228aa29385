"""The person folders that the training renderer writes (docs/training.md).

    meta.json                               seed, style, frames, clips [{start, length}]
    target.u8, warp.u8  [frames, 256, 256, 3]  the true render, and the geometric warp of the person's portrait
    raster.f16          [frames, 8, 64, 64]    expression deformation (3, metres), neutral position (3, metres),
                                               visibility, coverage (0/1)
    portrait.u8 [256, 256, 3], portrait-raster.f16 [8, 64, 64]
"""
import json
import os
import time
import zlib
from functools import cached_property

import numpy as np
import torch

from .config import LATENT, MAP, WINDOW
from .regions import EYES, MOUTH, region

RASTER_CHANNELS = 8
#: As in src/cli/training/person-folder.ts: mixed versions would teach two kinds of people.
DATA_VERSION = 2
#: How often a crowd that watches its folder looks for people who are new.
LOOK_EVERY_S = 5


class Person:
    """One folder. On a CPU mapped into memory: nothing is read before it is asked for; on a GPU copied there (60 MB)."""

    def __init__(self, folder, device="cpu"):
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
            self.meta = json.load(file)
        if self.meta.get("version") != DATA_VERSION:
            found = self.meta.get("version")
            raise ValueError(f"{folder} is of data version {found} instead of {DATA_VERSION}: render into a new folder.")
        self.folder, self.device, self.frames = folder, device, int(self.meta["frames"])
        self.clips = [(int(clip["start"]), int(clip["length"])) for clip in self.meta["clips"]]
        self.target = self.tensor("target.u8", np.uint8, (self.frames, WINDOW, WINDOW, 3))
        self.warp = self.tensor("warp.u8", np.uint8, (self.frames, WINDOW, WINDOW, 3))
        self.raster = self.tensor("raster.f16", np.float16, (self.frames, RASTER_CHANNELS, MAP, MAP))
        self.portrait = self.tensor("portrait.u8", np.uint8, (WINDOW, WINDOW, 3))
        self.portrait_raster = self.tensor("portrait-raster.f16", np.float16, (RASTER_CHANNELS, MAP, MAP))

    def tensor(self, name, dtype, shape):
        path = os.path.join(self.folder, name)
        wanted, found = int(np.prod(shape)) * np.dtype(dtype).itemsize, os.path.getsize(path)
        if wanted != found:
            raise ValueError(f"{path} has {found} bytes instead of {wanted}: render this person again.")
        # "c": what torch might write would stay in memory; it warns of arrays that can't be written.
        return torch.from_numpy(np.memmap(path, dtype, "c", shape=shape)).to(self.device)

    @cached_property
    def interest(self):
        """[frames, 32 * 32] numpy: how much of mouth and eyes lies in each latent pixel."""
        position, coverage = self.raster[:, 3:6].float(), self.raster[:, 7:8].float()
        weight = region(position, coverage, *MOUTH) + region(position, coverage, *EYES)
        return torch.nn.functional.avg_pool2d(weight, MAP // LATENT).flatten(1).double().cpu().numpy()


def list_people(folder):
    """Names of all finished people (folders that are still being written end in .part), in order."""
    names = sorted(name for name in os.listdir(folder) if not name.endswith(".part"))
    return [name for name in names if os.path.exists(os.path.join(folder, name, "meta.json"))]


def is_held_out(name, share=20):
    """About one person in `share` is never trained on: chosen by name, so that people who are rendered later change
    nobody's side."""
    return zlib.crc32(name.encode()) % share == 0


def split_names(folder):
    """(training, held out): at least one of each, where there are two."""
    names = list_people(folder)
    if not names:
        raise ValueError(f"{folder} holds no finished person: run `npm run render:training` first.")
    held_out = [name for name in names if is_held_out(name)] or names[-1:]
    return [name for name in names if name not in held_out] or names, held_out


def load_people(folder, names, device="cpu"):
    return [Person(os.path.join(folder, name), device) for name in names]


def training_people(folder, device="cpu"):
    return load_people(folder, split_names(folder)[0], device)


def held_out_people(folder, device="cpu"):
    return load_people(folder, split_names(folder)[1], device)


class Crowd:
    """The people that a stage trains on. With `watch`, those who are rendered while it trains join in."""

    def __init__(self, folder, device="cpu", watch=False):
        self.folder, self.device, self.watch = folder, device, watch
        names, self.held_out = split_names(folder)
        self.people = load_people(folder, names, device)
        self.looked = time.monotonic()

    def look_again(self):
        if not self.watch or time.monotonic() - self.looked < LOOK_EVERY_S:
            return
        self.looked = time.monotonic()
        known = {os.path.basename(person.folder) for person in self.people} | set(self.held_out)
        new = [name for name in list_people(self.folder) if name not in known and not is_held_out(name)]
        self.people += load_people(self.folder, new, self.device)

    @property
    def frames(self):
        return sum(person.frames for person in self.people)
