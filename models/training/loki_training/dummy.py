"""People of simple shapes in the training data's format: a coloured face with a mouth that opens and eyes that shut.

For the smoke run and the tests alone, where no renders are at hand. The warp is the face with mouth and eyes as in the
portrait: exactly what the generator has to repair.
"""
import json
import os

import numpy as np

from .config import MAP, WINDOW
from .people import DATA_VERSION


def write_people(folder, count, frames=32, clip=16, seed=0):
    for i in range(count):
        write_person(os.path.join(folder, f"{i:05d}"), frames, clip, seed * 100_003 + i)


def write_person(folder, frames, clip, seed):
    rng = np.random.default_rng(seed)
    face = {key: rng.uniform(0.15, 0.95, 3) for key in ("skin", "back", "lip", "iris")} | {"size": rng.uniform(0.8, 1.1)}
    starts = range(0, frames, clip)
    states = np.concatenate([walk(min(clip, frames - start), rng) for start in starts])
    part = folder + ".part"
    os.makedirs(part, exist_ok=True)
    rest = np.zeros(4)
    target = np.stack([draw(face, state) for state in states])
    warp = np.stack([draw(face, np.concatenate((rest[:2], state[2:]))) for state in states])
    write(part, "target.u8", target)
    write(part, "warp.u8", warp)
    write(part, "raster.f16", np.stack([raster(face, state) for state in states]).astype(np.float16))
    write(part, "portrait.u8", draw(face, rest))
    write(part, "portrait-raster.f16", raster(face, rest).astype(np.float16))
    meta = {
        "version": DATA_VERSION,
        "seed": seed,
        "style": "dummy",
        "frames": frames,
        "fps": 25,
        "clips": [{"start": start, "length": min(clip, frames - start)} for start in starts],
    }
    with open(os.path.join(part, "meta.json"), "w", encoding="utf-8") as file:
        json.dump(meta, file)
    os.rename(part, folder)


def write(folder, name, array):
    array.tofile(os.path.join(folder, name))


def walk(length, rng):
    """States [length, 4]: mouth opening 0..1, eye closing 0..1, x and y in half windows; smooth."""
    phase, pace = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.1, 0.6, 4)
    angle = phase + np.arange(length)[:, None] * pace
    wave = np.sin(angle)
    return np.stack((0.6 + 0.4 * wave[:, 0], np.clip(wave[:, 1] + 0.3, 0, 1), 0.1 * wave[:, 2], 0.1 * wave[:, 3]), 1)


def grid(side):
    """Pixel centres, -1..1, y up."""
    line = (np.arange(side) + 0.5) / side * 2 - 1
    return np.meshgrid(line, -line)


def local(face, state, side):
    """Coordinates on the face in metres (the open head's scale)."""
    x, y = grid(side)
    scale = 0.11 / face["size"]
    return (x - state[2]) * scale, (y - state[3]) * scale


def draw(face, state):
    """[256, 256, 3] bytes."""
    x, y = local(face, state, WINDOW)
    picture = np.empty((WINDOW, WINDOW, 3))
    picture[:] = face["back"]
    inside = (x / 0.07) ** 2 + (y / 0.09) ** 2
    picture[inside < 1] = face["skin"]
    picture *= (1 - 0.25 * np.clip(inside, 0, 1))[..., None]
    opening = 0.002 + 0.022 * state[0]
    mouth = (x / 0.026) ** 2 + ((y + 0.052 + 0.5 * opening) / (opening + 0.005)) ** 2
    picture[mouth < 1] = face["lip"]
    hole = (x / 0.022) ** 2 + ((y + 0.052 + 0.5 * opening) / opening) ** 2
    picture[hole < 1] = (0.1, 0.03, 0.03)
    picture[(hole < 1) & (y > -0.052 - 0.3 * opening)] = (0.9, 0.88, 0.8)
    for side in (-1, 1):
        lid = 0.009 * (1 - 0.95 * state[1])
        eye = ((x - side * 0.031) / 0.015) ** 2 + ((y - 0.019) / lid) ** 2
        iris = (x - side * 0.031) ** 2 + (y - 0.019) ** 2
        picture[eye < 1] = (0.93, 0.93, 0.93)
        picture[(eye < 1) & (iris < 0.006**2)] = face["iris"]
    return (np.clip(picture, 0, 1) * 255).astype(np.uint8)


def raster(face, state):
    """[8, 64, 64]: deformation, position, visibility, coverage."""
    x, y = local(face, state, MAP)
    inside = ((x / 0.07) ** 2 + (y / 0.09) ** 2 < 1).astype(float)
    depth = 0.1 * np.sqrt(np.clip(1 - (x / 0.075) ** 2 - (y / 0.095) ** 2, 0.05, 1))
    jaw = np.exp(-((x / 0.03) ** 2) - ((y + 0.06) / 0.02) ** 2) * state[0]
    lid = np.exp(-(((np.abs(x) - 0.031) / 0.014) ** 2) - ((y - 0.022) / 0.01) ** 2) * state[1]
    zero = np.zeros_like(x)
    layers = (zero, -0.018 * jaw - 0.008 * lid, 0.004 * jaw, x, y, depth, np.clip(depth / 0.1, 0, 1), np.ones_like(x))
    return np.stack(layers) * inside
