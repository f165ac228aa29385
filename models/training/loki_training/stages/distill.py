"""Stage 4: one and two steps follow the teacher's longer run and the truth; the decoder is tuned along."""
import torch

from ..config import FRAMES
from ..data import crop
from ..losses import decoded_loss, motion_loss
from ..model.generator import causal_ages
from ..schedule import add_noise, coherent_noise, ddim, to_clean, to_noise
from ..export import NOISE_COHERENCE
from .base import CROP, Stage

TEACHER_STEPS = 4


class DistillStage(Stage):
    """The teacher is the stage before, frozen. The student starts as its copy."""

    name, after, number = "distill", "temporal", 4
    batch, gpu_batch, clips = (2, 8), (8, FRAMES), True
    recordable = False
    TEACHER_WEIGHT, PICTURE_WEIGHT, MOTION_WEIGHT = 0.5, 2.0, 1.0

    def __init__(self, generator, device, options):
        super().__init__(generator, device, options)
        # Resuming loads the student over the generator; the teacher stays the stage before's.
        from ..checkpoint import load_generator

        self.teacher = load_generator(options.run, self.after)[0].to(device).to(memory_format=torch.channels_last)
        for parameter in self.teacher.parameters():
            parameter.requires_grad_(False)

    def parameter_groups(self):
        generator, rate = self.generator, self.learning_rate(3e-4)
        network = self.trainable(generator.denoiser, generator.identity)
        return [{"params": network, "lr": rate}, {"params": self.trainable(generator.decoder), "lr": rate}]

    def loss(self, batch, drawn):
        generator, people, frames = self.generator, batch.people, batch.frames
        eps = coherent_noise(people, frames, NOISE_COHERENCE, device=self.device)
        age = causal_ages(frames).to(self.device)
        caches = generator.empty_caches(people, 0, self.device)
        part = torch.rand(1)
        with torch.no_grad():
            # A share sees the times that four steps alone have, from the truth as before, lest they be forgotten.
            wanted = generator.encode(batch.target, batch.warp) if part < 0.15 else self.teach(batch, eps, caches, age)
        references = generator.identity(batch.portrait, batch.portrait_map)
        student = lambda x, t, _=0: generator.denoiser(
            x, t, batch.warp, batch.driver_map, batch.visibility, references, caches, age
        )[0]
        x, t = eps, torch.ones(people * frames, device=self.device)
        if part < 0.15:
            t = torch.full_like(t, 0.75 if part < 0.075 else 0.25)
            x = add_noise(wanted, eps, t)
        elif part < 0.45:
            # The second of two steps: begins where the student's own first step led.
            with torch.no_grad():
                v = student(x, t)
                middle = torch.full_like(t, 0.5)
                x, t = add_noise(to_clean(x, v, t), to_noise(x, v, t), middle), middle
        z = to_clean(x, student(x, t), t)
        follow = (z - wanted).abs().mean()
        view, cut = crop(batch, CROP)
        loss, picture, figures = decoded_loss(generator.decode(cut(z), view.warp), view)
        motion = motion_loss(picture, view.target, frames)
        total = self.TEACHER_WEIGHT * follow + self.PICTURE_WEIGHT * loss + self.MOTION_WEIGHT * motion
        return total, {"teacher": follow, "motion": motion, **figures}

    def teach(self, batch, eps, caches, age):
        references = self.teacher.identity(batch.portrait, batch.portrait_map)
        predict = lambda x, t, _: self.teacher.denoiser(
            x, t, batch.warp, batch.driver_map, batch.visibility, references, caches, age
        )[0]
        return ddim(predict, eps, TEACHER_STEPS)
