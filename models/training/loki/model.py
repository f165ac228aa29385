"""The whole model: frozen backbone and autoencoder; trained are motion, driver stack and the injection of identity."""
import torch
from torch import nn
from torch.nn import functional as F

from .config import MAP_CHANNELS, MAP_SIDE
from .layers import attend, conv, fixed, split_heads
from .motion import ATTENTIONS, MotionModule
from .unet import Context, UNet2D
from .vae import Autoencoder

#: What a driver map's channels are filled up to in exported graphs.
ALIGNED_CHANNELS = 48


class DriverStack(nn.Module):
    """Driver map [n, 45, 64, 64] -> what is added behind the backbone's first convolution; zero at the start."""

    def __init__(self, size):
        super().__init__()
        self.stride = MAP_SIDE // size.latent_side
        widths = [MAP_CHANNELS, *size.driver_channels]
        self.layers = nn.ModuleList(conv(a, b) for a, b in zip(widths, widths[1:]))
        self.out = conv(widths[-1], size.channels[0])
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x):
        x = F.avg_pool2d(x, self.stride) if self.stride > 1 else x
        first, *others = self.layers
        x = F.silu(self.of_48(x, first) if torch.onnx.is_in_onnx_export() else first(x))
        for layer in others:
            x = F.silu(layer(x))
        return self.out(x)

    @staticmethod
    def of_48(x, layer):
        """The same with three channels of zeros behind the 45: ONNX Runtime 1.30's webgpu provider computes a convolution from
        45 (or 9) channels to a multiple of four wrongly, from 44, 46, 47 or 48 rightly."""
        wide = lambda y: torch.cat((y, y[:, : ALIGNED_CHANNELS - MAP_CHANNELS] * 0), dim=1)
        return F.conv2d(wide(x), wide(layer.weight), layer.bias, padding=layer.padding)


class Injection(nn.Module):
    """Projects the identity network's features of one layer to the keys and values that the denoiser's attention gets."""

    def __init__(self, channels):
        super().__init__()
        self.to_k, self.to_v = (nn.Linear(channels, channels, bias=False) for _ in range(2))

    def forward(self, x):
        return split_heads(self.to_k(x)), split_heads(self.to_v(x))


class CollectIdentity(Context):
    """The backbone looks at the portrait; each attention layer's input becomes keys and values."""

    def __init__(self, injections):
        self.injections, self.pairs = injections, {}

    def spatial(self, layer, x, query, key, value):
        self.pairs[layer] = self.injections[layer](x)
        return attend(query, key, value)


class Denoise(Context):
    """Reference keys and values join each frame's own in one softmax; motion modules see the frames of the window."""

    def __init__(self, motion, references, caches, age):
        self.motion, self.references, self.caches = motion, references, caches
        self.age, self.frames = age, age.shape[0]
        self.new = {}

    def spatial(self, layer, x, query, key, value):
        reference = (
            y.unsqueeze(1).expand(-1, self.frames, -1, -1, -1).reshape(-1, *fixed(y)[1:])
            for y in self.references[layer]
        )
        key, value = (torch.cat(pair, dim=2) for pair in zip((key, value), reference))
        return attend(query, key, value)

    def temporal(self, module, x):
        first = module * ATTENTIONS
        x, new = self.motion[module](x, self.caches[first : first + ATTENTIONS], self.age, self.frames)
        self.new.update({first + i: pair for i, pair in enumerate(new)})
        return x


class Loki(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.backbone, self.vae = UNet2D(size), Autoencoder(size)
        self.driver = DriverStack(size)
        self.injections = nn.ModuleList(Injection(channels) for channels, _ in self.backbone.attention_shapes)
        self.motion = nn.ModuleList(MotionModule(channels) for channels, _ in self.backbone.motion_shapes)
        self.backbone.requires_grad_(False)
        self.vae.requires_grad_(False)

    def start_injection(self):
        """From the backbone's own projections, so that before any training the reference is read as a frame is."""
        attentions = {
            module.layer: module.transformer_blocks[0].attn1
            for module in self.backbone.modules()
            if hasattr(module, "transformer_blocks")
        }
        with torch.no_grad():
            for layer, injection in enumerate(self.injections):
                injection.to_k.weight.copy_(attentions[layer].to_k.weight)
                injection.to_v.weight.copy_(attentions[layer].to_v.weight)

    def identity(self, portrait, portrait_map):
        """Portrait [1, 3, 512, 512] −1..1 and its driver map -> [(key, value)] a spatial attention layer."""
        context = CollectIdentity(self.injections)
        latent = self.vae.encode(portrait)
        clean = torch.zeros(latent.shape[0], device=latent.device, dtype=latent.dtype)
        self.backbone(latent, clean, self.driver(portrait_map), context)
        return [context.pairs[layer] for layer in range(len(self.injections))]

    def denoise(self, latent, timestep, driver_map, references, caches, age):
        """-> v [B*F, 4, s, s] and the new frames' [(key, value)] a temporal attention, each [B, positions, heads, F, dim]."""
        context = Denoise(self.motion, references, caches, age)
        v = self.backbone(latent, timestep, self.driver(driver_map), context)
        return v, [context.new[i] for i in range(len(context.new))]

    def decode(self, latent):
        return self.vae.decode(latent)
