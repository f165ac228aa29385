"""The loop that every stage shares: budget, learning rate, averaging, checkpoints, log."""
import math
import os
import time

import torch

from . import checkpoint
from .checkpoint import Ema
from .config import SIZES
from .data import Sampler
from .journal import Journal, draw_curves
from .model.generator import Generator
from .people import Crowd
from .prefetch import Prefetch
from .stages.base import CROP
from .step import RecordedStep, Step

SAVE_EVERY_S = 60
LOG_EVERY = 20
WARM_UP = 0.02


def set_up_torch(threads):
    """TF32 and measured convolutions where there is a GPU."""
    torch.set_num_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    return "cuda" if torch.cuda.is_available() else "cpu"


def rate(progress):
    """Share of the peak learning rate at `progress` 0..1: warm-up, then a cosine down to a fiftieth."""
    if progress < WARM_UP:
        return (progress + 1e-3) / (WARM_UP + 1e-3)
    falling = (progress - WARM_UP) / (1 - WARM_UP)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, falling)))


class Budget:
    """Ends a stage after so many minutes or steps, whichever is given; resumes where it was."""

    def __init__(self, minutes, steps):
        self.minutes, self.steps = minutes, steps
        self.before, self.started = 0.0, time.monotonic()

    def seconds(self):
        return self.before + time.monotonic() - self.started

    def progress(self, step):
        if self.steps:
            return step / self.steps
        return self.seconds() / (60 * self.minutes)


def start_generator(options, stage):
    """(generator, state to resume from or None): the stage's own checkpoint, else the stage before's average."""
    state = checkpoint.load(options.run, stage.name)
    if state is not None:
        generator = Generator(SIZES[state["size"]])
        generator.load_state_dict(state["model"])
        return generator, state
    if stage.after is None and options.init:
        return checkpoint.read_generator(options.init), None
    if stage.after is None:
        torch.manual_seed(options.seed)
        return Generator(SIZES[options.size]), None
    return checkpoint.load_generator(options.run, stage.after)[0], None


def make_optimiser(stage, device, state):
    """AdamW, in the state of a checkpoint if there is one. Rates are tensors on a GPU: a recorded step reads them anew."""
    fast = {"fused": True, "capturable": True} if device == "cuda" else {}
    groups = [{**group, "peak": group["lr"]} for group in stage.parameter_groups()]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=1e-4, **fast)
    if state is not None:
        optimiser.load_state_dict(state["optimiser"])
    for group in optimiser.param_groups:
        group["lr"] = torch.tensor(float(group["lr"]), device=device) if device == "cuda" else float(group["lr"])
    return optimiser


def set_rate(group, value):
    if torch.is_tensor(group["lr"]):
        group["lr"].fill_(value)
    else:
        group["lr"] = value


def train(options, stage_class):
    """Runs one stage to the end of its budget. Returns the last logged figures."""
    device = set_up_torch(options.threads)
    generator, state = start_generator(options, stage_class)
    generator.to(device).to(memory_format=torch.channels_last)
    budget = Budget(options.minutes, options.steps)
    if state is not None and state["done"]:
        print(f"{stage_class.name}: finished before ({state['step']} steps)")
        return state["figures"]
    step = state["step"] if state else 0
    budget.before = state["seconds"] if state else 0.0
    frames = state["frames"] if state else 0

    crowd = Crowd(options.data, device, options.watch)
    stage = stage_class(generator, device, options)
    torch.manual_seed(options.seed * 1_000_003 + step)
    sampler = Sampler(
        crowd, stage.people, stage.frames, [options.seed, stage.number, step], clips=stage.clips,
        augmented=not options.plain, crop_side=CROP, cropped=stage.cropped,
    )
    optimiser = make_optimiser(stage, device, state)
    peaks = [group["peak"] for group in optimiser.param_groups]
    ema = Ema(generator)
    if state is not None:
        ema.state = {name: value.to(device) for name, value in state["ema"].items()}
        ema.steps = step
    print(f"{stage.name}: {len(crowd.people)} people, {crowd.frames} frames, {device}, from step {step}")

    journal, figures, sums, since, saved = Journal(options.run, stage.name), {}, {}, time.monotonic(), time.monotonic()
    logged_frames = frames

    def keep(done):
        checkpoint.save(
            options.run,
            stage.name,
            {
                "size": generator.size.name, "stage": stage.name, "seed": options.seed, "done": done,
                "step": step, "frames": frames, "seconds": budget.seconds(), "figures": figures,
                "model": generator.state_dict(), "ema": ema.state, "optimiser": optimiser.state_dict(),
            },
        )  # fmt: skip

    run_step, batches = Step(stage, optimiser, device), sampler
    while (progress := budget.progress(step)) < 1:
        for group in optimiser.param_groups:
            set_rate(group, group["peak"] * rate(progress))
        batch, drawn = batches.next(), stage.draw(progress)
        if device == "cuda" and batches is sampler:
            # No other thread may use the GPU while a step is recorded.
            if stage.recordable:
                run_step = RecordedStep(run_step, batch, drawn)
            batches = Prefetch(sampler, device)
        values = run_step(batch, drawn)
        ema.update(generator)
        step += 1
        frames += batch.target.shape[0]
        for name, value in values.items():
            sums.setdefault(name, []).append(value)
        if step % LOG_EVERY == 0 or budget.progress(step) >= 1:
            # Only here a GPU is waited for.
            figures = {name: torch.stack(v).mean().item() for name, v in sums.items()}
            now = time.monotonic()
            if not math.isfinite(figures["loss"]):
                raise FloatingPointError(f"{stage.name}: the loss is not finite at step {step}; resume with a lower --lr.")
            speed = (frames - logged_frames) / max(1e-9, now - since)
            journal.write(
                {"step": step, "frames": frames, "seconds": round(budget.seconds()), "lr": peaks[0] * rate(progress),
                 "frames_per_second": round(speed, 1), **figures}
            )  # fmt: skip
            print(f"{stage.name} {step:6d} {progress:6.1%} {speed:6.1f} frames/s of {len(crowd.people)} people  "
                  + "  ".join(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)  # fmt: skip
            sums, since, logged_frames = {}, now, frames
            if now - saved > SAVE_EVERY_S:
                keep(done=False)
                saved = now
    if batches is not sampler:
        batches.close()
    stage.finish()
    ema_finish(stage, generator, ema)
    keep(done=True)
    draw_curves(options.run)
    print(f"{stage.name}: done, {frames} frames in {budget.seconds() / 60:.1f} minutes; {os.path.join(options.run, stage.name + '.pt')}")
    return figures


def ema_finish(stage, generator, ema):
    """Statistics that a stage measured at its end belong to the average too."""
    for name in stage.measured:
        ema.state[name] = generator.state_dict()[name].clone()
