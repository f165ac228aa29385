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


if __name__ == "__main__":
    unittest.main()
