"""Positional encoding of points of the neutral surface, as src/reenact/raster/position-encoding.ts computes it.

For each axis x, y, z a block of sin(2^k u), cos(2^k u), k = 0..6 in that order, u = 8 rad/m times the coordinate
(Navard and Lim, "Loki", arXiv 2605.24176, Fig. 4).
"""
import torch

OCTAVES = 7
ENCODING_RAD_PER_M = 8


def driver_map(deformation, position, coverage):
    """deformation, position [n, 3, h, w] metres, coverage [n, 1, h, w] 0/1 -> driver map [n, 45, h, w].

    Zero where the head's surface covers nothing. Double angles as in the runtime: octave k errs by 2^k roundings, so the
    first octave is computed in the precision of `position` (give float32 or better).
    """
    n, _, height, width = position.shape
    sine = torch.sin(position * ENCODING_RAD_PER_M)
    cosine = torch.cos(position * ENCODING_RAD_PER_M)
    octaves = []
    for _ in range(OCTAVES):
        octaves.append(torch.stack((sine, cosine), dim=2))  # [n, 3, 2, h, w]
        sine, cosine = 2 * sine * cosine, 1 - 2 * sine * sine
    encoding = torch.stack(octaves, dim=2).reshape(n, 6 * OCTAVES, height, width)  # axis, octave, sin/cos
    return torch.cat((deformation, encoding), dim=1) * coverage
