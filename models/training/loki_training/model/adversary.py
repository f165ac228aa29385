"""Tells what the generator paints from the truth, patch by patch. Used in training alone."""
import torch
from torch import nn
from torch.nn import functional as F

#: A picture, the one before it and the warp.
INPUTS = 9
WIDTHS = (32, 64, 128)
SLOPE = 0.2


class Adversary(nn.Module):
    """[n, 9, h, w] -> (logits [n, 1, h / 8, w / 8], features), a score for patches of about 40 pixels.

    Weights are divided by their spectral norm (Miyato et al., arXiv 1802.05957), one power iteration a step.
    """

    def __init__(self):
        super().__init__()
        ends = zip((INPUTS, *WIDTHS), WIDTHS)
        self.layers = nn.ModuleList([nn.Conv2d(a, b, 4, 2, 1) for a, b in ends])
        self.layers.append(nn.Conv2d(WIDTHS[-1], WIDTHS[-1], 3, 1, 1))
        self.layers.append(nn.Conv2d(WIDTHS[-1], 1, 3, 1, 1))
        for i, layer in enumerate(self.layers):
            self.register_buffer(f"u{i}", F.normalize(torch.randn(layer.weight.shape[0]), dim=0))

    def weights(self):
        """The layers' weights for one step."""
        out = []
        for i, layer in enumerate(self.layers):
            matrix, u = layer.weight.flatten(1).float(), getattr(self, f"u{i}")
            with torch.no_grad():
                v = F.normalize(matrix.t() @ u, dim=0)
                after = F.normalize(matrix @ v, dim=0)
                u.copy_(after)
            out.append(layer.weight / (after @ (matrix @ v)))
        return out

    def forward(self, x, weights, frozen=False):
        """`frozen`: gradients reach x, not the weights."""
        features = []
        for i, (layer, weight) in enumerate(zip(self.layers, weights)):
            bias = layer.bias
            if frozen:
                weight, bias = weight.detach(), bias.detach()
            x = F.conv2d(x, weight, bias, layer.stride, layer.padding)
            if i < len(self.layers) - 1:
                x = F.leaky_relu(x, SLOPE)
                features.append(x)
        return x.float(), features
