"""Sizes of the networks. Resolutions are fixed by the contract with the runtime (docs/training.md)."""
from dataclasses import asdict, dataclass

WINDOW = 256  #: window pixels, the side of every picture that the networks see
MAP = 64  #: side of the raster
MAP_CHANNELS = 45  #: expression deformation (3) and positional encoding (42)
LATENT = 32  #: side of the latent
LATENT_CHANNELS = 8
HEAD_DIM = 64  #: width of every attention head
FRAMES = 16  #: length of the temporal window
MASKED_AGE = 16  #: age that means "not there"


@dataclass(frozen=True)
class Size:
    """Widths of one size of the generator; levels are 32², 16² and 8²."""

    name: str
    #: UNet channels at 32², 16², 8²
    channels: tuple
    #: residual blocks at 8²
    middle_blocks: int
    #: attention heads at 16² and 8² (0: no attention there)
    heads: tuple
    #: levels ("16", "8") with temporal attention
    temporal: tuple
    #: width of the driver stack at 64²
    driver: int
    #: decoder channels at 32² and 64²
    decoder: tuple
    #: encoder channels at 64² and 32²
    encoder: tuple

    def to_dict(self):
        return asdict(self)


TOY = Size("toy", (8, 16, 32), 1, (1, 1), ("16", "8"), 8, (8, 8), (8, 8))
NANO = Size("nano", (64, 128, 256), 2, (2, 4), ("8",), 48, (64, 40), (48, 64))
SIZES = {size.name: size for size in (TOY, NANO)}
