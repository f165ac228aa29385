"""Exports the model as a pack of kind "frame": three ONNX graphs and pack.json."""
import contextlib
import functools
import inspect
import os
import shutil

import torch
from torch import nn

from loki_training.export import export_graph, pair_names, sha256, write_manifest

from .config import FRAMES, HEADS, LATENT_CHANNELS, MAP_CHANNELS, MAP_SIDE
from .motion import ATTENTIONS

#: Above this a graph's weights go to a file beside it: protobuf can't be larger.
MOST_GRAPH_BYTES = 1_900_000_000
#: Smaller tensors stay in the graph: shapes and such, which runtimes read while they load it.
LEAST_DATA_BYTES = 1024
BATCH, NEW_FRAMES, SLOTS = 1, 2, 3


@contextlib.contextmanager
def plain_export():
    """Without inferring the shape of every node: with thousands of them PyTorch 1.13 takes minutes over it, and its
    public function does not let one choose."""
    whole = getattr(torch.onnx.utils, "_export", None)
    if whole is None or "onnx_shape_inference" not in inspect.signature(whole).parameters:
        yield
        return
    torch.onnx.utils._export = functools.partial(whole, onnx_shape_inference=False)
    try:
        yield
    finally:
        torch.onnx.utils._export = whole


class IdentityGraph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, portrait, portrait_map):
        return tuple(tensor for pair in self.model.identity(portrait, portrait_map) for tensor in pair)


class DenoiserGraph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, latent, timestep, driver_map, *rest):
        *tensors, age = rest
        pairs = list(zip(tensors[::2], tensors[1::2]))
        layers = len(self.model.injections)
        v, new = self.model.denoise(latent, timestep, driver_map, pairs[:layers], pairs[layers:], age)
        return (v, *(tensor for pair in new for tensor in pair))


class DecoderGraph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, latent):
        return (self.model.decode(latent),)


def graph_tensors(model, batch=BATCH, frames=NEW_FRAMES, slots=SLOTS):
    """{graph: (module, [(input, example, {axis: name})], [(output, {axis: name})])}."""
    size, backbone = model.size, model.backbone
    n, side = batch * frames, size.latent_side
    spatial, temporal = backbone.attention_shapes, [s for s in backbone.motion_shapes for _ in range(ATTENTIONS)]
    ref_names, cache_names = pair_names("ref", len(spatial)), pair_names("cache", len(temporal))
    many, batched = {0: "BF"}, {0: "B"}
    ref = [torch.randn(batch, HEADS, s * s, c // HEADS) for c, s in spatial for _ in range(2)]
    cache = [torch.randn(batch, s * s, HEADS, slots, c // HEADS) for c, s in temporal for _ in range(2)]
    age = torch.randint(0, FRAMES, (frames, slots + frames))
    latent = torch.randn(n, LATENT_CHANNELS, side, side)
    return {
        "identity": (
            IdentityGraph(model),
            [
                ("portrait", torch.rand(1, 3, size.resolution, size.resolution) * 2 - 1, {}),
                ("portrait_map", torch.rand(1, MAP_CHANNELS, MAP_SIDE, MAP_SIDE), {}),
            ],
            [(name, {}) for name in ref_names],
        ),
        "denoiser": (
            DenoiserGraph(model),
            [
                ("latent", latent, many),
                ("timestep", torch.linspace(0.1, 1, n), many),
                ("driver_map", torch.rand(n, MAP_CHANNELS, MAP_SIDE, MAP_SIDE), many),
                *((name, tensor, batched) for name, tensor in zip(ref_names, ref)),
                *((name, tensor, {0: "B", 3: "N"}) for name, tensor in zip(cache_names, cache)),
                ("age", age, {0: "F", 1: "NF"}),
            ],
            [("v", many), *((name, {0: "B", 3: "F"}) for name in pair_names("new", len(temporal)))],
        ),
        "decoder": (DecoderGraph(model), [("latent", latent, many)], [("picture", many)]),
    }


def export_pack(model, out, head, version="0.1.0"):
    """Writes the pack into the folder `out`. `head`: path of the head file whose driver maps it is for."""
    os.makedirs(out, exist_ok=True)
    model = model.cpu().float().eval()
    graphs = {}
    for name, (module, inputs, outputs) in graph_tensors(model).items():
        path = os.path.join(out, f"{name}.onnx")
        with plain_export():
            graphs[name] = export_graph(module, inputs, outputs, path)
        if sum(p.numel() * p.element_size() for p in model.parameters()) > MOST_GRAPH_BYTES:
            graphs[name].update(move_weights_out(path))
    size = model.size
    manifest = {
        "format": 1,
        "name": "loki",
        "version": version,
        "licence": "Apache-2.0",
        "card": "README.md",
        "kind": "frame",
        "head": {"name": os.path.splitext(os.path.basename(head))[0], "sha256": sha256(head)},
        "resolution": size.resolution,
        "driverMap": {"channels": MAP_CHANNELS, "size": MAP_SIDE},
        # The graphs take and give normalised latents.
        "latent": {
            "channels": LATENT_CHANNELS,
            "size": size.latent_side,
            "mean": [0.0] * LATENT_CHANNELS,
            "std": [1.0] * LATENT_CHANNELS,
        },
        "window": {"frames": FRAMES, "faceHeights": 2.6},
        "schedule": {"kind": "cosine-v", "steps": [1, 2, 4], "defaultSteps": 4, "noiseCoherence": 0.9},
        "graphs": graphs,
    }
    write_manifest(out, manifest)
    with open(os.path.join(out, "README.md"), "w", encoding="utf-8") as file:
        file.write(f"# loki\n\nExported at width {size.width}, {size.resolution} px. What it was trained on, its maker has to say here.\n")
    return manifest


def move_weights_out(path):
    """Puts a graph's weights into GRAPH.data beside it, tensor by tensor; returns what the manifest says of both."""
    import onnx

    # Where the graph alone would be too large, PyTorch has written a file a tensor.
    model = onnx.load(path, load_external_data=False)
    folder, name = os.path.split(path)
    data = f"{name}.data"
    with open(os.path.join(folder, data), "wb") as out:
        for tensor in model.graph.initializer:
            start = out.tell()
            if tensor.external_data:
                loose = os.path.join(folder, next(e.value for e in tensor.external_data if e.key == "location"))
                with open(loose, "rb") as file:
                    shutil.copyfileobj(file, out, 1 << 24)
                os.remove(loose)
            elif len(tensor.raw_data) >= LEAST_DATA_BYTES:
                out.write(tensor.raw_data)
            else:
                continue
            length = out.tell() - start
            tensor.ClearField("raw_data")
            tensor.ClearField("external_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in (("location", data), ("offset", start), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))
    onnx.save_model(model, path)
    return {"sha256": sha256(path), "data": {"file": data, "sha256": sha256(os.path.join(folder, data))}}
