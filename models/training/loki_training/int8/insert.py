"""Step 3 of quantisation: QuantizeLinear/DequantizeLinear around the convolutions, from the ranges that node measured.

Weights: symmetric int8 a channel; biases int32; activations uint8 over the measured range. onnxruntime fuses
DequantizeLinear → Conv → QuantizeLinear into one integer convolution.
"""
import json
import os
import shutil

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..export import sha256, write_manifest
from .nodes import array, fold_constants, join_silu, quantised_nodes, weights_of
from .observe import GRAPHS


def insert(options):
    """Runs the recipe's last command: writes <graph>.int8.onnx into the pack and names them in its manifest."""
    with open(os.path.join(options.out, "ranges.json"), encoding="utf-8") as file:
        ranges = json.load(file)
    with open(os.path.join(options.pack, "pack.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    int8 = {}
    for graph in GRAPHS:
        model = quantise(onnx.load(os.path.join(options.pack, f"{graph}.onnx")), graph, ranges[graph])
        path = os.path.join(options.pack, f"{graph}.int8.onnx")
        onnx.save(model, path + ".part")
        shutil.move(path + ".part", path)
        int8[graph] = {**manifest["graphs"][graph], "file": os.path.basename(path), "sha256": sha256(path)}
    # The identity encoder runs once an avatar: it stays in float.
    manifest["int8"] = int8
    write_manifest(options.pack, manifest)
    files = [entry["file"] for entry in int8.values()] + [manifest["graphs"]["identity"]["file"]]
    sizes = sum(os.path.getsize(os.path.join(options.pack, file)) for file in files)
    print(f"{options.pack}: int8 graphs, {sizes / 1e6:.1f} MB with the identity encoder")


def quantise(model, graph_name, ranges):
    """The model with its convolutions between QuantizeLinear and DequantizeLinear."""
    model = join_silu(fold_constants(model))
    graph = model.graph
    weights = weights_of(model)
    chosen = {node.output[0] for node in quantised_nodes(model, graph_name)}
    consumers = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    builder = Builder(weights, ranges)
    nodes, renamed, integer_sums = [], {}, set()
    # Dequantised values, moved or not: what adds two of them can be an integer operation, too.
    integers = set()

    def wrap(name):
        nodes.extend(builder.wrap(name))
        integers.add(builder.dequantised[name])

    for node in graph.node:
        if node.output[0] not in chosen:
            # Of a quantised tensor everybody reads the dequantised value: then integers can flow on through Relu and Add.
            for i, name in enumerate(node.input):
                node.input[i] = renamed.get(name, name)
            if node.op_type in ("Transpose", "Reshape") and node.input[0] in integers:
                integers.add(node.output[0])
            if node.op_type == "Add" and integers.issuperset(node.input):
                integer_sums.add(node.output[0])
            nodes.append(node)
            if node.op_type == "Relu" and node.output[0] in ranges:
                name = node.output[0]
                wrap(name)
                renamed[name] = builder.dequantised[name]
            continue
        source = node.input[0]
        if source not in builder.dequantised:
            wrap(source)
            if source in integer_sums:
                renamed[source] = builder.dequantised[source]
        node.input[0] = builder.dequantised[source]
        nodes += builder.weight(node)
        nodes.append(node)
        output = node.output[0]
        readers = consumers.get(output, [])
        fused = len(readers) == 1 and readers[0].op_type == "Relu"
        if not fused:
            # Quantised again behind the convolution, which makes it integer from end to end.
            wrap(output)
            renamed[output] = builder.dequantised[output]
        elif readers[0].output[0] not in ranges:
            low, high = ranges[output]["low"], ranges[output]["high"]
            ranges[readers[0].output[0]] = {"low": max(0.0, low), "high": max(0.0, high)}
    outputs = {value.name for value in graph.output}
    if outputs & set(renamed):
        raise ValueError("An output of the graph may not be quantised: keep its layer in FLOAT_LAYERS.")
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept + builder.initialisers)
    onnx.checker.check_model(model)
    return model


class Builder:
    """Makes the nodes and constants of quantised tensors."""

    def __init__(self, weights, ranges):
        self.weights, self.ranges = weights, ranges
        self.initialisers, self.dequantised, self.scales = [], {}, {}
        self.known = {}

    def constant(self, name, values):
        self.initialisers.append(numpy_helper.from_array(values, name))
        return name

    def wrap(self, name):
        """QuantizeLinear and DequantizeLinear of an activation, uint8."""
        low, high = min(0.0, self.ranges[name]["low"]), max(0.0, self.ranges[name]["high"])
        scale = max((high - low) / 255, 1e-8)
        zero = int(np.clip(np.round(-low / scale), 0, 255))
        scale_name = self.constant(f"{name}_scale", np.float32(scale))
        zero_name = self.constant(f"{name}_zero", np.uint8(zero))
        self.dequantised[name], self.scales[name] = f"{name}_dq", scale
        self.known[f"{name}_dq"] = scale
        return [
            helper.make_node("QuantizeLinear", [name, scale_name, zero_name], [f"{name}_q"], name=f"{name}_quantise"),
            helper.make_node(
                "DequantizeLinear", [f"{name}_q", scale_name, zero_name], [f"{name}_dq"], name=f"{name}_dequantise"
            ),
        ]

    def weight(self, node):
        """DequantizeLinear of a convolution's int8 weights and int32 bias; rewires the node."""
        name = node.input[1]
        weight = array(self.weights[name])
        scale = np.maximum(np.abs(weight).reshape(len(weight), -1).max(1) / 127, 1e-8).astype(np.float32)
        values = np.clip(np.round(weight / scale.reshape(-1, 1, 1, 1)), -127, 127).astype(np.int8)
        made = [self.channelwise(f"{name}", values, scale, np.int8)]
        node.input[1] = f"{name}_dq"
        if len(node.input) > 2:
            bias, bias_scale = node.input[2], scale * np.float32(self.known[node.input[0]])
            rounded = np.clip(np.round(array(self.weights[bias]) / bias_scale), -(2**31) + 1, 2**31 - 1).astype(np.int32)
            made.append(self.channelwise(f"{bias}", rounded, bias_scale, np.int32))
            node.input[2] = f"{bias}_dq"
        return made

    def channelwise(self, name, values, scale, dtype):
        inputs = [
            self.constant(f"{name}_q", values),
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero", np.zeros(len(scale), dtype)),
        ]
        return helper.make_node("DequantizeLinear", inputs, [f"{name}_dq"], name=f"{name}_dequantise", axis=0)
