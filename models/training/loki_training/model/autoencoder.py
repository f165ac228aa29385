"""Conditional autoencoder: the latent holds only what the warped portrait does not tell."""
import torch
from torch import nn
from torch.nn import functional as F

from ..config import LATENT_CHANNELS
from .layers import PlainBlock, conv, patches


#: A new decoder adds a little to the warp and takes nothing away: sigmoid(-3) = 0.05 of it.
GATE_START = -3.0
#: Side of the squares of pixels that the decoder's last convolution makes at once.
PATCH = 4


def initialise(module):
    """He et al.'s initialisation: without normalisation torch's default would let a signal fade by six a layer."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.any():
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)


class Encoder(nn.Module):
    """(target, warp) [n, 3, 256, 256] -> latent [n, 8, 32, 32]. Used in training alone."""

    def __init__(self, size):
        super().__init__()
        fine, coarse = size.encoder
        self.target, self.warp = patches(fine), patches(fine)
        self.fine = PlainBlock(fine)
        self.down = conv(fine, coarse, stride=2)
        self.blocks = nn.ModuleList([PlainBlock(coarse), PlainBlock(coarse)])
        self.out = conv(coarse, LATENT_CHANNELS)
        initialise(self)

    def forward(self, target, warp):
        x = F.relu(self.target(target) + self.warp(warp))
        x = self.down(self.fine(x))
        for block in self.blocks:
            x = block(x)
        return self.out(x)


class Decoder(nn.Module):
    """(latent [n, 8, 32, 32], warp [n, 3, 256, 256]) -> (delta [n, 3, 256, 256], mask [n, 1, 256, 256]).

    delta = generated - warp = residual - gate * warp: where the gate is 0 the warp's own detail stays under a smooth
    change of shade, where it is 1 the picture is generated afresh.
    """

    def __init__(self, size):
        super().__init__()
        coarse, fine = size.decoder
        warp_fine = max(8, fine // 2)
        self.warp_fine = patches(warp_fine)
        self.warp_coarse = conv(warp_fine, coarse // 2, stride=2)
        self.enter = conv(LATENT_CHANNELS + coarse // 2, coarse)
        self.coarse = PlainBlock(coarse)
        self.up = conv(coarse, 4 * fine, 1)
        self.join = conv(fine + warp_fine, fine, 1)
        self.fine = PlainBlock(fine)
        self.out = conv(fine, 5 * PATCH**2, zero=True)
        initialise(self)
        with torch.no_grad():
            self.out.bias[3 * PATCH**2 : 4 * PATCH**2] = GATE_START

    def forward(self, latent, warp):
        warp_fine = F.relu(self.warp_fine(warp))
        x = F.pixel_shuffle(self.up(self.at_32(latent, warp_fine)), 2)
        x = self.fine(self.join(torch.cat((x, warp_fine), dim=1)))
        x = F.pixel_shuffle(self.out(x), PATCH)
        gate, mask = torch.sigmoid(x[:, 3:4]), torch.sigmoid(x[:, 4:5])
        return x[:, :3] - gate * warp, mask

    def at_32(self, latent, warp_fine):
        x = torch.cat((latent, F.relu(self.warp_coarse(warp_fine))), dim=1)
        return self.coarse(self.enter(x))


def composite(warp, delta, mask, fade=None):
    """The picture that viewers see, in -1..1."""
    if fade is not None:
        mask = mask * fade
    return (warp + mask * delta).clamp(-1, 1)
