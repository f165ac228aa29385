"""Measures the model with random weights: milliseconds a frame, achieved TFLOP/s beside what a matrix product reaches on the
same device, and how many streams of 30 frames a second that makes. Every figure is printed as soon as it is known."""
import json
import math
import statistics
import time

import torch

from loki_training.export import randomise

from .config import FRAMES, HEADS, LATENT_CHANNELS, MAP_CHANNELS, MAP_SIDE, Size
from .model import Loki
from .motion import ATTENTIONS

LIVE_FPS = 30
SLOTS = FRAMES - 1
LAYOUTS = {"channels_first": torch.contiguous_format, "channels_last": torch.channels_last}
LONG_MS = 700
MATRIX = {"cuda": 8192, "cpu": 512}


class Device:
    """Where it is measured. On a GPU calls can be captured once and replayed, so that launching kernels costs nothing."""

    def __init__(self, name):
        self.name = name
        self.is_gpu = name == "cuda"
        self.dtype = torch.bfloat16 if self.is_gpu else torch.float32
        if self.is_gpu:
            torch.backends.cudnn.benchmark = True

    def title(self):
        return torch.cuda.get_device_name() if self.is_gpu else "CPU"

    def wait(self):
        if self.is_gpu:
            torch.cuda.synchronize()

    def median_ms(self, call, repeats):
        """After one call that warms up; three calls do where they are long."""
        call()
        times = []
        while len(times) < repeats and (len(times) < 3 or sum(times) < LONG_MS):
            self.wait()
            began = time.perf_counter()
            call()
            self.wait()
            times.append(1000 * (time.perf_counter() - began))
        return statistics.median(times)

    def captured(self, call):
        torch.cuda.empty_cache()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            call()
        return graph.replay

    def start_peak(self):
        if self.is_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def peak_gb(self):
        return torch.cuda.max_memory_reserved() / 1e9 if self.is_gpu else None


def matmul_tflops(device, repeats=10):
    side = MATRIX[device.name]
    a, b = (torch.randn(side, side, device=device.name, dtype=device.dtype) for _ in range(2))
    out = torch.empty_like(a)
    return 2 * side**3 / device.median_ms(lambda: torch.mm(a, b, out=out), repeats) / 1e9


def count_flops(call):
    """Multiplications and additions of matrix products, convolutions and attention; None before PyTorch 2.1."""
    try:
        from torch.utils.flop_counter import FlopCounterMode
    except ImportError:
        return None
    try:
        with FlopCounterMode(display=False) as counter:
            call()
    except Exception:  # The time is worth having without.
        return None
    return counter.get_total_flops()


def choose_layout(report, model, options):
    """The faster layout of pictures for one step of a chunk and its decoding."""
    times = {}
    for name, layout in LAYOUTS.items():
        model.to(memory_format=layout)
        work = Work(model, report.device, 1, options.frames, 1, layout)
        both = [report.device.median_ms(call, 3) for call in (lambda: work.step(0, 1), work.decode)]
        report.say(f"{name}, chunk", step_ms=both[0], decoder_ms=both[1])
        times[name] = sum(both)
    options.layout = min(times, key=times.get)


class Work:
    """What the runtime does for the next `frames` frames of `streams` avatars, with full caches, on tensors that stay where
    they are. `chunk` is many frames of one stream, `stream` one of each."""

    def __init__(self, model, device, streams, frames, most_steps, layout):
        make = lambda *shape: torch.randn(*shape, device=device.name, dtype=device.dtype)
        size, backbone = model.size, model.backbone
        n, side = streams * frames, size.latent_side
        self.model, self.frames, self.n = model, frames, n
        picture = lambda *shape: make(*shape).contiguous(memory_format=layout)
        self.noise = picture(n, LATENT_CHANNELS, side, side)
        self.latent = self.noise.clone()
        self.maps = picture(n, MAP_CHANNELS, MAP_SIDE, MAP_SIDE)
        self.timestep = torch.ones(n, device=device.name, dtype=device.dtype)
        self.references = [
            tuple(make(streams, HEADS, s * s, c // HEADS) for _ in range(2)) for c, s in backbone.attention_shapes
        ]
        shapes = [s for s in backbone.motion_shapes for _ in range(ATTENTIONS)]
        # Every step remembers its own keys and values.
        self.caches = [
            [tuple(make(streams, s * s, HEADS, SLOTS, c // HEADS) for _ in range(2)) for c, s in shapes]
            for _ in range(most_steps)
        ]
        ages = [[abs(i - j) if abs(i - j) < FRAMES else FRAMES for j in range(-SLOTS, frames)] for i in range(frames)]
        self.age = torch.tensor(ages, device=device.name)
        self.slots = torch.arange(min(frames, SLOTS), device=device.name)

    def cache_bytes(self):
        return sum(t.numel() * t.element_size() for pair in self.caches[0] for t in pair)

    def step(self, index, steps):
        """One step of DDIM (src/reenact/diffusion/schedule.ts), and what it remembers."""
        at, after = ((1 - i / steps) * math.pi / 2 for i in (index, index + 1))
        caches = self.caches[index]
        v, new = self.model.denoise(self.latent, self.timestep, self.maps, self.references, caches, self.age)
        of_x = math.cos(after) * math.cos(at) + math.sin(after) * math.sin(at)
        of_v = math.sin(after) * math.cos(at) - math.cos(after) * math.sin(at)
        self.latent.copy_(of_x * self.latent + of_v * v)
        for cache, pair in zip(caches, new):
            for old, fresh in zip(cache, pair):
                old.index_copy_(3, self.slots, fresh[:, :, :, -len(self.slots) :])

    def decode(self):
        return self.model.decode(self.latent)

    def whole(self, steps):
        self.latent.copy_(self.noise)
        for index in range(steps):
            self.step(index, steps)
        return self.decode()


class Report:
    """Prints rows and keeps them; a figure that fails or would come too late is one row that says so."""

    def __init__(self, device, options):
        self.device, self.options = device, options
        self.ends = time.monotonic() + options.seconds
        self.ceiling = None
        self.rows = []
        self.head = {"device": device.title(), "torch": torch.__version__, "dtype": str(device.dtype).split(".")[1]}

    def say(self, what, **figures):
        self.rows.append({"what": what, **figures})
        print(f"{what:<46}" + "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items()), flush=True)
        self.write()

    def write(self):
        if self.options.json:
            with open(self.options.json, "w", encoding="utf-8") as file:
                json.dump({**self.head, "rows": self.rows}, file, indent=1)

    def attempt(self, what, call):
        if time.monotonic() > self.ends:
            self.say(what, skipped="out of time")
            return
        try:
            call()
        except Exception as error:  # A figure that can't be had must not cost the others.
            self.say(what, failed=f"{type(error).__name__}: {str(error).splitlines()[0][:200]}" if str(error) else type(error).__name__)

    def timed(self, what, ms, flops=None, frames=None):
        figures = {"ms": ms}
        if frames is not None:
            figures.update(ms_a_frame=ms / frames, streams_at_30=1000 / LIVE_FPS / (ms / frames))
        if flops is not None:
            figures.update(gflop=flops / 1e9, tflops=flops / ms / 1e9, share=flops / ms / 1e9 / self.ceiling)
        self.say(what, **figures)


def build(device, size, seed=1):
    torch.manual_seed(seed)
    if hasattr(torch, "set_default_device"):
        with torch.device(device.name):
            model = Loki(size)
    else:
        model = Loki(size)
    model.start_injection()
    randomise(model, seed)
    return model.eval().requires_grad_(False).to(device=device.name, dtype=device.dtype)


def measure_work(report, name, work):
    device, repeats = report.device, report.options.repeats
    parts = {"step": lambda: work.step(0, 1), "decoder": work.decode}
    flops = {part: count_flops(call) for part, call in parts.items()}
    total = lambda steps: None if flops["step"] is None else steps * flops["step"] + flops["decoder"]
    for part, call in parts.items():
        report.attempt(f"{name}, {part}", lambda: report.timed(f"{name}, {part}", device.median_ms(call, repeats), flops[part], work.n))
    for steps in report.options.steps:
        label = f"{name}, {steps} steps, decoded"

        def captured(label=label, steps=steps):
            replay = device.captured(lambda: work.whole(steps))
            report.timed(f"{label}, graph", device.median_ms(replay, repeats), total(steps), work.n)

        eager = lambda: report.timed(label, device.median_ms(lambda: work.whole(steps), repeats), total(steps), work.n)
        report.attempt(label, eager)
        if device.is_gpu:
            report.attempt(f"{label}, graph", captured)


def measure(options):
    device = Device(options.device)
    report = Report(device, options)
    print(json.dumps(report.head), flush=True)
    report.ceiling = matmul_tflops(device)
    report.say(f"matrix product, {MATRIX[device.name]} cubed", tflops=report.ceiling)
    began = time.monotonic()
    size = Size(options.width, options.resolution)
    model = build(device, size)
    device.wait()
    report.say("model", parameters=sum(p.numel() for p in model.parameters()), seconds=time.monotonic() - began)
    with torch.no_grad():
        if options.layout == "auto":
            options.layout = "channels_last"
            report.attempt("layout", lambda: choose_layout(report, model, options))
        layout = LAYOUTS[options.layout]
        model.to(memory_format=layout)
        report.head["layout"] = options.layout
        side = options.resolution
        portrait = (torch.rand(1, 3, side, side, device=device.name, dtype=device.dtype) * 2 - 1).contiguous(memory_format=layout)
        rasters = torch.rand(1, MAP_CHANNELS, MAP_SIDE, MAP_SIDE, device=device.name, dtype=device.dtype)
        identity = lambda: model.identity(portrait, rasters)
        report.attempt(
            "identity, once an avatar",
            lambda: report.timed("identity, once an avatar", device.median_ms(identity, options.repeats), count_flops(identity)),
        )
        works = [(f"chunk of {options.frames}", 1, options.frames)]
        works += [(f"stream, {count} together", count, 1) for count in options.streams]
        for name, streams, frames in works:

            def one(name=name, streams=streams, frames=frames):
                device.start_peak()
                work = Work(model, device, streams, frames, max(options.steps), layout)
                measure_work(report, name, work)
                peak = device.peak_gb()
                report.say(f"{name}, memory", cache_mb_a_stream_and_step=work.cache_bytes() / streams / 1e6, **({} if peak is None else {"peak_gb": peak}))

            report.attempt(name, one)
    return report
