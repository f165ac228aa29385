"""Stage 3: clips with causal ages. The motion layers learn, the rest follows gently."""
import torch

from ..config import FRAMES, MASKED_AGE
from ..data import crop
from ..losses import decoded_loss, motion_loss
from ..model.generator import causal_ages
from ..schedule import add_noise, coherent_noise, to_clean, velocity
from ..export import NOISE_COHERENCE
from .base import CROP, Stage
from .denoiser import draw_times


def random_ages(frames, generator=None):
    """Causal ages of a clip, with memory as a stream may have it: short, or with frames missing."""
    age = causal_ages(frames)
    longest = int(torch.randint(1, frames + 1, (1,), generator=generator)) if torch.rand(1, generator=generator) < 0.3 else frames
    age[age >= longest] = MASKED_AGE
    if torch.rand(1, generator=generator) < 0.3:
        lost = torch.rand(age.shape, generator=generator) < 0.3
        lost.fill_diagonal_(False)
        age[lost] = MASKED_AGE
    return age


class TemporalStage(Stage):
    name, after, number = "temporal", "denoiser", 3
    batch, gpu_batch, clips = (2, 8), (16, FRAMES), True
    PICTURE_WEIGHT, MOTION_WEIGHT = 2.0, 1.0

    def parameter_groups(self):
        denoiser = self.generator.denoiser
        motion = self.trainable(denoiser.temporal)
        chosen = {id(parameter) for parameter in motion}
        rest = [p for p in self.trainable(denoiser, self.generator.identity) if id(p) not in chosen]
        rate = self.learning_rate(5e-4)
        return [{"params": motion, "lr": rate}, {"params": rest, "lr": 0.3 * rate}]

    def draw(self, progress):
        return {"age": random_ages(self.frames).to(self.device, non_blocking=True)}

    def loss(self, batch, drawn):
        generator, people, frames = self.generator, batch.people, batch.frames
        with torch.no_grad():
            z = generator.encode(batch.target, batch.warp)
        # One time a person: all frames of its window are at the same step, as in a stream.
        first = (people + 1) // 2
        t = draw_times(people, first, self.device).repeat_interleave(frames)
        eps = coherent_noise(people, frames, NOISE_COHERENCE, device=self.device)
        x = add_noise(z, eps, t)
        references = generator.identity(batch.portrait, batch.portrait_map)
        caches = generator.empty_caches(people, 0, self.device)
        v, _ = generator.denoiser(x, t, batch.warp, batch.driver_map, batch.visibility, references, caches, drawn["age"])
        v_loss = (v - velocity(z, eps, t)).pow(2).mean()
        part, cut = crop(batch, CROP)
        loss, picture, figures = decoded_loss(generator.decode(cut(to_clean(x, v, t)), part.warp), part)
        motion = motion_loss(picture, part.target, frames)
        total = v_loss + self.PICTURE_WEIGHT * loss + self.MOTION_WEIGHT * motion
        return total, {"v": v_loss, "motion": motion, **figures}
