"""Named places on the mean surface, from which our own expression units are authored. Metres, the head's frame."""

from dataclasses import dataclass

import numpy as np

from surface import PARTS

# Lid margins of the subject's left eye, base mesh vertices from the inner to the outer corner.
LEFT_UPPER_MARGIN = [13360, 13365, 13363, 13364, 13369, 13371, 13359, 13352, 13353, 13358, 13357, 13356, 13355, 13354, 13377]
LEFT_LOWER_MARGIN = [13360, 13361, 13362, 13378, 13367, 13368, 13370, 13372, 13373, 13374, 13366, 13379, 13375, 13376, 13377]


@dataclass
class Anchors:
    points: np.ndarray  # [V, 3] mean surface
    skin: np.ndarray  # [V] bool: skin and mouth bag, what soft tissue moves
    parts: np.ndarray  # [V]
    jaw: np.ndarray  # [V] blend weight of the jaw joint
    eyes: dict  # side → centre of the eyeball
    margins: dict  # side → (upper ids, lower ids), inner to outer corner
    corners: dict  # side → mouth corner
    mouth: np.ndarray  # middle of the lip line, on the front
    nose_base: float  # y under the nose
    chin: np.ndarray
    mirror: np.ndarray  # [V] nearest vertex across the midline


def mirror_map(points):
    flipped = points * [-1, 1, 1]
    return np.array([np.argmin(((points - p) ** 2).sum(1)) for p in flipped])


def find_anchors(points, base_points, surface, jaw, rows):
    parts = surface.vertex_parts()
    skin = parts <= PARTS.index('mouthBag')
    ids = np.nonzero(skin)[0]
    mirror = np.arange(len(points))
    mirror[ids] = ids[mirror_map(base_points[ids])]
    head_of = {int(r[0]): i for i, (r, w) in enumerate(zip(surface.references, surface.weights)) if w[0] == 1 and skin[i]}
    left = [np.array([head_of[i] for i in m]) for m in (LEFT_UPPER_MARGIN, LEFT_LOWER_MARGIN)]
    ring = np.intersect1d(surface.triangles[surface.parts == 0], surface.triangles[surface.parts == 1])
    corner = {'left': points[ring[np.argmax(points[ring, 0])]], 'right': points[ring[np.argmin(points[ring, 0])]]}
    middle = ids[np.abs(base_points[ids, 0]) < 0.002]
    front = middle[points[middle, 2] > np.quantile(points[middle, 2], 0.5)]
    # Walking down the midline: the nose base is the deepest point between nose tip and upper lip.
    tip = front[np.argmax(points[front, 2])]
    lips_y = (corner['left'][1] + corner['right'][1]) / 2
    under = front[(points[front, 1] < points[tip, 1]) & (points[front, 1] > lips_y + 0.004)]
    base = under[np.argmin(points[under, 2])]
    lip = front[np.argmin(np.abs(points[front, 1] - lips_y) + (points[front, 2] < points[front, 2].max() - 0.03))]
    chin = front[np.argmin(points[front, 1] + 10 * (points[front, 2] < points[tip, 2] - 0.03))]
    return Anchors(
        points=points,
        skin=skin,
        parts=parts,
        jaw=jaw,
        eyes={s: weight @ points[v] for s, (v, weight) in zip(('left', 'right'), rows[3:])},
        margins={'left': left, 'right': [mirror[m] for m in left]},
        corners=corner,
        mouth=np.array([0, lips_y, points[lip, 2]]),
        nose_base=float(points[base, 1]),
        chin=points[chin],
        mirror=mirror,
    )
