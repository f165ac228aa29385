"""Exports a generator as a model pack: three ONNX graphs and pack.json."""
import hashlib
import inspect
import json
import math
import os
import warnings

import torch
from torch import nn

from .config import FRAMES, HEAD_DIM, LATENT, LATENT_CHANNELS, MAP, MAP_CHANNELS, WINDOW
from .inference import DecoderForm, DenoiserForm
from .model.autoencoder import PATCH
from .model.denoiser import ATTENTION_LEVELS

OPSET = 15
NOISE_COHERENCE = 0.9


class IdentityGraph(nn.Module):
    def __init__(self, generator):
        super().__init__()
        self.identity = generator.identity

    def forward(self, portrait, portrait_map):
        return tuple(tensor for pair in self.identity(portrait, portrait_map) for tensor in pair)


class DenoiserGraph(nn.Module):
    def __init__(self, generator):
        super().__init__()
        self.denoiser = DenoiserForm(generator.denoiser)

    def forward(self, latent, timestep, warp, driver_map, visibility, *rest):
        *tensors, age = rest
        pairs = list(zip(tensors[::2], tensors[1::2]))
        references, caches = pairs[: len(ATTENTION_LEVELS)], pairs[len(ATTENTION_LEVELS) :]
        v, new = self.denoiser(latent, timestep, warp, driver_map, visibility, references, caches, age)
        return (v, *(tensor for pair in new for tensor in pair))


def pair_names(prefix, count):
    return [f"{prefix}_{kind}_{i}" for i in range(count) for kind in ("k", "v")]


def graph_tensors(generator, batch=2, frames=3, slots=4):
    """{graph: (module, [(input, example, {axis: name})], [(output, {axis: name})])}: the contract with the runtime."""
    size, n = generator.size, batch * frames
    heads = {"16": size.heads[0], "8": size.heads[1]}
    references = [(heads[level], int(level) ** 2) for level in ATTENTION_LEVELS]
    temporal = generator.denoiser.temporal_layers()
    ref_names, cache_names = pair_names("ref", len(references)), pair_names("cache", len(temporal))
    many, batched = {0: "BF"}, {0: "B"}
    picture = lambda count, channels: torch.rand(count, channels, WINDOW, WINDOW) * 2 - 1
    raster = lambda count, channels: torch.rand(count, channels, MAP, MAP)
    latent = torch.randn(n, LATENT_CHANNELS, LATENT, LATENT)
    ref = [torch.randn(batch, h, tokens, HEAD_DIM) for h, tokens in references for _ in range(2)]
    cache = [torch.randn(batch, side * side, h, slots, HEAD_DIM) for side, h in temporal for _ in range(2)]
    age = torch.randint(0, FRAMES + 1, (frames, slots + frames))
    age[:, slots:].fill_diagonal_(0)
    return {
        "identity": (
            IdentityGraph(generator),
            [("portrait", picture(1, 3), {}), ("portrait_map", raster(1, MAP_CHANNELS), {})],
            [(name, {}) for name in ref_names],
        ),
        "denoiser": (
            DenoiserGraph(generator),
            [
                ("latent", latent, many),
                ("timestep", torch.linspace(0, 1, n), many),
                ("warp", picture(n, 3), many),
                ("driver_map", raster(n, MAP_CHANNELS), many),
                ("visibility", raster(n, 1), many),
                *((name, tensor, batched) for name, tensor in zip(ref_names, ref)),
                *((name, tensor, {0: "B", 3: "N"}) for name, tensor in zip(cache_names, cache)),
                ("age", age, {0: "F", 1: "NF"}),
            ],
            [("v", many), *((name, {0: "B", 3: "F"}) for name in pair_names("new", len(temporal)))],
        ),
        "decoder": (
            DecoderForm(generator),
            [("latent", latent, many), ("warp", picture(n, 3), many)],
            [("residual", many), ("weights", many)],
        ),
    }


def export_graph(module, inputs, outputs, path):
    """Writes one graph; returns its manifest entry."""
    module.eval()
    examples = tuple(example for _, example, _ in inputs)
    axes = {name: dims for name, _, dims in inputs if dims} | {name: dims for name, dims in outputs if dims}
    # Newer torch exports through dynamo by default, whose graphs lose the dynamic B, F and N.
    legacy = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with torch.no_grad(), warnings.catch_warnings():
        # What it takes for constants are constants.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.simplefilter("ignore", FutureWarning)
        results = module(*examples)
        torch.onnx.export(
            module,
            examples,
            path,
            opset_version=OPSET,
            input_names=[name for name, _, _ in inputs],
            output_names=[name for name, _ in outputs],
            dynamic_axes=axes,
            **legacy,
        )
    shape = lambda tensor, dims: {
        "shape": [-1 if axis in dims else length for axis, length in enumerate(tensor.shape)],
        "type": "int64" if tensor.dtype == torch.int64 else "float32",
    }
    return {
        "file": os.path.basename(path),
        "sha256": sha256(path),
        "inputs": {name: shape(example, dims) for name, example, dims in inputs},
        "outputs": {name: shape(result, dims) for (name, dims), result in zip(outputs, results)},
    }


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 24):
            digest.update(piece)
    return digest.hexdigest()


def export_pack(generator, out, head, version="0.1.0", default_steps=1):
    """Writes the float pack into the folder `out`. `head`: path of the head file that the data was rendered with."""
    os.makedirs(out, exist_ok=True)
    generator = generator.cpu().float().eval()
    graphs = {
        name: export_graph(module, inputs, outputs, os.path.join(out, f"{name}.onnx"))
        for name, (module, inputs, outputs) in graph_tensors(generator).items()
    }
    manifest = {
        "format": 1,
        "name": generator.size.name,
        "version": version,
        "licence": "Apache-2.0",
        "card": "README.md",
        "kind": "window",
        "head": {"name": os.path.splitext(os.path.basename(head))[0], "sha256": sha256(head)},
        "resolution": WINDOW,
        "patch": PATCH,
        "driverMap": {"channels": MAP_CHANNELS, "size": MAP},
        # The graphs take and give normalised latents.
        "latent": {
            "channels": LATENT_CHANNELS,
            "size": LATENT,
            "mean": [0.0] * LATENT_CHANNELS,
            "std": [1.0] * LATENT_CHANNELS,
        },
        "window": {"frames": FRAMES, "faceHeights": 1.3},
        "schedule": {
            "kind": "cosine-v",
            "steps": [1, 2, 4],
            "defaultSteps": default_steps,
            "noiseCoherence": NOISE_COHERENCE,
        },
        "graphs": graphs,
    }
    write_manifest(out, manifest)
    return manifest


def write_manifest(out, manifest):
    with open(os.path.join(out, "pack.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")


def randomise(generator, seed):
    """Gives every layer weight, zero-initialised ones too, so that a pack without training exercises all of a graph."""
    torch.manual_seed(seed)
    for module in generator.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)) and not module.weight.any():
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, std=0.5 / math.sqrt(fan_in))
    return generator
