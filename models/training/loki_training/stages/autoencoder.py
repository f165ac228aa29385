"""Stage 1: encoder and decoder. The latent learns to hold what the warp does not tell."""
import torch

from ..data import make_batch
from ..losses import decoded_loss
from ..people import training_people
from .base import Stage

#: Noise on the latent, in its own standard deviations: the decoder must bear the denoiser's errors.
LATENT_NOISE = 0.15
#: Keeps the latent near unit size.
NORM_WEIGHT = 1e-3
STATISTICS_FRAMES = 256


def mask_force(progress):
    """How far the mask is in force: not at all in the first quarter, wholly from the half on.

    A decoder that still paints badly would teach its mask to shut for good (seen: all of it at 0 within 60 steps).
    """
    return min(1.0, max(0.0, 4 * progress - 1))


class AutoencoderStage(Stage):
    name, number = "autoencoder", 1
    cropped = True
    measured = ("latent_mean", "latent_std")

    def parameter_groups(self):
        parameters = self.trainable(self.generator.encoder, self.generator.decoder)
        return [{"params": parameters, "lr": self.learning_rate(1e-3)}]

    def draw(self, progress):
        return {"mask_force": torch.full((), mask_force(progress), device=self.device)}

    def loss(self, batch, drawn):
        z = self.generator.encoder(batch.target, batch.warp)
        spread = z.detach().std(dim=(0, 2, 3), keepdim=True)
        noisy = z + LATENT_NOISE * spread * torch.randn_like(z)
        loss, _, figures = decoded_loss(self.generator.decoder(noisy, batch.warp), batch, drawn["mask_force"])
        return loss + NORM_WEIGHT * z.pow(2).mean(), figures

    @torch.no_grad()
    def finish(self):
        """Mean and deviation of the latent a channel, over training frames without augmentation."""
        people = training_people(self.options.data, self.device)
        each = max(1, STATISTICS_FRAMES // len(people))
        latents = []
        for person in people[:STATISTICS_FRAMES]:
            batch = make_batch([(person, range(0, person.frames, max(1, person.frames // each)))])
            latents.append(self.generator.encoder(batch.target, batch.warp))
        z = torch.cat(latents)
        self.generator.latent_mean.copy_(z.mean(dim=(0, 2, 3), keepdim=True))
        self.generator.latent_std.copy_(z.std(dim=(0, 2, 3), keepdim=True).clamp(min=1e-3))
