"""Loads public weights into the model."""
from collections import Counter

import torch

from .key_names import own_name, why_ignored
from .safetensors import BadWeights

TRAINED = ("driver.", "injections.", "motion.")


def load_weights(model, tensors):
    """Copies what has a place; returns {"loaded", "ignored": {reason: count}, "unknown": [...], "missing": [...]}.

    Raises BadWeights where a tensor's shape does not fit, before anything is copied. `missing` are parameters of the
    frozen parts that the file does not have; keys and values of the reference start from the backbone's own.
    """
    parameters = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    ignored, unknown, fitting = Counter(), [], {}
    for key, tensor in tensors.items():
        if reason := why_ignored(key):
            ignored[reason] += 1
            continue
        name = key if key in parameters else own_name(key)
        if name not in parameters:
            unknown.append(key)
            continue
        fitting[name] = fitted(tensor, parameters[name], key)
    with torch.no_grad():
        for name, tensor in fitting.items():
            parameters[name].copy_(tensor)
    if any(name.startswith("backbone.") for name in fitting) and not any(n.startswith("injections.") for n in fitting):
        model.start_injection()
    missing = [name for name, _ in model.named_parameters() if name not in fitting and not name.startswith(TRAINED)]
    return {"loaded": len(fitting), "ignored": dict(ignored), "unknown": unknown, "missing": missing}


def fitted(tensor, parameter, key):
    """A 1 × 1 convolution and a linear layer are the same numbers: older files have one where newer have the other."""
    if tensor.shape == parameter.shape:
        return tensor
    ones = lambda shape: [length for length in shape if length != 1]
    if tensor.numel() == parameter.numel() and ones(tensor.shape) == ones(parameter.shape):
        return tensor.reshape(parameter.shape)
    raise BadWeights(f"{key} is {list(tensor.shape)}, and the model wants {list(parameter.shape)}: weights of another size.")
