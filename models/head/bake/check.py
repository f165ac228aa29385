"""Checks a baked head file: `python3 models/head/bake/check.py [FILE]`. Prints what it measured; exits 1 on a failure."""

import hashlib
import sys
from pathlib import Path

import numpy as np

from headfile import Head
from preview import raster

PEOPLE = 30
SEED = 5
failures = []


def expect(ok, text):
    print(('ok    ' if ok else 'FAIL  ') + text)
    if not ok:
        failures.append(text)


def check_numbers(head):
    s, counts = head.sections, head.header['counts']
    expect(all(np.isfinite(a).all() for a in s.values()), 'every value is finite')
    expect(s['triangles'].max() < counts['vertices'] and s['expressionIndices'].max() < counts['vertices'], 'indices in range')
    sums = s['skinWeights'].sum(1)
    expect(np.abs(sums - 1).max() < 2e-3, f'blend weights sum to 1 (off by {np.abs(sums - 1).max():.1e})')
    expect(s['skinWeights'].min() >= 0, 'no blend weight is negative')
    used = np.unique(s['triangles'])
    expect(len(used) == counts['vertices'], 'every vertex belongs to a triangle')
    lengths = np.diff(s['expressionOffsets'])
    expect(lengths.min() > 0 and lengths.max() < 0.3 * counts['vertices'], f'units are sparse ({lengths.min()} to {lengths.max()} vertices)')
    peak = [np.linalg.norm(head.unit(n)[1], axis=1).max() * 1000 for n in head.units]
    names = list(head.units)
    expect(min(peak) > 1 and max(peak) < 16, f'units move 1 to 16 mm ({names[int(np.argmin(peak))]} {min(peak):.1f}, {names[int(np.argmax(peak))]} {max(peak):.1f})')


def check_joints(head, people):
    joints = head.joints(head.shape())
    eyes = np.linalg.norm(joints[3] - joints[4])
    expect(abs(eyes - 0.063) < 0.001, f'eye distance {eyes * 1000:.2f} mm')
    expect(np.abs(joints[:3, 0]).max() < 0.001, 'global, neck and jaw lie on the midline')
    expect(joints[0, 1] < joints[1, 1] - 0.08 and abs(joints[1, 1]) < 0.03, 'neck base below, atlas between the ears')
    expect(joints[1, 2] < joints[2, 2] < joints[3, 2], 'atlas, condyles, eyes from back to front')
    spread = np.array([np.linalg.norm(np.diff(head.joints(head.shape(b))[3:], axis=0)) for b in people])
    print(f'      eye distance over {len(people)} people: {spread.min() * 1000:.1f} to {spread.max() * 1000:.1f} mm')


def visible(head, vertices, wanted, centre, extent, size=160):
    """Fraction of a frontal window, pixels, that shows the parts `wanted`."""
    ids = [head.header['parts'].index(p) for p in wanted]
    shown = head.parts != head.header['parts'].index('lashes')
    t = head.triangles[shown]
    middle = vertices[t].mean(1)
    near = (np.abs(middle[:, 0] - centre[0]) < extent) & (np.abs(middle[:, 1] - centre[1]) < extent)
    t, parts = t[near], head.parts[shown][near]
    colour = np.where(np.isin(parts, ids), 255.0, 0.0)[:, None].repeat(3, 1)
    # `raster` shades by the normal: anything above black shows a wanted part, the background of 60 does not occur.
    return (raster(vertices, t, colour, size, centre, extent)[..., 0] > 60).mean()


def check_lids(head, people):
    both = lambda v: {'blink-left': v, 'blink-right': v}
    eyes = ['eyeLeft', 'eyeRight']
    leaks, opened = [], []
    for beta in [np.zeros(1)] + list(people):
        joint = head.joints(head.shape(beta))[3]
        look = lambda v: visible(head, head.pose(beta, both(v)), eyes, joint[:2], 0.036)
        opened.append(look(0))
        leaks.append([look(v) / opened[-1] for v in (0.5, 1.0, 1.15)])
    leaks = np.array(leaks)
    expect(leaks[0, 1] == 0, 'lids of the mean head are closed at blink = 1')
    expect(0.3 < leaks[0, 0] < 0.7, f'half a blink shows {leaks[0, 0]:.0%} of the eye')
    expect(np.median(leaks[1:, 1]) < 0.03, f'blink = 1 over people: median {np.median(leaks[1:, 1]):.1%}, worst {leaks[1:, 1].max():.1%} of the eye shows')
    expect(leaks[1:, 2].max() < 0.2, f'blink = 1.15 over people: worst {leaks[1:, 2].max():.1%}')
    for name, side in (('left', 3), ('right', 4)):
        centre = head.joints(head.shape())[side]
        ids, _ = head.unit(f'blink-{name}')
        part = head.header['parts'].index('eyeLeft' if side == 3 else 'eyeRight')
        ball = np.linalg.norm(head.shape()[np.unique(head.triangles[head.parts == part])] - centre, axis=1).max()
        lashes = np.unique(head.triangles[head.parts == head.header['parts'].index('lashes')])
        outside = [i for i in ids if i not in set(lashes)]
        # Lid skin that starts outside the ball must stay outside it all along the way.
        for v in (0.25, 0.5, 0.75, 1.0):
            r = np.linalg.norm(head.pose((), both(v)) - centre, axis=1)
            start = np.linalg.norm(head.shape() - centre, axis=1)
            lid = [i for i in outside if start[i] > ball + 0.0005 and head.shape()[i, 2] > centre[2] + 0.008]
            low = min(r[i] for i in lid) - ball
            if low < -0.0001:
                expect(False, f'{name} lid sinks {-low * 1000:.2f} mm into the eyeball at {v}')


def check_mouth(head, people):
    inside = ['mouthBag', 'teethUpper', 'teethLower', 'tongue']
    shut = [visible(head, head.shape(b), inside, (0, -0.05), 0.08) for b in [np.zeros(1)] + list(people)]
    expect(shut[0] < 0.0005, 'lips of the mean head are closed')
    expect(max(shut) < 0.01, f'lips are closed over people (worst shows {max(shut):.2%} of the window)')
    rest = head.pose()
    jaw = head.sections['skinWeights'][:, 2]
    for angle in (0.1, 0.3, 0.45):
        opened = head.pose(theta={'jaw': (angle, 0, 0)})
        moved = np.linalg.norm(opened - rest, axis=1) * 1000
        nose = (rest[:, 1] > -0.02) & (rest[:, 2] > 0.07)
        expect(moved[nose].max() < 0.5, f'jaw at {angle}: nose and eyes stay ({moved[nose].max():.2f} mm)')
        expect(visible(head, opened, inside, (0, -0.06), 0.12) > 0.05 * angle, f'jaw at {angle}: the mouth opens')
        tongue = np.unique(head.triangles[head.parts == head.header['parts'].index('tongue')])
        chin = visible(head, opened, ['tongue'], (0, -0.13), 0.05)
        expect(chin == 0, f'jaw at {angle}: the tongue stays behind the chin')
        expect(jaw[tongue].max() <= 1, 'tongue follows the jaw') if angle == 0.1 else None


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / 'open-head.bin'
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    head = Head(path)
    people = np.random.default_rng(SEED).normal(size=(PEOPLE, head.header['counts']['shape'])).clip(-2, 2)
    expect(digest in path.with_name(path.name + '.sha256').read_text(), f'sha256 beside it holds: {digest[:16]}…')
    check_numbers(head)
    check_joints(head, people)
    check_lids(head, people)
    check_mouth(head, people)
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
