"""Which nodes become integer, and the graph clean-up that finding them needs."""
from onnx import numpy_helper

#: Layers that stay in float. The denoiser's last gives v itself and costs little.
FLOAT_LAYERS = {"denoiser": ("/denoiser/out/Conv",), "decoder": ()}


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
        and node.name not in FLOAT_LAYERS[graph_name]
    ]


def array(tensor):
    return numpy_helper.to_array(tensor)
