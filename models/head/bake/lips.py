"""Closes the lips of every identity: a linear correction of the sampled people."""

import numpy as np

from posing import smoothstep

OVERLAP = 0.005  # dm
REACH = 0.1  # dm
STATIONS = 25


class LipSeam:
    """Vertical gap between the lips at stations along x, where the lips' edges cross planes x = const on the base mesh."""

    def __init__(self, points, jaw, triangles, parts):
        ring = np.intersect1d(triangles[parts == 0], triangles[parts == 1])
        half = np.abs(points[ring, 0]).max()
        lips = np.unique(triangles[parts <= 1])
        distance = np.full(len(points), np.inf)
        distance[lips] = np.array([np.linalg.norm(points[ring] - points[i], axis=1).min() for i in lips])
        soft = triangles[parts <= 1]
        edges = np.vstack([soft[:, [0, 1]], soft[:, [1, 2]], soft[:, [2, 0]]])
        edges = np.unique(np.sort(edges, 1), axis=0)
        edges = edges[(distance[edges] < 0.07).all(1)]
        self.stations = np.linspace(-0.975, 0.975, STATIONS) * half
        self.upper = self.crossings(points, edges[(jaw[edges] < 0.5).all(1)], lowest=True)
        self.lower = self.crossings(points, edges[(jaw[edges] >= 0.5).all(1)], lowest=False)
        fade = smoothstep((1.06 * half - np.abs(points[lips, 0])) / (0.08 * half))
        share = smoothstep(1 - distance[lips] / REACH) * fade
        self.vertices = lips[share > 0]
        self.share = share[share > 0]
        self.sign = np.where(jaw[self.vertices] < 0.5, -1.0, 1.0)
        x = np.clip(points[self.vertices, 0], self.stations[0], self.stations[-1])
        self.index = np.clip(np.searchsorted(self.stations, x) - 1, 0, STATIONS - 2)
        self.mix = (x - self.stations[self.index]) / (self.stations[1] - self.stations[0])

    def crossings(self, points, edges, lowest):
        """`(a [S], b [S], t [S])`: a station's point is (1 - t) a + t b."""
        rows = []
        ends = points[edges, 0]
        for x in self.stations:
            hit = (ends.min(1) <= x) & (ends.max(1) > x)
            a, b = edges[hit].T
            t = (x - points[a, 0]) / (points[b, 0] - points[a, 0])
            y = points[a, 1] * (1 - t) + points[b, 1] * t
            k = np.argmin(y) if lowest else np.argmax(y)
            rows.append((a[k], b[k], t[k]))
        a, b, t = zip(*rows)
        return np.array(a), np.array(b), np.array(t)

    def gaps(self, people):
        """`[people, stations]` in the unit of `people`; negative where the lips overlap."""

        def height(crossing):
            a, b, t = crossing
            return people[:, a, 1] * (1 - t) + people[:, b, 1] * t

        return height(self.upper) - height(self.lower)

    def close(self, people):
        """Moves both lips (dm), in place, until they overlap by OVERLAP."""
        excess = self.gaps(people) + OVERLAP
        at = excess[:, self.index] * (1 - self.mix) + excess[:, self.index + 1] * self.mix
        people[:, self.vertices, 1] += (at * self.sign * self.share / 2).astype(people.dtype)
