"""What the renderer puts on the head: bust, hair, brows, lashes, textures (models/head/look/README.md)."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np

from headfile import write_sections
from posing import smoothstep
from surface import BODY_VERTICES, Surface, border_height, clip, main_component

HAIR = ['short01', 'short02', 'short03', 'short04', 'bob01', 'bob02', 'long01', 'ponytail01', 'Braid01', 'afro01']
BROWS = [f'eyebrow{i:03d}' for i in range(1, 13)]
LASHES = ['Eyelashes01', 'eyelashes02', 'eyelashes03', 'eyelashes04']
EYES = ['brown', 'brownlight', 'blue', 'green', 'grey']
TEXTURE_PX = 512


def read_proxies(source):
    """`name → (kind, proxy)`, lashes aside: they lie in the head file."""
    pairs = [('hair', n) for n in HAIR] + [('eyebrows', n) for n in BROWS]
    return {name.lower(): (kind, source.proxy(kind, name)) for kind, name in pairs}


def bust_height(p):
    """Positive on the part of the trunk that a portrait shows: chest and shoulders, upper arms cut off."""
    return np.minimum(p[:, 1] - 3.6, 2.9 - np.abs(p[:, 0]))


def build_extras(source, head: Surface, proxies):
    """`(Surface of the vertices that only the look uses, base vertex → index in head ++ extras)`.

    The bust's triangles, in combined indices, share the head's border vertices.
    """
    base = source.base
    triangles, uv = base.triangles(base.face_groups == base.groups.index('body'))
    triangles, uv, border = clip(base, triangles, uv, -border_height(base.vertices))
    keys = {i: (i, i, 1.0) for i in range(len(base.vertices))}
    keys.update({len(base.vertices) + k: (a, b, t) for k, (a, b, t) in enumerate(border)})
    points = np.array([base.vertices[a] * (1 - t) + base.vertices[b] * t for a, b, t in keys.values()])
    inside = (bust_height(points)[triangles] > 0).all(1)
    triangles, uv = triangles[inside], uv[inside]
    chest = int(np.argmin(np.linalg.norm(points - [0.0, 5.0, 1.0], axis=1) + 100 * ~np.isin(np.arange(len(points)), triangles)))
    keep = main_component(triangles, chest)
    triangles, uv = triangles[keep], uv[keep]

    index = {}
    for i, (r, w) in enumerate(zip(head.references, head.weights)):
        if head.offsets[i].any():
            continue
        if w[0] == 1:
            index.setdefault((r[0], r[0]), i)
        elif w[2] == 0:
            index.setdefault((min(r[0], r[1]), max(r[0], r[1])), i)
    rows = []

    def find(a, b, t):
        key = (min(a, b), max(a, b))
        if key not in index:
            index[key] = len(head.references) + len(rows)
            rows.append((a, b, t))
        return index[key]

    lookup = {i: find(*keys[i]) for i in np.unique(triangles)}
    bust = np.vectorize(lookup.get)(triangles)
    for _, proxy in proxies.values():
        for i in np.unique(proxy.references):
            find(i, i, 1.0)
    a, b, t = (np.array(c) for c in zip(*rows))
    zeros = np.zeros(len(t))
    extras = Surface(np.stack([a, b, a], 1), np.stack([1 - t, t, zeros], 1), np.zeros((len(t), 3)), bust, zeros[:0], uv)
    return extras, {a: i for (a, b), i in index.items() if a == b}


def lower_arms(points):
    """Hangs the arms of the base mesh's A-pose down, dm: a turn about each shoulder that grows along the arm."""
    out = points.copy()
    for side in (-1, 1):
        pivot = np.array([side * 1.72, 5.42, -0.1])
        reach = side * (points[:, 0] - pivot[0])
        angle = -side * np.radians(38) * smoothstep((reach + 0.35) / 0.8)
        x, y = points[:, 0] - pivot[0], points[:, 1] - pivot[1]
        mine = side * points[:, 0] > 0
        out[mine, 0] = (pivot[0] + np.cos(angle) * x - np.sin(angle) * y)[mine]
        out[mine, 1] = (pivot[1] + np.sin(angle) * x + np.cos(angle) * y)[mine]
    return out


def split_seams(mesh):
    """`(vertex of each corner copy [n], uv [n, 2], triangles [F, 3])`: a copy for every texture coordinate of a vertex."""
    copies, triangles = {}, []
    for face, face_uv in zip(mesh.faces, mesh.face_uvs):
        ring = [copies.setdefault((v, t), len(copies)) for v, t in zip(face, face_uv)]
        triangles += [(ring[0], ring[k], ring[k + 1]) for k in range(1, len(ring) - 1)]
    vertex, texel = (np.array(c) for c in zip(*copies))
    return vertex, mesh.uvs[texel], np.array(triangles)


def write_look(folder: Path, source, extras, extra_template, extra_basis, extra_weights, index, proxies, scale):
    """Everything under models/head/look but its README."""
    folder.mkdir(exist_ok=True)
    write_sections(
        folder / 'extras.bin',
        b'LOKILOOK',
        {'kind': 'extras', 'vertices': len(extra_template)},
        {
            'template': ('f32', extra_template),
            'shapeBasis': ('f16', extra_basis),
            'skinWeights': ('f16', extra_weights),
            'bustTriangles': ('u16', extras.triangles),
            'bustCornerUv': ('f16', extras.uv),
        },
    )
    textures = []
    for name, (kind, proxy) in proxies.items():
        vertex, uv, triangles = split_seams(proxy.mesh)
        references = np.vectorize(index.get)(proxy.references)
        write_sections(
            folder / f'{name}.bin',
            b'LOKILOOK',
            {'kind': 'hair' if kind == 'hair' else 'brows', 'texture': f'{name}.webp', 'vertices': len(vertex)},
            {
                'references': ('u16', references[vertex]),
                'weights': ('f32', proxy.weights[vertex]),
                'offsets': ('f16', proxy.offsets[vertex] * scale),
                'uv': ('f16', uv),
                'triangles': ('u16', triangles),
            },
        )
        textures.append((proxy.textures[0], f'{name}.webp'))
    eyes = source.root / 'public/data/proxies/eyes/HighPolyEyes/textures'
    textures += [(eyes / f'{c}_eye.png', f'eye-{c}.webp') for c in EYES]
    for kind, name, out in [('eyelashes', n, n.lower()) for n in LASHES] + [('teeth', 'Teeth_Base', 'teeth'), ('tongue', 'tongue01', 'tongue')]:
        textures.append((sorted((source.root / 'public/data/proxies' / kind / name / 'textures').glob('*.png'))[0], f'{out}.webp'))
    convert([(str(a), str(folder / b)) for a, b in textures])


def convert(pairs):
    """PNG to WebP, at most 512 px, by the sharp that the project depends on."""
    script = Path(__file__).with_name('textures.mjs')
    node = shutil.which('node')
    subprocess.run([node, str(script), str(TEXTURE_PX)], input=json.dumps(pairs), text=True, check=True)
