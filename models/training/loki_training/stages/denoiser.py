"""Stage 2: denoiser and identity encoder on single frames."""
import torch

from ..data import crop, first_people
from ..losses import decoded_loss
from ..schedule import add_noise, to_clean, velocity
from .base import CROP, Stage

#: Times of the 2- and 4-step schedules are multiples of one over this.
LONGEST_SCHEDULE = 4


def draw_times(count, first, device):
    """[count]: `first` times of 1, the others on the few-step schedule, a fifth of them anywhere."""
    times = torch.randint(1, LONGEST_SCHEDULE, (count,), device=device) / LONGEST_SCHEDULE
    anywhere = torch.rand(count, device=device)
    times = torch.where(torch.rand(count, device=device) < 0.2, anywhere, times)
    times[:first] = 1
    return times


class DenoiserStage(Stage):
    name, after, number = "denoiser", "autoencoder", 2
    PICTURE_WEIGHT = 2.0

    def parameter_groups(self):
        parameters = self.trainable(self.generator.denoiser, self.generator.identity)
        return [{"params": parameters, "lr": self.learning_rate(8e-4)}]

    def loss(self, batch, drawn):
        generator, n = self.generator, batch.target.shape[0]
        with torch.no_grad():
            z = generator.encode(batch.target, batch.warp)
        # Half of the people at t = 1, where one step must give the picture.
        first = (batch.people // 2 or 1) * batch.frames
        t = draw_times(n, first, self.device)
        eps = torch.randn_like(z)
        x = add_noise(z, eps, t)
        references = generator.identity(batch.portrait, batch.portrait_map)
        v, _ = generator.denoiser(x, t, batch.warp, batch.driver_map, batch.visibility, references)
        v_loss = (v - velocity(z, eps, t)).pow(2).mean()
        part, cut = crop(first_people(batch, first // batch.frames), CROP)
        picture_loss, _, figures = decoded_loss(generator.decode(cut(to_clean(x, v, t)[:first]), part.warp), part)
        return v_loss + self.PICTURE_WEIGHT * picture_loss, {"v": v_loss, **figures}
