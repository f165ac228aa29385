"""Step 1 of quantisation: what node has to run, and which tensors to watch.

Writes into OUT: <graph>.observed.onnx (the float graph with extra outputs), inputs/ (raw little-endian tensors) and
plan.json. The inputs of the denoiser and the decoder are those of a real 1-, 2- and 4-step run on training people.
"""
import json
import os

import numpy as np
import onnx
import torch

from ..checkpoint import load_generator
from ..data import make_batch
from ..export import NOISE_COHERENCE, graph_tensors
from ..metrics import STEPS
from ..model.generator import causal_ages
from ..people import training_people
from ..schedule import coherent_noise, ddim
from .nodes import fold_constants, quantised_nodes

GRAPHS = ("denoiser", "decoder")
FRAMES = 4


def observe(options):
    """Runs the recipe's first command."""
    torch.set_num_threads(options.threads)
    os.makedirs(os.path.join(options.out, "inputs"), exist_ok=True)
    runs = {name: [] for name in GRAPHS}
    generator, _ = load_generator(options.run, options.stage_name)
    training = training_people(options.data)
    rng = np.random.default_rng(options.seed)
    names = {graph: [name for name, _, _ in graph_tensors(generator)[graph][1]] for graph in GRAPHS}
    for i in range(options.samples):
        person = training[rng.integers(len(training))]
        start, length = person.clips[rng.integers(len(person.clips))]
        frames = start + np.minimum(np.arange(FRAMES), length - 1)
        # Augmented, so that the ranges hold for photographs and paintings too.
        batch = make_batch([(person, frames)], rng, augmented=bool(i % 2))
        for graph, tensors in run_inputs(generator, batch, STEPS[i % len(STEPS)]):
            files = {}
            for name, tensor in zip(names[graph], tensors):
                file = f"inputs/{graph}-{len(runs[graph])}-{name}.bin"
                tensor.contiguous().numpy().tofile(os.path.join(options.out, file))
                kind = "int64" if tensor.dtype == torch.int64 else "float32"
                files[name] = {"file": file, "shape": list(tensor.shape), "type": kind}
            runs[graph].append(files)
    plan = {}
    for graph in GRAPHS:
        model = fold_constants(onnx.load(os.path.join(options.pack, f"{graph}.onnx")))
        watched = sorted({t for node in quantised_nodes(model, graph) for t in (node.input[0], node.output[0])})
        existing = {output.name for output in model.graph.output} | {value.name for value in model.graph.input}
        for name in watched:
            if name not in existing:
                model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
        file = f"{graph}.observed.onnx"
        onnx.save(model, os.path.join(options.out, file))
        plan[graph] = {"file": file, "watched": watched, "runs": runs[graph]}
    with open(os.path.join(options.out, "plan.json"), "w", encoding="utf-8") as file:
        json.dump(plan, file)
    counts = ", ".join(f"{len(runs[graph])} runs of the {graph}" for graph in GRAPHS)
    print(f"{options.out}: {counts}; next: node models/training/calibrate.mjs {options.out}")


@torch.no_grad()
def run_inputs(generator, batch, steps):
    """Yields (graph, tensors in the graph's order) as a chunk of frames meets them."""
    references = generator.identity(batch.portrait, batch.portrait_map)
    caches, age = generator.empty_caches(1, 0), causal_ages(batch.frames)
    flat = lambda pairs: [tensor for pair in pairs for tensor in pair]
    calls = []

    def predict(x, t, _):
        tensors = (x, t, batch.warp, batch.driver_map, batch.visibility, *flat(references), *flat(caches), age)
        calls.append(("denoiser", tensors))
        return generator.denoiser(x, t, batch.warp, batch.driver_map, batch.visibility, references, caches, age)[0]

    latent = ddim(predict, coherent_noise(1, batch.frames, NOISE_COHERENCE), steps)
    yield from calls
    yield "decoder", (latent, batch.warp)
