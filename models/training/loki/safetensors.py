"""Reads .safetensors files: an 8-byte length, a JSON header, then the tensors' bytes. Trusts none of it."""
import json
import math
import mmap
import os
import struct

import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
#: The format's own limit.
MOST_HEADER_BYTES = 100_000_000
MOST_DIMENSIONS = 8


class BadWeights(ValueError):
    """The file is not what it says, with the reason in one sentence."""


def read_safetensors(path):
    """{name: tensor}; tensors lie in the mapped file until they are copied. Raises BadWeights."""
    with open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        if length < 8:
            raise BadWeights(f"{path} is cut short: it has {length} bytes.")
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        if header_bytes > min(MOST_HEADER_BYTES, length - 8):
            raise BadWeights(f"{path} is cut short or no safetensors file: its header would have {header_bytes} bytes.")
        header = parse_header(file.read(header_bytes), path)
        # A private mapping: PyTorch wants writable memory, the file stays as it is.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    start = 8 + header_bytes
    return {name: tensor_of(name, entry, mapped, start, length, path) for name, entry in header.items()}


def parse_header(text, path):
    try:
        header = json.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadWeights(f"{path} is no safetensors file: its header is not JSON.") from error
    if not isinstance(header, dict):
        raise BadWeights(f"{path} is no safetensors file: its header is no object.")
    header.pop("__metadata__", None)
    return header


def tensor_of(name, entry, mapped, start, length, path):
    try:
        dtype, shape, (begin, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise BadWeights(f"{path}: {name} has no readable dtype, shape and data_offsets.") from error
    is_count = lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS or not all(map(is_count, [*shape, begin, end])):
        raise BadWeights(f"{path}: {name} has a shape or place that is not made of counts.")
    size = math.prod(shape) * torch.empty(0, dtype=dtype).element_size()
    if end - begin != size or start + end > length:
        raise BadWeights(f"{path}: {name} should have {size} bytes, and its place says {begin} to {end} of {length - start}.")
    if size == 0:
        return torch.empty(shape, dtype=dtype)
    if (start + begin) % torch.empty(0, dtype=dtype).element_size():
        return torch.frombuffer(bytearray(mapped[start + begin : start + end]), dtype=dtype).reshape(shape)
    return torch.frombuffer(mapped, dtype=dtype, count=math.prod(shape), offset=start + begin).reshape(shape)
