"""Lid units: the lids turn about the eyeball's centre, so that they pass over the ball and never through it."""

import numpy as np

from anchors import Anchors
from posing import smooth, smoothstep

# Where the lids meet, as a fraction of the opening above the lower margin: the upper lid does most of the way.
MEETING = 0.1
OVERLAP_RAD = 0.02
# A linear unit takes the chord of the arc: lifting the closed lid keeps the half-closed one outside the ball.
LIFT_M = 0.0008
UPPER_REACH_RAD, LOWER_REACH_RAD, INNER_REACH_RAD = 0.3, 0.36, 0.9


class Lids:
    """One eye's lids in polar coordinates about the axis through the eyeball's centre that runs along x."""

    def __init__(self, anchors: Anchors, side, triangles, roots):
        self.centre = anchors.eyes[side]
        local = anchors.points - self.centre
        self.phi = np.arctan2(local[:, 1], local[:, 2])
        self.rho = np.hypot(local[:, 1], local[:, 2])
        out = 1 if side == 'left' else -1
        self.x = local[:, 0] * out
        upper, lower = anchors.margins[side]
        self.high, rim = self.along(upper)
        self.low, _ = self.along(lower)
        self.opening = self.high - self.low
        self.near = anchors.skin & (np.linalg.norm(local, axis=1) < 0.03) & (local[:, 2] > 0)
        inner = smoothstep((rim - self.rho) / 0.002)
        upper_reach = UPPER_REACH_RAD * (1 - inner) + INNER_REACH_RAD * inner
        lower_reach = LOWER_REACH_RAD * (1 - inner) + INNER_REACH_RAD * inner
        self.is_upper = self.phi > (self.high + self.low) / 2
        fade_up = 1 - smoothstep((self.phi - self.high) / upper_reach - 0.04)
        fade_down = 1 - smoothstep((self.low - self.phi) / lower_reach - 0.04)
        self.upper = np.where(self.near & self.is_upper, fade_up, 0.0)
        self.lower = np.where(self.near & ~self.is_upper, fade_down, 0.0)
        self.outer = 1 - inner
        # The fold above and below the lids takes up the motion evenly; the lids proper keep theirs.
        for field in (self.upper, self.lower):
            even = smooth(field, triangles, 3)
            fold = self.near & (self.outer > 0.5) & (field < 0.85)
            field[fold] = even[fold]
        # Lashes turn with the skin that they stand on.
        for lash, root in roots:
            if self.near[root]:
                for field in (self.upper, self.lower, self.outer, self.opening):
                    field[lash] = field[root]

    def along(self, margin):
        """Margin's angle and radius interpolated at every vertex's x."""
        order = np.argsort(self.x[margin], kind='stable')
        ids = margin[order]
        return np.interp(self.x, self.x[ids], self.phi[ids]), np.interp(self.x, self.x[ids], self.rho[ids])

    def turn(self, angle, lift):
        """`[V, 3]` displacement for a turn by `angle` [V] (up is positive) and a lift off the ball of `lift` [V] metres."""
        phi, rho = self.phi + angle, self.rho + lift
        out = np.zeros((len(phi), 3))
        out[:, 1] = rho * np.sin(phi) - self.rho * np.sin(self.phi)
        out[:, 2] = rho * np.cos(phi) - self.rho * np.cos(self.phi)
        return out

    def close(self):
        down = -self.upper * (self.opening * (1 - MEETING) + OVERLAP_RAD * np.minimum(1, self.opening / 0.15))
        up = self.lower * (self.opening * MEETING + OVERLAP_RAD * np.minimum(1, self.opening / 0.15))
        lift = LIFT_M * self.upper * self.outer * np.minimum(1, self.opening / 0.4)
        return self.turn(down + up, lift)

    def lower_lid(self, fraction):
        """Lower lid raised by a fraction of the opening, or lowered."""
        angle = self.lower * self.opening * fraction
        return self.turn(angle, 0.3 * LIFT_M * np.abs(angle) / 0.2 * self.outer)

    def gaze_share(self):
        """`[V]` how far the lids ride along with the eyeball."""
        corner = smoothstep(self.opening / 0.3)
        return (0.22 * self.upper + 0.15 * self.lower) * corner
