"""Closes the lips of every identity: a linear correction of the sampled people."""

import numpy as np

from posing import smoothstep

OVERLAP = 0.004  # dm
SPREAD = 0.1  # dm


class LipSeam:
    """Vertical gap between the lips along x, from the vertices that touch on the base mesh."""

    def __init__(self, points, jaw, triangles, parts):
        ring = np.intersect1d(triangles[parts == 0], triangles[parts == 1])
        corners = ring[np.argmin(points[ring, 0])], ring[np.argmax(points[ring, 0])]
        half = abs(points[corners[1], 0])
        lips = np.unique(triangles[parts <= 1])
        distance = np.array([np.linalg.norm(points[ring] - points[i], axis=1).min() for i in lips])
        near = lips[distance < 0.06]
        self.stations = np.linspace(-0.96, 0.96, 17) * half
        self.upper, self.lower = [], []
        for x in self.stations:
            column = near[np.abs(points[near, 0] - x) < 0.025]
            above, below = column[jaw[column] < 0.5], column[jaw[column] >= 0.5]
            self.upper.append(above[np.argmin(points[above, 1])])
            self.lower.append(below[np.argmax(points[below, 1])])
        fade = smoothstep((1.06 * half - np.abs(points[lips, 0])) / (0.1 * half))
        share = smoothstep(1 - distance / SPREAD) * fade
        self.vertices = lips[share > 0]
        self.share = share[share > 0]
        self.sign = np.where(jaw[self.vertices] < 0.5, -1.0, 1.0)
        # Linear interpolation of the stations' gaps at each vertex.
        x = np.clip(points[self.vertices, 0], self.stations[0], self.stations[-1])
        self.index = np.clip(np.searchsorted(self.stations, x) - 1, 0, len(self.stations) - 2)
        self.mix = (x - self.stations[self.index]) / (self.stations[1] - self.stations[0])

    def gaps(self, people):
        """`[people, stations]` dm; negative where the lips overlap."""
        return people[:, self.upper, 1] - people[:, self.lower, 1]

    def close(self, people):
        """Moves both lips, in place, until they overlap by OVERLAP."""
        excess = self.gaps(people) + OVERLAP
        at = excess[:, self.index] * (1 - self.mix) + excess[:, self.index + 1] * self.mix
        people[:, self.vertices, 1] += (at * self.sign * self.share / 2).astype(people.dtype)
