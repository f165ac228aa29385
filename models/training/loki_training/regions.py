"""Where mouth and eyes are, by the neutral head's surface."""
import torch

#: Places on the open head (models/head), centre and radii in metres: between the lips; between the lids.
MOUTH = ((0.0, -0.055), (0.038, 0.03))
EYES = ((0.031, 0.019), (0.024, 0.018))


def region(position, coverage, centre, radii):
    """Soft ellipse around a place of the neutral head: [n, 1, h, w]. `centre`, `radii`: x and y in metres; x counts as
    distance from the middle, so that one call marks both eyes."""
    x = (position[:, 0:1].abs() - centre[0]) / radii[0]
    y = (position[:, 1:2] - centre[1]) / radii[1]
    front = (position[:, 2:3] > 0.01).float()
    return torch.exp(-((x * x + y * y) ** 2)) * front * coverage
