"""Batches made ahead, and one step of training."""
import tempfile
import unittest
from types import SimpleNamespace

import torch

from loki_training.config import TOY
from loki_training.data import Sampler
from loki_training.dummy import write_people
from loki_training.export import randomise
from loki_training.model.generator import Generator
from loki_training.people import Crowd
from loki_training.prefetch import Prefetch, tensors
from loki_training.stages.denoiser import DenoiserStage
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


class OneStep(unittest.TestCase):
    def test_it_moves_what_the_stage_trains_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 2, frames=4, clip=4)
            torch.manual_seed(2)
            generator = randomise(Generator(TOY), 3)
            stage = DenoiserStage(generator, "cpu", SimpleNamespace(lr=None, batch_people=2))
            batch = Sampler(Crowd(folder), 2, 2, 1, crop_side=20).next()
            old = {name: value.clone() for name, value in generator.named_parameters()}
            values = Step(stage, torch.optim.AdamW(stage.parameter_groups()), "cpu")(batch, stage.draw(0))
            self.assertTrue(all(torch.isfinite(value) for value in values.values()))
            moved = {name.split(".")[0] for name, value in generator.named_parameters() if not torch.equal(value, old[name])}
            self.assertEqual(moved, {"denoiser", "identity"})
            batch = None


if __name__ == "__main__":
    unittest.main()
