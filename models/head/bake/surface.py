"""The head's surface as combinations of base vertices, so that every target reaches it by the same three-row sum."""

from dataclasses import dataclass

import numpy as np

from decimate import collapse
from source import Mesh, Proxy, Source

PARTS = ['skin', 'mouthBag', 'eyeLeft', 'eyeRight', 'teethUpper', 'teethLower', 'tongue', 'lashes']

BODY_VERTICES = 13380


def border_height(points):
    """Height above the lower border, dm: a bust edge that dips at the breastbone and rises over the shoulders."""
    return points[..., 1] - 5.42 - 0.16 * points[..., 0] ** 2


@dataclass
class Surface:
    references: np.ndarray  # [V, 3] base vertices
    weights: np.ndarray  # [V, 3], rows sum to 1
    offsets: np.ndarray  # [V, 3] dm, constant
    triangles: np.ndarray  # [F, 3]
    parts: np.ndarray  # [F] index into PARTS
    uv: np.ndarray  # [F, 3, 2]

    def linear(self, field):
        """`[V, 3]` of a displacement field over the base vertices `[19158, 3]`."""
        return np.einsum('vk,vkc->vc', self.weights, field[self.references])

    def place(self, base):
        """`[V, 3]` positions for base vertices `[19158, 3]`."""
        return self.linear(base) + self.offsets

    def vertex_parts(self):
        """`[V]` part of each vertex; parts share no vertex but skin and mouth bag, where skin wins."""
        parts = np.full(len(self.references), len(PARTS))
        for k in range(3):
            np.minimum.at(parts, self.triangles[:, k], self.parts)
        return parts

    def lashes(self):
        """`[V]` bool."""
        out = np.zeros(len(self.references), bool)
        out[self.triangles[self.parts == PARTS.index('lashes')]] = True
        return out


def components(count, faces):
    """`[count]` label of the connected component of each vertex."""
    parent = list(range(count))

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for face in faces:
        for j in face[1:]:
            parent[root(j)] = root(face[0])
    return np.array([root(i) for i in range(count)])


def clip(base: Mesh, triangles, uv, height):
    """Keeps the side where `height` [19158] is positive; new vertices are pairs of base vertices, rows `(a, b, t)`."""
    cuts, rows = {}, []

    def cut(i, j):
        key = (min(i, j), max(i, j))
        if key not in cuts:
            a, b = key
            cuts[key] = len(base.vertices) + len(rows)
            rows.append((a, b, height[a] / (height[a] - height[b])))
        return cuts[key]

    out, out_uv = [], []
    for t, corner in zip(triangles, uv):
        ring, ring_uv = [], []
        for k in range(3):
            i, j = t[k], t[(k + 1) % 3]
            if height[i] >= 0:
                ring.append(i)
                ring_uv.append(corner[k])
            if (height[i] >= 0) != (height[j] >= 0):
                s = height[i] / (height[i] - height[j])
                ring.append(cut(i, j))
                ring_uv.append(corner[k] * (1 - s) + corner[(k + 1) % 3] * s)
        for k in range(1, len(ring) - 1):
            out.append((ring[0], ring[k], ring[k + 1]))
            out_uv.append((ring_uv[0], ring_uv[k], ring_uv[k + 1]))
    return np.array(out), np.array(out_uv), rows


def main_component(triangles, seed):
    labels = components(triangles.max() + 1, triangles)
    return labels[triangles[:, 0]] == labels[seed]


class Builder:
    def __init__(self):
        self.rows, self.triangles, self.parts, self.uv = [], [], [], []
        self.count = 0

    def add(self, references, weights, offsets, triangles, parts, uv):
        used = np.unique(triangles)
        lookup = np.full(len(references), -1)
        lookup[used] = np.arange(len(used)) + self.count
        self.rows.append((references[used], weights[used], offsets[used]))
        self.triangles.append(lookup[triangles])
        self.parts.append(np.broadcast_to(parts, len(triangles)))
        self.uv.append(uv)
        self.count += len(used)

    def add_proxy(self, proxy: Proxy, triangles, part, uv):
        self.add(proxy.references, proxy.weights, proxy.offsets, triangles, PARTS.index(part), uv)

    def surface(self):
        references, weights, offsets = (np.concatenate(column) for column in zip(*self.rows))
        return Surface(references, weights, offsets, np.concatenate(self.triangles), np.concatenate(self.parts), np.concatenate(self.uv))


def add_skin(builder, source):
    base = source.base
    triangles, uv = base.triangles(base.face_groups == base.groups.index('body'))
    triangles, uv, cuts = clip(base, triangles, uv, border_height(base.vertices))
    top = int(np.argmax(base.vertices[:BODY_VERTICES, 1]))
    keep = main_component(triangles, top)
    triangles, uv = triangles[keep], uv[keep]
    count = len(base.vertices)
    references = np.repeat(np.arange(count)[:, None], 3, 1)
    weights = np.tile([1.0, 0, 0], (count, 1))
    if cuts:
        a, b, t = (np.array(c) for c in zip(*cuts))
        references = np.vstack([references, np.stack([a, b, a], 1)])
        weights = np.vstack([weights, np.stack([1 - t, t, np.zeros(len(t))], 1)])
    bag = ((uv[..., 0] > 0.74) & (uv[..., 1] < 0.15)).all(1)
    builder.add(references, weights, np.zeros((len(references), 3)), triangles, bag * PARTS.index('mouthBag'), uv)


def add_eyes(builder, source, base_vertices):
    proxy = source.proxy('eyes', 'HighPolyEyes')
    triangles, uv = proxy.mesh.triangles()
    # Each eye is a cornea shell and an inner ball; the shells alone use the texture's lower right corner.
    shell = (uv[..., 0] > 0.85).all(1) & (uv[..., 1] < 0.13).all(1)
    triangles, uv = triangles[~shell], uv[~shell]
    x = (proxy.weights[:, :, None] * base_vertices[proxy.references]).sum(1)[:, 0]
    left = x[triangles].mean(1) > 0
    builder.add_proxy(proxy, triangles[left], 'eyeLeft', uv[left])
    builder.add_proxy(proxy, triangles[~left], 'eyeRight', uv[~left])


def add_teeth(builder, source, base_vertices):
    proxy = source.proxy('teeth', 'Teeth_Base')
    position = (proxy.weights[:, :, None] * base_vertices[proxy.references]).sum(1) + proxy.offsets
    labels = components(len(position), proxy.mesh.faces)
    triangles, uv = proxy.mesh.triangles()
    # The teeth of the assets stand a little high behind the lips: lower them, so that speech shows the upper incisors.
    drop = {'teethUpper': np.array([0, -0.035, 0.01]), 'teethLower': np.array([0, -0.024, 0.0])}
    for label in np.unique(labels[triangles[:, 0]]):
        mine = labels[triangles[:, 0]] == label
        middle = position[np.unique(triangles[mine])].mean(0)
        gums = mine.sum() > 1000
        t, c = collapse(position, triangles[mine], uv[mine], 280 if gums else 26)
        if gums:
            upper = position[t][:, :, 1].mean(1) > 6.65 + 0.12 * (1.2 - position[t][:, :, 2].mean(1))
        else:
            upper = np.full(len(t), middle[1] > 6.625 + 0.14 * (1.4 - middle[2]))
        for part, sel in (('teethUpper', upper), ('teethLower', ~upper)):
            if sel.any():
                builder.add(proxy.references, proxy.weights, proxy.offsets + drop[part], t[sel], PARTS.index(part), c[sel])


def add_lashes(builder, source, base_vertices):
    """Lashes ride on the nearest skin vertex: the helper vertices that they refer to follow some targets wrongly."""
    proxy = source.proxy('eyelashes', 'eyelashes02')
    position = (proxy.weights[:, :, None] * base_vertices[proxy.references]).sum(1) + proxy.offsets
    body = base_vertices[:BODY_VERTICES]
    nearest = np.array([np.argmin(((body - p) ** 2).sum(1)) for p in position])
    triangles, uv = proxy.mesh.triangles()
    builder.add(
        np.repeat(nearest[:, None], 3, 1),
        np.tile([1.0, 0, 0], (len(nearest), 1)),
        position - body[nearest],
        triangles,
        PARTS.index('lashes'),
        uv,
    )


def build_surface(source: Source) -> Surface:
    builder, base = Builder(), source.base.vertices
    add_skin(builder, source)
    add_eyes(builder, source, base)
    add_teeth(builder, source, base)
    proxy = source.proxy('tongue', 'tongue01')
    triangles, uv = proxy.mesh.triangles()
    lowered = proxy.offsets + np.array([0, -0.02, 0.0])
    builder.add(proxy.references, proxy.weights, lowered, triangles, PARTS.index('tongue'), uv)
    add_lashes(builder, source, base)
    return builder.surface()
