"""Joints and blend weights, derived from the surface and from the CC0 `mouth-open` target."""

import numpy as np

from surface import PARTS

# Joint positions on the unmorphed base mesh, dm. Neck base; atlas, between the mastoids; condyles, in front of the
# ear canals, where the fixed line of `mouth-open` lies too.
NECK_BASE = np.array([0.0, 6.02, 0.02])
ATLAS = np.array([0.0, 6.98, 0.38])
CONDYLES = np.array([0.0, 7.02, 0.58])
MOUTH_OPEN_RAD = np.radians(16.5)


def smoothstep(t):
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def sphere_centre(points):
    """Least-squares centre of a sphere through `points`."""
    a = np.hstack([2 * points, np.ones((len(points), 1))])
    return np.linalg.lstsq(a, (points**2).sum(1), rcond=None)[0][:3]


def eyeball_centre(points):
    """Centre of the ball without its flat iris: the front third is left out."""
    back = points[:, 2] < np.quantile(points[:, 2], 0.6)
    return sphere_centre(points[back])


def regressor(points, ids, joint):
    """Weights over `ids`, sum 1, nearest to uniform, whose weighted mean of `points` is `joint`."""
    p = points[ids]
    uniform = np.full(len(ids), 1 / len(ids))
    constraint = np.vstack([p.T, np.ones(len(ids))])
    miss = np.append(joint, 1.0) - constraint @ uniform
    return uniform + constraint.T @ np.linalg.lstsq(constraint @ constraint.T, miss, rcond=None)[0]


def joint_rows(base_points, vertex_parts):
    """Joint regressor rows `(ids, weights)`, set on the base mesh (dm) so that they hold for every identity."""
    skin = vertex_parts == PARTS.index('skin')
    x, y, z = base_points.T

    def ring(joint, band, limit):
        near = skin & (np.abs(y - joint[1]) < band) & (np.abs(x) < limit)
        return np.nonzero(near)[0]

    rows = []
    neck = ring(NECK_BASE, 0.12, 0.75)
    rows.append((neck, regressor(base_points, neck, NECK_BASE)))
    skull = np.nonzero(skin & (np.abs(y - ATLAS[1]) < 0.2) & (np.abs(x) < 0.72) & (z < 1.0) & (z > -0.6))[0]
    rows.append((skull, regressor(base_points, skull, ATLAS)))
    cheek = np.nonzero(skin & (np.abs(y - CONDYLES[1]) < 0.25) & (np.abs(x) > 0.5) & (np.abs(x) < 0.72) & (np.abs(z - 0.7) < 0.25))[0]
    rows.append((cheek, regressor(base_points, cheek, CONDYLES)))
    for part in ('eyeLeft', 'eyeRight'):
        ids = np.nonzero(vertex_parts == PARTS.index(part))[0]
        rows.append((ids, regressor(base_points, ids, eyeball_centre(base_points[ids]))))
    return rows


def neck_share(p):
    """0 on the trunk, 1 on the head, over a long band that leans from the nape down to the throat."""
    y, z = p[:, 1], p[:, 2]
    low = 5.93 - 0.2 * (z - 0.3)
    high = 6.45 - 0.42 * (z - 0.75)
    return smoothstep((y - low) / (high - low))


def smooth(values, triangles, rounds, keep=None):
    """Umbrella smoothing over the mesh; vertices in `keep` hold."""
    edges = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, 1), axis=0)
    degree = np.bincount(edges.ravel(), minlength=len(values)).astype(float)
    out = values.copy()
    for _ in range(rounds):
        total = np.bincount(edges[:, 0], out[edges[:, 1]], len(values)) + np.bincount(edges[:, 1], out[edges[:, 0]], len(values))
        mean = np.where(degree > 0, total / np.maximum(degree, 1), out)
        out = 0.5 * out + 0.5 * mean
        if keep is not None:
            out[keep] = values[keep]
    return out


def jaw_share(p, opening, triangles, vertex_parts):
    """How far each vertex follows the jaw: its `mouth-open` displacement projected on the rigid rotation's."""
    angle = MOUTH_OPEN_RAD
    rotation = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    arm = p - CONDYLES
    rigid = arm @ rotation.T - arm
    share = (opening * rigid).sum(1) / np.maximum((rigid * rigid).sum(1), 1e-4)
    share = smooth(np.clip(share, 0, 1), triangles, 2)
    # The target also drags philtrum and nose down a little; the joint must not.
    share = np.clip((share - 0.13) / 0.87, 0, 1)
    share[vertex_parts == PARTS.index('teethUpper')] = 0
    share[vertex_parts == PARTS.index('eyeLeft')] = 0
    share[vertex_parts == PARTS.index('eyeRight')] = 0
    share[vertex_parts == PARTS.index('lashes')] = 0
    share[vertex_parts == PARTS.index('teethLower')] = 1
    tongue = vertex_parts == PARTS.index('tongue')
    # The tongue's root stays with the throat.
    share[tongue] = 0.35 + 0.65 * smoothstep((p[tongue, 2] - 0.65) / 0.4)
    return share


def blend_weights(base_points, opening, triangles, vertex_parts):
    """`[V, 5]`, rows sum to 1."""
    neck = neck_share(base_points)
    inner = ~np.isin(vertex_parts, [PARTS.index('skin'), PARTS.index('mouthBag')])
    neck[inner] = 1
    jaw = jaw_share(base_points, opening, triangles, vertex_parts) * neck
    weights = np.stack([1 - neck, neck - jaw, jaw, np.zeros(len(neck)), np.zeros(len(neck))], 1)
    for joint, part in ((3, 'eyeLeft'), (4, 'eyeRight')):
        weights[vertex_parts == PARTS.index(part)] = np.eye(5)[joint]
    return weights


# Where the lips' corners follow the jaw, and how the opening narrows towards them: an ellipse has 0.5.
CORNER_SHARE = 0.44
ROUNDNESS = 0.52
# Reach of the corners' pull below, above and beside the mouth, dm.
PULL_BELOW, PULL_ABOVE, PULL_BESIDE = 0.26, 0.1, 0.2


def round_mouth(weights, points, triangles, triangle_parts, vertex_parts):
    """Makes the jaw open the lips as a rounded shape between corners that stay, in place.

    `mouth-open` moves the whole lower lip at once: its share of the jaw is 1 up to the corners, and the mouth opens as a box.
    """
    ring = np.intersect1d(triangles[triangle_parts == 0], triangles[triangle_parts == 1])
    half = np.abs(points[ring, 0]).max()
    soft = np.isin(vertex_parts, [PARTS.index('skin'), PARTS.index('mouthBag')])
    head = weights[:, 1] + weights[:, 2]
    share = weights[:, 2] / np.maximum(head, 1e-6)

    # Height of the seam under each vertex, from the ring's vertices nearest in x.
    aside = np.abs(points[:, 0])
    nearest = np.abs(aside[:, None] - np.abs(points[ring, 0])[None]) + 10 * (points[ring, 0][None] * points[:, :1] < 0)
    weight = np.exp(-((nearest / 0.03) ** 2)) + 1e-9 * (nearest == nearest.min(1, keepdims=True))
    seam = (weight * points[ring, 1]).sum(1) / weight.sum(1)
    below = seam - points[:, 1]

    u = np.minimum(aside / half, 1)
    opening = (1 - u * u) ** ROUNDNESS
    beside = 1 - smoothstep((aside - half) / PULL_BESIDE)
    lower = opening + (1 - opening) * smoothstep(below / PULL_BELOW)
    upper = 1 - (1 - opening) * beside * (1 - smoothstep(-below / PULL_ABOVE))
    rounded = CORNER_SHARE + (share - CORNER_SHARE) * np.where(share > CORNER_SHARE, 1 + beside * (lower - 1), upper)
    rounded = np.where(soft & (points[:, 2] > 0.6), rounded, share)
    rounded = smooth(rounded, triangles, 1, ~soft)
    weights[:, 2] = rounded * head
    weights[:, 1] = head - weights[:, 2]


def follow_gaze(weights, lids):
    """Gives the lids a small share of their eyeball's turn, in place."""
    for joint, side in ((3, 'left'), (4, 'right')):
        share = lids[side].gaze_share()
        weights *= 1 - share[:, None]
        weights[:, joint] += share


def trunk_weights(base_points):
    """`[V, 5]` for what hangs on the head outside the head file: bust and hair cage follow neck and trunk only."""
    neck = neck_share(base_points)
    weights = np.zeros((len(neck), 5))
    weights[:, 0], weights[:, 1] = 1 - neck, neck
    return weights
