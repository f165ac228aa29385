"""Writes and reads the head file (docs/head-format.md)."""

import json
import struct

import numpy as np

DTYPES = {'f16': '<f2', 'f32': '<f4', 'u8': 'u1', 'u16': '<u2', 'u32': '<u4'}
JOINTS = ['global', 'neck', 'jaw', 'leftEye', 'rightEye']
PARENTS = [-1, 0, 1, 1, 1]


def write_head(path, header, sections):
    return write_sections(path, b'LOKIHEAD', header, sections)


def write_sections(path, magic, header, sections):
    """`sections`: name → (dtype, array). Returns the bytes written."""
    header = dict(header, sections={})
    blobs, offset = [], 0
    for name, (dtype, array) in sections.items():
        blob = np.ascontiguousarray(array, DTYPES[dtype]).tobytes()
        header['sections'][name] = {'dtype': dtype, 'shape': list(np.shape(array)), 'offset': offset}
        blob += b'\0' * (-len(blob) % 16)
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 16)
    data = magic + struct.pack('<II', 1, len(text)) + text + b''.join(blobs)
    path.write_bytes(data)
    return data


def read_head(path, magic=b'LOKIHEAD'):
    """`(header, sections as arrays; floats widened to float64)`."""
    data = path.read_bytes()
    if data[:8] != magic or struct.unpack('<I', data[8:12])[0] != 1:
        raise SystemExit(f'{path} is no {magic.decode()} file of format 1')
    length = struct.unpack('<I', data[12:16])[0]
    header = json.loads(data[16 : 16 + length])
    sections = {}
    for name, s in header['sections'].items():
        dtype = np.dtype(DTYPES[s['dtype']])
        count = int(np.prod(s['shape']))
        array = np.frombuffer(data, dtype, count, 16 + length + s['offset']).reshape(s['shape'])
        sections[name] = array.astype(np.float64) if dtype.kind == 'f' else array.astype(np.int64)
    return header, sections


def rodrigues(r):
    angle = np.linalg.norm(r)
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = r / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


class Head:
    """Evaluates a head file in the plainest way: the reference for looking and checking."""

    def __init__(self, path):
        self.header, self.sections = read_head(path)
        self.triangles = self.sections['triangles']
        self.parts = self.sections['triangleParts']
        self.units = {u['name']: i for i, u in enumerate(self.header['expressionUnits'])}

    def shape(self, beta=()):
        basis = self.sections['shapeBasis']
        out = self.sections['template'].copy()
        for b, component in zip(beta, basis):
            out += b * component
        return out

    def unit(self, name):
        """`(vertices, deltas)`."""
        s, i = self.sections, self.units[name]
        span = slice(s['expressionOffsets'][i], s['expressionOffsets'][i + 1])
        return s['expressionIndices'][span], s['expressionDeltas'][span]

    def joints(self, shaped):
        s = self.sections
        rows = [slice(s['regressorOffsets'][j], s['regressorOffsets'][j + 1]) for j in range(5)]
        return np.array([s['regressorWeights'][r] @ shaped[s['regressorIndices'][r]] for r in rows])

    def pose(self, beta=(), psi=None, theta=None):
        """`psi`: unit name → value; `theta`: joint name → axis-angle."""
        shaped = self.shape(beta)
        joints = self.joints(shaped)
        surface = shaped.copy()
        for name, value in (psi or {}).items():
            ids, deltas = self.unit(name)
            surface[ids] += value * deltas
        world = []
        for j, name in enumerate(JOINTS):
            local = np.eye(4)
            local[:3, :3] = rodrigues(np.array((theta or {}).get(name, (0, 0, 0)), float))
            local[:3, 3] = joints[j] - (joints[PARENTS[j]] if PARENTS[j] >= 0 else 0)
            world.append(local if PARENTS[j] < 0 else world[PARENTS[j]] @ local)
        w = self.sections['skinWeights']
        out = np.zeros_like(surface)
        for j in range(5):
            rotation = world[j][:3, :3]
            out += w[:, j : j + 1] * (surface @ rotation.T + world[j][:3, 3] - rotation @ joints[j])
        return out
