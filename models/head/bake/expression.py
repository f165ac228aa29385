"""Expression units: MakeHuman's caucasian units split left and right, and units of our own. Metres."""

import numpy as np

from anchors import Anchors
from lids import Lids
from posing import smoothstep

FOLDER = 'expression/units/caucasian/'
# MakeHuman unit → (name, region); every one of these is split by a sigmoid unless it names its side already.
# Left out: mouth-open (the jaw joint does it) and the eye closures (ours close).
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
# A smile lifts the upper lip a little: this much of mouth-elevation goes with it.
SMILE_LIP_RAISE = 0.15
# Targets that are extreme at 1, scaled to what a face does.
STRENGTH = {'lips-protrude': 0.6, 'lips-part-lateral': 0.7, 'mouth-depress-retract': 0.8, 'lips-purse': 0.8}
SPLIT_M = 0.008
SIDES = ('left', 'right')


def left_share(x):
    """Sigmoid over ±0.8 cm: 0.02 on the right of it, 0.98 on the left."""
    return 1 / (1 + np.exp(-x / SPLIT_M * 4))


def split(name, region, field, points):
    share = left_share(points[:, 0])[:, None]
    return [(f'{name}-left', region, 'left', field * share), (f'{name}-right', region, 'right', field * (1 - share))]


def makehuman_units(source, surface, anchors, scale):
    """`(name, region, side, [V, 3])` of the units above."""

    def field(target):
        return surface.linear(source.target(FOLDER + target)) * scale

    out = []
    for target, (name, region) in UNITS.items():
        if '-left-' in target:
            out.append((name, region, 'left', field(target)))
            other = field(target.replace('-left-', '-right-'))
            out.append((name.replace('-left', '-right'), region, 'right', other))
        else:
            delta = field(target) * STRENGTH.get(name, 1)
            if name == 'smile':
                delta = delta + SMILE_LIP_RAISE * field('mouth-elevation')
            out += split(name, region, delta, anchors.points)
    return out


class Author:
    """Smooth local displacements on the mean surface."""

    def __init__(self, anchors: Anchors):
        self.a = anchors
        self.points = anchors.points
        # The mouth's units leave the nose alone.
        self.below_nose = smoothstep((anchors.nose_base + 0.003 - self.points[:, 1]) / 0.009)
        self.upper_lip = (anchors.jaw < 0.5).astype(float)
        # Inside the mouth only the bag's front follows the lips.
        self.front = smoothstep((self.points[:, 2] - (anchors.mouth[2] - 0.045)) / 0.02)

    def bump(self, centre, radius):
        """`[V]` 1 at `centre`, 0 beyond the ellipsoid of half axes `radius` (metres), C1."""
        d2 = (((self.points - centre) / radius) ** 2).sum(1)
        return np.where(d2 < 1, (1 - np.minimum(d2, 1)) ** 2, 0.0) * self.a.skin

    def shift(self, share, vector):
        return share[:, None] * np.asarray(vector, float)


def lip_units(author: Author):
    a, out = author.a, []
    m = a.mouth
    whole = author.bump(m + [0, 0, -0.01], [0.05, 0.034, 0.05]) * author.below_nose * author.front
    for name, vector in (('left', [0.010, 0, 0]), ('right', [-0.010, 0, 0]), ('up', [0, 0.006, 0]), ('down', [0, -0.006, 0])):
        out.append((f'mouth-{name}', 'mouth', name if name in SIDES else 'centre', author.shift(whole, vector)))
    for side in SIDES:
        s = 1 if side == 'left' else -1
        corner = author.bump(a.corners[side] + [0, 0, 0.002], [0.022, 0.022, 0.03]) * author.below_nose
        for name, vector in (
            ('in', [-0.008 * s, 0, 0.003]),
            ('out', [0.008 * s, 0, -0.004]),
            ('up', [0.001 * s, 0.008, -0.001]),
            ('down', [0, -0.008, 0]),
            ('back', [0, 0, -0.006]),
        ):
            out.append((f'corner-{name}-{side}', 'mouth', side, author.shift(corner, vector)))
        # Half lips, centred between the middle and the corner.
        half = m * 0.45 + a.corners[side] * 0.55
        near = author.bump(half + [0, 0, 0.004], [0.02, 0.014, 0.03]) * author.below_nose
        upper, lower = near * author.upper_lip, near * (1 - author.upper_lip)
        out.append((f'upper-lip-up-{side}', 'mouth', side, author.shift(upper, [0, 0.006, 0.001])))
        out.append((f'upper-lip-down-{side}', 'mouth', side, author.shift(upper, [0, -0.005, 0])))
        out.append((f'lower-lip-up-{side}', 'mouth', side, author.shift(lower, [0, 0.005, 0])))
        out.append((f'lower-lip-down-{side}', 'mouth', side, author.shift(lower, [0, -0.007, 0.001])))
    points = author.points
    lips = author.bump(m + [0, 0, -0.002], [0.036, 0.017, 0.026]) * author.below_nose
    upper, lower = lips * author.upper_lip, lips * (1 - author.upper_lip)
    height = points[:, 1] - m[1]
    # The red of the lip turns in over the teeth and gets lower.
    for name, share in (('upper-lip-roll-in', upper), ('lower-lip-roll-in', lower)):
        roll = author.shift(share, [0, 0, -0.004])
        roll[:, 1] -= 0.45 * height * share
        out += split(name, 'mouth', roll, points)
    out += split('upper-lip-forward', 'mouth', author.shift(upper, [0, 0.001, 0.006]), points)
    out += split('lower-lip-forward', 'mouth', author.shift(lower, [0, -0.001, 0.006]), points)
    # Pucker and funnel narrow the mouth towards the middle; the funnel opens it at the same time.
    around = author.bump(m + [0, 0, -0.006], [0.042, 0.026, 0.04]) * author.below_nose * author.front
    narrow = np.zeros_like(points)
    narrow[:, 0] = -0.42 * points[:, 0] * around
    middle = np.exp(-((points[:, 0] / 0.014) ** 2))
    forward = author.shift(around * (0.35 + 0.65 * middle), [0, 0, 0.009])
    out += split('lips-pucker', 'mouth', narrow + forward, points)
    open_up = author.shift(upper * middle, [0, 0.004, 0]) + author.shift(lower * middle, [0, -0.005, 0])
    out += split('lips-funnel', 'mouth', 0.8 * narrow + 0.8 * forward + open_up, points)
    chin = author.bump(a.chin + [0, 0.014, 0.01], [0.03, 0.026, 0.04])
    push = author.bump(m + [0, -0.012, 0], [0.03, 0.02, 0.03]) * (1 - author.upper_lip)
    out.append(('chin-raise', 'jaw', 'centre', author.shift(chin, [0, 0.005, 0.001]) + author.shift(push, [0, 0.003, 0.003])))
    out.append(('jaw-forward', 'jaw', 'centre', author.shift(a.jaw * a.skin, [0, 0, 0.006])))
    return out


def brow_units(author: Author):
    a, out = author.a, []
    for side in SIDES:
        s = 1 if side == 'left' else -1
        eye = a.eyes[side]
        inner = author.bump(eye + [-0.016 * s, 0.021, 0.022], [0.02, 0.02, 0.03])
        outer = author.bump(eye + [0.017 * s, 0.019, 0.012], [0.021, 0.02, 0.03])
        middle = author.bump(eye + [0, 0.022, 0.02], [0.021, 0.02, 0.03])
        out.append((f'brow-inner-down-{side}', 'brows', side, author.shift(inner, [-0.001 * s, -0.006, 0.001])))
        out.append((f'brow-inner-in-{side}', 'brows', side, author.shift(inner, [-0.005 * s, -0.001, 0.001])))
        out.append((f'brow-inner-lift-{side}', 'brows', side, author.shift(inner, [0, 0.008, 0])))
        out.append((f'brow-middle-lift-{side}', 'brows', side, author.shift(middle, [0, 0.007, 0])))
        out.append((f'brow-outer-lift-{side}', 'brows', side, author.shift(outer, [0, 0.008, 0])))
        out.append((f'brow-outer-down-{side}', 'brows', side, author.shift(outer, [0, -0.006, 0])))
    return out


def cheek_units(author: Author):
    a, out = author.a, []
    for side in SIDES:
        s = 1 if side == 'left' else -1
        hollow = a.corners[side] + [0.017 * s, -0.002, -0.022]
        puff = author.bump(hollow, [0.036, 0.038, 0.05])
        out.append((f'cheek-puff-{side}', 'cheeks', side, author.shift(puff, [0.011 * s, 0, 0.006])))
        out.append((f'cheek-suck-{side}', 'cheeks', side, author.shift(puff, [-0.006 * s, 0, -0.003])))
        apple = author.bump(a.eyes[side] + [0.006 * s, -0.03, 0.012], [0.026, 0.021, 0.035])
        out.append((f'cheek-raise-{side}', 'cheeks', side, author.shift(apple, [0, 0.006, 0.003])))
    return out


def eye_units(author: Author, lids):
    out = []
    for side in SIDES:
        s = 1 if side == 'left' else -1
        lid, eye = lids[side], author.a.eyes[side]
        out.append((f'blink-{side}', 'eyes', side, lid.close()))
        out.append((f'lid-lower-up-{side}', 'eyes', side, lid.lower_lid(0.45)))
        out.append((f'lid-lower-down-{side}', 'eyes', side, lid.lower_lid(-0.25)))
        brow = author.bump(eye + [-0.002 * s, 0.024, 0.02], [0.03, 0.018, 0.03])
        cheek = author.bump(eye + [0.004 * s, -0.026, 0.012], [0.03, 0.018, 0.035])
        crow = author.bump(eye + [0.024 * s, -0.002, 0.004], [0.014, 0.018, 0.02])
        out.append(
            (
                f'squeeze-{side}',
                'eyes',
                side,
                author.shift(brow, [-0.002 * s, -0.006, 0.001])
                + author.shift(cheek, [-0.001 * s, 0.005, 0.002])
                + author.shift(crow, [-0.003 * s, 0, 0.001])
                + lid.lower_lid(0.15),
            )
        )
    return out


def all_units(source, surface, anchors, scale):
    """`(units as (name, region, side, [V, 3] metres), lids)`; nothing rigid (eyes, teeth, tongue) moves."""
    roots = lash_roots(surface, anchors)
    lids = {s: Lids(anchors, s, surface.triangles, roots) for s in SIDES}
    author = Author(anchors)
    own = lip_units(author) + brow_units(author) + cheek_units(author)
    for lash, root in roots:
        for *_, field in own:
            field[lash] = field[root]
    eyes = eye_units(author, lids)
    for lash, root in roots:
        for name, _, _, field in eyes:
            if name.startswith('squeeze'):
                field[lash] = field[root]
    soft = anchors.skin.copy()
    soft[[lash for lash, _ in roots]] = True
    units = eyes + makehuman_units(source, surface, anchors, scale) + own
    return [(n, r, s, field * soft[:, None]) for n, r, s, field in units], lids


def lash_roots(surface, anchors):
    """`(lash vertex, skin vertex it stands on)`."""
    head_of = {int(r[0]): i for i, r in enumerate(surface.references) if anchors.skin[i] and surface.weights[i, 0] == 1}
    return [(i, head_of[int(surface.references[i, 0])]) for i in np.nonzero(surface.lashes())[0]]
