"""Stage 4: one step paints sharply. What many pictures could be, a loss of distance blurs: an adversary demands one of them."""
import torch
from torch.nn import functional as F

from ..config import FRAMES
from ..data import crop, first_people
from ..export import NOISE_COHERENCE
from ..losses import decoded_loss, motion_loss
from ..model.adversary import Adversary
from ..schedule import add_noise, coherent_noise, to_clean, velocity
from .base import CROP, Stage
from .denoiser import draw_times
from .temporal import random_ages

#: The adversary learns alone for this share of the stage, and has its full weight after twice that.
ALONE = 0.08


def pairs(pictures, warp, frames):
    """Each frame but a clip's first, with the one before it and its warp: [B * (F - 1), 9, h, w]. Flicker shows in them."""
    now, before, warp = (x.unflatten(0, (-1, frames)) for x in (pictures, pictures, warp))
    return torch.cat((now[:, 1:], before[:, :-1], warp[:, 1:]), dim=2).flatten(0, 1)


def mean(values, weight):
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)


def balance(known, unknown, latent):
    """The weight with which both losses pull alike at the latent (after Esser et al., arXiv 2012.09841, eq. 7)."""
    size = lambda loss: torch.autograd.grad(loss, latent, retain_graph=True)[0].float().norm()
    return (size(known) / size(unknown).clamp(min=1e-6)).clamp(max=1e3).detach()


class AdversarialStage(Stage):
    """Denoiser and identity encoder, in one step at t = 1, after the motion layers are trained (adversarial diffusion
    distillation: Sauer et al., arXiv 2311.17042, with the truth for a teacher). The decoder stays: it can paint sharply, and
    would shut its mask, since the warp always looks like a picture. A few people see the times that longer schedules have,
    lest those be forgotten."""

    name, after, number = "adversarial", "temporal", 5
    batch, gpu_batch, clips = (2, 8), (12, FRAMES), True
    PICTURE_WEIGHT, MOTION_WEIGHT, ADVERSARY_WEIGHT, FEATURE_WEIGHT = 2.0, 1.0, 0.5, 2.0
    #: Of the learning rate, for the adversary.
    ADVERSARY_RATE = 2.0

    def __init__(self, generator, device, options):
        super().__init__(generator, device, options)
        self.adversary = Adversary().to(device).to(memory_format=torch.channels_last)

    def parameter_groups(self):
        generator, rate = self.generator, self.learning_rate(2e-4)
        network = self.trainable(generator.denoiser, generator.identity)
        other = {"params": list(self.adversary.parameters()), "lr": self.ADVERSARY_RATE * rate, "betas": (0.5, 0.98)}
        return [{"params": network, "lr": rate}, other]

    def state(self):
        return self.adversary.state_dict()

    def load_state(self, state):
        self.adversary.load_state_dict(state)

    def draw(self, progress):
        force = min(1.0, max(0.0, progress / ALONE - 1))
        age = random_ages(self.frames).to(self.device, non_blocking=True)
        return {"age": age, "force": torch.full((), force, device=self.device)}

    def loss(self, batch, drawn):
        generator, people, frames = self.generator, batch.people, batch.frames
        first = max(1, people * 3 // 4)
        with torch.no_grad():
            z = generator.encode(batch.target, batch.warp)
        t = draw_times(people, first, self.device).repeat_interleave(frames)
        eps = coherent_noise(people, frames, NOISE_COHERENCE, device=self.device)
        x = add_noise(z, eps, t)
        references = generator.identity(batch.portrait, batch.portrait_map)
        caches = generator.empty_caches(people, 0, self.device)
        v, _ = generator.denoiser(
            x, t, batch.warp, batch.driver_map, batch.visibility, references, caches, drawn["age"]
        )
        later = first * frames
        kept = (v - velocity(z, eps, t))[later:].pow(2).sum() / max(1, z[later:].numel())
        part, cut = crop(first_people(batch, first), CROP)
        latent = cut(to_clean(x, v, t)[:later])
        loss, picture, figures = decoded_loss(generator.decode(latent, part.warp), part)
        motion = motion_loss(picture, part.target, frames)
        known = self.PICTURE_WEIGHT * loss + self.MOTION_WEIGHT * motion
        cheat, features, judge = self.play(picture, part)
        unknown = cheat + self.FEATURE_WEIGHT * features
        weight = self.ADVERSARY_WEIGHT * drawn["force"] * balance(known, unknown, latent)
        values = {"v": kept, "motion": motion, "cheat": cheat, "features": features, "judge": judge, "weight": weight}
        return kept + known + weight * unknown + judge, {**values, **figures}

    def play(self, picture, part):
        """(how well the picture is told from the truth, distance of the adversary's features, the adversary's own loss).

        Only mouth and eyes count. The truth is cut to where a picture may change, or its rim would tell it.
        """
        frames = self.frames
        truth = part.warp + part.fade * (part.target - part.warp)
        weight = F.avg_pool2d((part.mouth + part.eyes).clamp(max=1), 2).unflatten(0, (-1, frames))[:, 1:].flatten(0, 1)
        weights = self.adversary.weights()
        made, real = pairs(picture, part.warp, frames), pairs(truth, part.warp, frames)
        score, features = self.adversary(made, weights, frozen=True)
        with torch.no_grad():
            _, wanted = self.adversary(real, weights, frozen=True)
        cheat = mean(-score, weight)
        distance = sum(mean((a - b).abs().float().mean(1, keepdim=True), F.interpolate(weight, a.shape[2:])) for a, b in zip(features, wanted))
        false, true = self.adversary(made.detach(), weights)[0], self.adversary(real, weights)[0]
        judge = mean(F.relu(1 + false), weight) + mean(F.relu(1 - true), weight)
        return cheat, distance, judge
