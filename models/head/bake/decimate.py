"""Half-edge collapse by quadric error (Garland and Heckbert, SIGGRAPH 1997): what is left is a subset of the vertices."""

import numpy as np


def plane_quadrics(vertices, triangles):
    """`[V, 4, 4]` sums of the squared-distance quadrics of the triangles around each vertex, weighted by area."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = normal / np.maximum(area, 1e-12)
    plane = np.hstack([normal, -(normal * a).sum(1, keepdims=True)])
    quadric = plane[:, :, None] * plane[:, None, :] * area[:, :, None]
    out = np.zeros((len(vertices), 4, 4))
    for k in range(3):
        np.add.at(out, triangles[:, k], quadric)
    return out


def collapse(vertices, triangles, uv, keep):
    """Collapses until `keep` vertices are left: `(triangles [F', 3], uv [F', 3, 2])`, indices into `vertices`."""
    triangles, uv = triangles.copy(), uv.copy()
    quadrics = plane_quadrics(vertices, triangles)
    count = len(np.unique(triangles))
    while count > keep:
        edges = np.unique(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=0)
        both = np.vstack([edges, edges[:, ::-1]])
        both = np.unique(both, axis=0)
        target = np.hstack([vertices[both[:, 1]], np.ones((len(both), 1))])
        quadric = quadrics[both[:, 0]] + quadrics[both[:, 1]]
        length = np.linalg.norm(vertices[both[:, 0]] - vertices[both[:, 1]], axis=1)
        cost = np.einsum('ei,eij,ej->e', target, quadric, target) + 1e-9 * length
        for e in np.argsort(cost, kind='stable'):
            gone, stays = both[e]
            moved = np.where(triangles == gone, stays, triangles)
            touched = (triangles == gone).any(1)
            solid = (moved[:, 0] != moved[:, 1]) & (moved[:, 1] != moved[:, 2]) & (moved[:, 0] != moved[:, 2])
            check = touched & solid
            if not flips(vertices, triangles[check], moved[check]):
                break
        known = uv[triangles == stays]
        for t, k in zip(*np.nonzero(triangles == gone)):
            uv[t, k] = known[np.argmin(((known - uv[t, k]) ** 2).sum(1))]
        triangles, uv = moved[solid], uv[solid]
        quadrics[stays] += quadrics[gone]
        count -= 1
    return triangles, uv


def flips(vertices, before, after):
    def normals(t):
        return np.cross(vertices[t[:, 1]] - vertices[t[:, 0]], vertices[t[:, 2]] - vertices[t[:, 0]])

    return ((normals(before) * normals(after)).sum(1) <= 0).any()
