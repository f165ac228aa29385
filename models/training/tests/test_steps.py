"""Batches made ahead, and the stage that trains against an adversary."""
import tempfile
import unittest
from types import SimpleNamespace

import torch

from loki_training.config import TOY
from loki_training.data import Sampler
from loki_training.dummy import write_people
from loki_training.export import randomise
from loki_training.model.adversary import Adversary
from loki_training.model.generator import Generator
from loki_training.people import Crowd
from loki_training.prefetch import Prefetch, tensors
from loki_training.stages.adversarial import AdversarialStage, pairs
from loki_training.step import Step


class Ahead(unittest.TestCase):
    def test_batches_keep_their_order(self):
        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 3, frames=4, clip=4)
            crowd = Crowd(folder)
            draw = lambda: Sampler(crowd, 2, 2, 1, crop_side=20)
            wanted, ahead = draw(), Prefetch(draw(), "cpu")
            for _ in range(4):
                for plain, made in zip(tensors(wanted.next()).values(), tensors(ahead.next()).values()):
                    self.assertTrue(torch.equal(plain, made))
            ahead.close()
            self.assertFalse(ahead.thread.is_alive())
            crowd = wanted = ahead = None

    def test_an_error_reaches_who_waits(self):
        def fail():
            raise ValueError("the file is gone")

        ahead = Prefetch(SimpleNamespace(next=fail), "cpu")
        with self.assertRaisesRegex(ValueError, "the file is gone"):
            ahead.next()
        ahead.close()


class Against(unittest.TestCase):
    def test_frozen_it_passes_gradients_through_and_takes_none(self):
        torch.manual_seed(1)
        adversary, x = Adversary(), torch.randn(2, 9, 64, 64, requires_grad=True)
        logits, features = adversary(x, adversary.weights(), frozen=True)
        self.assertEqual(tuple(logits.shape), (2, 1, 8, 8))
        self.assertEqual(len(features), 4)
        logits.sum().backward()
        self.assertGreater(x.grad.abs().sum().item(), 0)
        self.assertTrue(all(p.grad is None for p in adversary.parameters()))

    def test_spectral_norms_become_one(self):
        torch.manual_seed(1)
        adversary = Adversary()
        with torch.no_grad():
            for layer in adversary.layers:
                layer.weight.mul_(7)
        for _ in range(200):
            weights = adversary.weights()
        for weight in weights:
            self.assertAlmostEqual(torch.linalg.matrix_norm(weight.flatten(1), 2).item(), 1, 2)

    def test_pairs_are_a_frame_and_the_one_before(self):
        pictures = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 2, 2)
        found = pairs(pictures, pictures + 10, 3)[:, :, 0, 0].tolist()
        row = lambda now: [now] * 3 + [now - 1] * 3 + [now + 10] * 3
        self.assertEqual(found, [row(1), row(2), row(4), row(5)])

    def test_a_step_trains_both_and_begins_without_the_adversary(self):
        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 2, frames=4, clip=4)
            torch.manual_seed(2)
            generator = randomise(Generator(TOY), 3)
            options = SimpleNamespace(lr=None, batch_people=2)
            stage = AdversarialStage(generator, "cpu", options)
            stage.frames = 4
            batch = Sampler(Crowd(folder), 2, 4, 1, clips=True, crop_side=20).next()
            self.assertEqual(stage.draw(0)["force"].item(), 0)
            self.assertEqual(stage.draw(0.5)["force"].item(), 1)
            optimiser = torch.optim.AdamW(stage.parameter_groups())
            before = {name: value.clone() for name, value in stage.adversary.named_parameters()}
            old = {name: value.clone() for name, value in generator.named_parameters()}
            values = Step(stage, optimiser, "cpu")(batch, stage.draw(0.5))
            self.assertTrue(all(torch.isfinite(value) for value in values.values()))
            self.assertGreater(values["weight"].item(), 0)
            for name, value in stage.adversary.named_parameters():
                self.assertFalse(torch.equal(value, before[name]), name)
            moved = {name.split(".")[0] for name, value in generator.named_parameters() if not torch.equal(value, old[name])}
            self.assertEqual(moved, {"denoiser", "identity"})
            batch = None


if __name__ == "__main__":
    unittest.main()
