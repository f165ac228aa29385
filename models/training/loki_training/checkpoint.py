"""Checkpoints: one file a stage, replaced atomically, so that a run that is killed goes on where it was."""
import os

import torch

from .config import SIZES
from .model.generator import Generator

STAGES = ("autoencoder", "denoiser", "temporal", "distill")


def path_of(run, stage):
    return os.path.join(run, f"{stage}.pt")


def save(run, stage, state):
    os.makedirs(run, exist_ok=True)
    path = path_of(run, stage)
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


def load(run, stage):
    """The stage's checkpoint on the CPU, or None."""
    path = path_of(run, stage)
    return torch.load(path, map_location="cpu") if os.path.exists(path) else None


def latest_stage(run):
    """The last stage that has a checkpoint."""
    for stage in reversed(STAGES):
        if os.path.exists(path_of(run, stage)):
            return stage
    raise ValueError(f"{run} holds no checkpoint: run the stage autoencoder first.")


def load_generator(run, stage=None, ema=True):
    """The generator of a stage (the last one by default), averaged weights; and the stage's name."""
    stage = stage or latest_stage(run)
    state = load(run, stage)
    if state is None:
        raise ValueError(f"{path_of(run, stage)} is missing: run the stage {stage} first.")
    generator = Generator(SIZES[state["size"]])
    generator.load_state_dict(state["ema" if ema else "model"])
    return generator.eval(), stage


def read_generator(path):
    """The averaged weights of any checkpoint file, such as a shipped pack's training.pt."""
    if not os.path.exists(path):
        raise ValueError(f"{path} is missing: --init wants a checkpoint or the training.pt of a pack.")
    state = torch.load(path, map_location="cpu")
    generator = Generator(SIZES[state["size"]])
    generator.load_state_dict(state["ema"])
    return generator


class Ema:
    """Exponential moving average of all weights; quick at first, so that early checkpoints are of use."""

    def __init__(self, generator, decay=0.999):
        self.decay, self.steps = decay, 0
        self.state = {name: value.detach().clone() for name, value in generator.state_dict().items()}

    @torch.no_grad()
    def update(self, generator):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        averages = list(self.state.values())
        torch._foreach_mul_(averages, decay)
        torch._foreach_add_(averages, list(generator.state_dict().values()), alpha=1 - decay)
