"""Quantisation: a convolution between integers is the float one within half a step."""
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loki_training.int8.insert import quantise


def small_graph():
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(4, 3, 3, 3)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="/first/Conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], name="/Relu"),
        helper.make_node("Sigmoid", ["r"], ["y"], name="/Sigmoid"),
    ]
    picture = lambda name, channels: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, 8, 8])
    graph = helper.make_graph(
        nodes, "small", [picture("x", 3)], [picture("y", 4)],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)]), weight, bias


class Quantise(unittest.TestCase):
    def test_nodes_and_values(self):
        model, weight, bias = small_graph()
        model = quantise(model, "decoder", {"x": {"low": -1, "high": 1}, "c": {"low": -6, "high": 6}})
        self.assertEqual(
            [node.op_type for node in model.graph.node],
            ["QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "Relu",
             "QuantizeLinear", "DequantizeLinear", "Sigmoid"],
        )  # fmt: skip
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        scale = constants["w_scale"].reshape(-1, 1, 1, 1)
        self.assertLessEqual(np.abs(constants["w_q"] * scale - weight).max(), 0.5001 * scale.max())
        step = constants["b_scale"]
        self.assertLessEqual(np.abs(constants["b_q"] * step - bias).max(), 0.5001 * step.max())
        self.assertEqual((constants["r_zero"], round(float(constants["r_scale"]), 6)), (0, round(6 / 255, 6)))
        self.assertNotIn("w", constants)
        onnx.checker.check_model(model)

    def test_silu_becomes_one_operator(self):
        model = graph_of(
            [
                helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
                helper.make_node("Sigmoid", ["c"], ["s"]),
                helper.make_node("Mul", ["c", "s"], ["y"]),
            ]
        )
        model = quantise(model, "decoder", {"x": {"low": -1, "high": 1}, "c": {"low": -6, "high": 6}})
        last = model.graph.node[-1]
        self.assertEqual((last.op_type, list(last.input), list(last.output)), ("QuickGelu", ["c_dq"], ["y"]))
        self.assertNotIn("Sigmoid", [node.op_type for node in model.graph.node])

    def test_sums_of_integers_are_integers(self):
        model = graph_of(
            [
                helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
                helper.make_node("Transpose", ["c"], ["t"], perm=[0, 1, 3, 2]),
                helper.make_node("Add", ["c", "t"], ["a"]),
                helper.make_node("Conv", ["a", "v"], ["d"]),
                helper.make_node("Add", ["a", "d"], ["y"]),
            ]
        )
        ranges = {name: {"low": -6, "high": 6} for name in "xcad"}
        nodes = {node.output[0]: node for node in quantise(model, "decoder", ranges).graph.node}
        self.assertEqual(list(nodes["y"].input), ["a_dq", "d_dq"])

    def test_layers_that_stay(self):
        model = graph_of([helper.make_node("Conv", ["x", "decoder.warp_fine.weight"], ["y"])])
        nodes = quantise(model, "decoder", {}).graph.node
        self.assertEqual([node.op_type for node in nodes], ["Conv"])


def graph_of(nodes):
    rng = np.random.default_rng(1)
    shapes = {"w": (4, 4, 3, 3), "v": (4, 4, 1, 1), "decoder.warp_fine.weight": (4, 4, 1, 1), "b": (4,)}
    picture = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 8, 8])
    constants = [numpy_helper.from_array(rng.normal(size=s).astype(np.float32), n) for n, s in shapes.items()]
    graph = helper.make_graph(nodes, "graph", [picture("x")], [picture("y")], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)])


if __name__ == "__main__":
    unittest.main()
