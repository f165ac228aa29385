"""Counts parameters from the code, at full scale, without allocating them."""
import torch

from .config import Size
from .model import Loki

#: Of the text, or of the picture in its place: what cross-attention reads.
CONTEXT_CHANNELS = 768
#: Published: Stable Diffusion 1.5's UNet and autoencoder, CLIP ViT-L/14's vision tower (docs/loki-pack.md has the sources).
PUBLISHED_UNET, PUBLISHED_VAE, PUBLISHED_CLIP_VISION = 859_520_964, 83_653_863, 303_179_776


class _Meta(torch.overrides.TorchFunctionMode):
    """What `with torch.device("meta")` is from PyTorch 2 on."""

    FACTORIES = {torch.empty, torch.zeros, torch.ones, torch.full, torch.arange, torch.rand, torch.randn, torch.tensor}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in self.FACTORIES:
            kwargs["device"] = "meta"
        return function(*args, **kwargs)


def full_scale():
    with _Meta():
        return Loki(Size())


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def cross_attention(model):
    """What the text's attention, which the backbone leaves out, has in Stable Diffusion 1.5."""
    total = 0
    for channels, _ in model.backbone.attention_shapes:
        query_and_out = 2 * channels * channels + channels
        total += query_and_out + 2 * CONTEXT_CHANNELS * channels + 2 * channels
    return total


def table():
    """[(part, parameters, trained)] of this model, and the arithmetic beside a two-tower model of the same scale."""
    model = full_scale()
    backbone, vae = count(model.backbone), count(model.vae)
    motion, driver, injections = count(model.motion), count(model.driver), count(model.injections)
    parts = [
        ("backbone, identity network and denoiser in one", backbone, False),
        ("motion modules", motion, True),
        ("driver stack", driver, True),
        ("injection of keys and values", injections, True),
        ("autoencoder", vae, False),
    ]
    ours = backbone + motion + driver + injections
    unet = backbone + cross_attention(model)
    towers = 2 * unet + motion
    return {
        "parts": parts,
        "trained": motion + driver + injections,
        "inference": ours + vae,
        "without_vae": ours,
        "unet_with_text": unet,
        "two_towers": towers,
        "two_towers_clip": towers + PUBLISHED_CLIP_VISION,
        "separate_copy": ours + backbone,
    }


def print_table():
    t = table()
    millions = lambda n: f"{n / 1e6:9.1f} M"
    for part, number, is_trained in t["parts"]:
        print(f"{part:52}{millions(number)}  {'trained' if is_trained else 'frozen'}")
    print(f"{'trained':52}{millions(t['trained'])}")
    print(f"{'inference':52}{millions(t['inference'])}")
    print(f"{'inference without autoencoder':52}{millions(t['without_vae'])}")
    print(f"{'two towers of SD 1.5 and motion':52}{millions(t['two_towers'])}  {saving(t['without_vae'], t['two_towers'])} fewer")
    print(f"{'the same and CLIP for the picture':52}{millions(t['two_towers_clip'])}  {saving(t['without_vae'], t['two_towers_clip'])} fewer")
    with_vae = t["two_towers_clip"] + count_vae(t)
    print(f"{'the same and the autoencoder':52}{millions(with_vae)}  {saving(t['inference'], with_vae)} fewer")


def count_vae(t):
    return t["inference"] - t["without_vae"]


def saving(ours, theirs):
    return f"{100 * (1 - ours / theirs):.1f} %"
