"""Stable Diffusion's autoencoder (KL-f8), named as in diffusers."""
from torch import nn
from torch.nn import functional as F

from .config import LATENT_CHANNELS, LATENT_FACTOR
from .layers import Attention, Downsample2D, ResnetBlock2D, Upsample2D, attend, conv, fixed, norm

EPS = 1e-6


class MidAttention(Attention):
    """One head over all positions."""

    def __init__(self, channels):
        super().__init__(channels, bias=True)
        self.group_norm = norm(channels, EPS)

    def forward(self, x):
        _, channels, height, width = fixed(x)
        h = self.group_norm(x).reshape(-1, channels, height * width).transpose(1, 2)
        query, key, value = (to(h).unsqueeze(1) for to in (self.to_q, self.to_k, self.to_v))
        h = self.to_out[0](attend(query, key, value).squeeze(1))
        return x + h.transpose(1, 2).reshape(-1, channels, height, width)


class Level(nn.Module):
    def __init__(self, inputs, outputs, resnets, sampler, samplers):
        super().__init__()
        self.resnets = nn.ModuleList(
            [ResnetBlock2D(inputs if i == 0 else outputs, outputs, eps=EPS) for i in range(resnets)]
        )
        self.sampler = None if sampler is None else samplers
        if sampler is not None:
            setattr(self, samplers, nn.ModuleList([sampler]))

    def forward(self, x):
        for resnet in self.resnets:
            x = resnet(x)
        return x if self.sampler is None else getattr(self, self.sampler)[0](x)


class Middle(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock2D(channels, channels, eps=EPS) for _ in range(2)])
        self.attentions = nn.ModuleList([MidAttention(channels)])

    def forward(self, x):
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Encoder(nn.Module):
    def __init__(self, channels):
        super().__init__()
        last = len(channels) - 1
        self.conv_in = conv(3, channels[0])
        self.down_blocks = nn.ModuleList(
            Level(
                channels[max(0, i - 1)],
                outputs,
                2,
                Downsample2D(outputs, asymmetric=True) if i < last else None,
                "downsamplers",
            )
            for i, outputs in enumerate(channels)
        )
        self.mid_block = Middle(channels[-1])
        self.conv_norm_out, self.conv_out = norm(channels[-1], EPS), conv(channels[-1], 2 * LATENT_CHANNELS)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    def __init__(self, channels):
        super().__init__()
        widths, last = channels[::-1], len(channels) - 1
        self.conv_in = conv(LATENT_CHANNELS, widths[0])
        self.mid_block = Middle(widths[0])
        self.up_blocks = nn.ModuleList(
            Level(widths[max(0, i - 1)], outputs, 3, Upsample2D(outputs) if i < last else None, "upsamplers")
            for i, outputs in enumerate(widths)
        )
        self.conv_norm_out, self.conv_out = norm(widths[-1], EPS), conv(widths[-1], 3)

    def forward(self, x):
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.encoder, self.decoder = Encoder(size.vae_channels), Decoder(size.vae_channels)
        self.quant_conv = conv(2 * LATENT_CHANNELS, 2 * LATENT_CHANNELS, 1)
        self.post_quant_conv = conv(LATENT_CHANNELS, LATENT_CHANNELS, 1)

    def encode(self, picture):
        """Picture [n, 3, 8s, 8s] in −1..1 -> the mean of its latent [n, 4, s, s], of standard deviation 1."""
        return self.quant_conv(self.encoder(picture))[:, :LATENT_CHANNELS] * LATENT_FACTOR

    def decode(self, latent):
        return F.hardtanh(self.decoder(self.post_quant_conv(latent / LATENT_FACTOR)))
