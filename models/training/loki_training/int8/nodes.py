"""Which nodes become integer, and the graph clean-up that finding them needs."""
from onnx import helper, numpy_helper

#: Ends of the names of weights that stay in float. The denoiser's last layer gives v itself and costs little; the others
#: take few channels from large inputs, which would cost more to quantise than their products save.
FLOAT_LAYERS = {
    "denoiser": ("denoiser.out.weight", "denoiser.driver.enter.weight", "denoiser.warp.weight"),
    "decoder": ("decoder.warp_fine.weight",),
}


def fold_constants(model):
    """Turns Constant nodes into initialisers and drops Identity nodes of initialisers, in place."""
    graph = model.graph
    kept = []
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensor = node.attribute[0].t
            tensor.name = node.output[0]
            graph.initializer.append(tensor)
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    return model


def join_silu(model):
    """Makes x · sigmoid(x) one operator of onnxruntime's, in place: it finds the pair itself, but not behind DequantizeLinear."""
    graph = model.graph
    sigmoids = {node.output[0]: node for node in graph.node if node.op_type == "Sigmoid"}
    kept, joined = [], set()
    for node in graph.node:
        sigmoid = next((sigmoids[name] for name in node.input if name in sigmoids), None)
        if node.op_type == "Mul" and sigmoid is not None and sigmoid.input[0] in node.input:
            joined.add(sigmoid.output[0])
            node = helper.make_node(
                "QuickGelu", [sigmoid.input[0]], node.output, name=node.name, domain="com.microsoft", alpha=1.0
            )
        kept.append(node)
    del graph.node[:]
    graph.node.extend(node for node in kept if node.output[0] not in joined)
    if joined:
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def weights_of(model):
    return {tensor.name: tensor for tensor in model.graph.initializer}


def quantised_nodes(model, graph_name):
    """Convolutions with constant weights, but for FLOAT_LAYERS."""
    weights = weights_of(model)
    return [
        node
        for node in model.graph.node
        if node.op_type == "Conv"
        and node.input[1] in weights
        and not node.input[1].endswith(FLOAT_LAYERS[graph_name])
    ]


def array(tensor):
    return numpy_helper.to_array(tensor)
