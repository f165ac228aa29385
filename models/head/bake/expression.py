"""Expression units: MakeHuman's caucasian units split left and right, and units of our own."""

import numpy as np

from surface import PARTS

FOLDER = 'expression/units/caucasian/'
# MakeHuman unit → (name, region); every one of these is split by a sigmoid unless it names its side already.
UNITS = {
    'eye-left-opened-up': ('eye-wide-left', 'eyes'),
    'eye-left-slit': ('eye-slit-left', 'eyes'),
    'eyebrows-left-down': ('brow-down-left', 'brows'),
    'eyebrows-left-extern-up': ('brow-outer-up-left', 'brows'),
    'eyebrows-left-inner-up': ('brow-inner-up-left', 'brows'),
    'eyebrows-left-up': ('brow-up-left', 'brows'),
    'mouth-compression': ('mouth-compress', 'mouth'),
    'mouth-corner-puller': ('smile', 'mouth'),
    'mouth-depression-retraction': ('mouth-depress-retract', 'mouth'),
    'mouth-depression': ('mouth-depress', 'mouth'),
    'mouth-elevation': ('upper-lip-raise', 'mouth'),
    'mouth-eversion': ('lips-evert', 'mouth'),
    'mouth-parling': ('lips-part', 'mouth'),
    'mouth-part-later': ('lips-part-lateral', 'mouth'),
    'mouth-protusion': ('lips-protrude', 'mouth'),
    'mouth-pursing': ('lips-purse', 'mouth'),
    'mouth-retraction': ('mouth-retract', 'mouth'),
    'mouth-upward-retraction': ('mouth-retract-up', 'mouth'),
    'neck-platysma': ('platysma', 'jaw'),
    'nose-compression': ('nose-compress', 'nose'),
    'nose-depression': ('nose-depress', 'nose'),
    'nose-left-dilatation': ('nostril-dilate-left', 'nose'),
    'nose-left-elevation': ('nose-sneer-left', 'nose'),
}
SPLIT_HALF_WIDTH = 0.08  # dm


def left_share(x):
    """Sigmoid over ±0.8 cm: 0.02 on the right of it, 0.98 on the left."""
    return 1 / (1 + np.exp(-x / SPLIT_HALF_WIDTH * 4))


def makehuman_units(source, surface, points, moving):
    """`(name, region, side, [V, 3] dm)` of the units above."""
    share = left_share(points[:, 0])[:, None]
    out = []
    for target, (name, region) in UNITS.items():
        field = surface.linear(source.target(FOLDER + target)) * moving[:, None]
        if '-left-' in target:
            out.append((name, region, 'left', field))
            other = surface.linear(source.target(FOLDER + target.replace('-left-', '-right-'))) * moving[:, None]
            out.append((name.replace('-left', '-right'), region, 'right', other))
        else:
            out.append((f'{name}-left', region, 'left', field * share))
            out.append((f'{name}-right', region, 'right', field * (1 - share)))
    return out


def blink_units(source, surface, moving):
    """Lids closing; a first version, straight from the targets."""
    out = []
    for side in ('left', 'right'):
        field = surface.linear(source.target(f'{FOLDER}eye-{side}-closure')) * moving[:, None]
        out.append((f'blink-{side}', 'eyes', side, field * 1.35))
    return out


def all_units(source, surface, points, vertex_parts):
    moving = np.isin(vertex_parts, [PARTS.index(p) for p in ('skin', 'mouthBag', 'lashes')]).astype(float)
    return blink_units(source, surface, moving) + makehuman_units(source, surface, points, moving)
