"""A chunk of 16 frames equals 16 streamed frames with a ring buffer as the cache, in one and in two steps."""
import unittest

import torch

from loki_training.config import FRAMES, MASKED_AGE, TOY
from loki_training.data import Batch
from loki_training.export import randomise
from loki_training.model.generator import Generator, causal_ages
from loki_training.prefetch import tensors


def random_batch(frames):
    torch.manual_seed(3)
    return Batch(
        target=torch.rand(frames, 3, 256, 256),
        warp=torch.rand(frames, 3, 256, 256) * 2 - 1,
        driver_map=torch.rand(frames, 45, 64, 64),
        visibility=torch.rand(frames, 1, 64, 64),
        mouth=torch.zeros(frames, 1, 64, 64),
        eyes=torch.zeros(frames, 1, 64, 64),
        fade=torch.ones(frames, 1, 256, 256),
        portrait=torch.rand(1, 3, 256, 256) * 2 - 1,
        portrait_map=torch.rand(1, 45, 64, 64),
    )


class StreamEqualsChunk(unittest.TestCase):
    @torch.no_grad()
    def test_equality(self):
        generator = randomise(Generator(TOY), seed=5).eval()
        frames, slots = FRAMES, FRAMES - 1
        batch = random_batch(frames)
        references = generator.identity(batch.portrait, batch.portrait_map)
        eps = torch.randn(frames, 8, 32, 32)
        for steps in (1, 2):
            empty = generator.empty_caches(1, 0)
            chunk, _ = generator.sample(batch, eps, steps, references, [empty] * steps, causal_ages(frames))

            caches = [generator.empty_caches(1, slots) for _ in range(steps)]
            held = [None] * slots  # number of the frame in each slot: a ring, never shifted
            streamed = []
            for i in range(frames):
                age = torch.tensor([[MASKED_AGE if h is None else i - h for h in held] + [0]])
                one = Batch(**{
                    name: value if name.startswith("portrait") else value[i : i + 1] for name, value in tensors(batch).items()
                })  # fmt: skip
                latent, made = generator.sample(one, eps[i : i + 1], steps, references, caches, age)
                streamed.append(latent)
                for cache, new in zip(caches, made):
                    for pair, new_pair in zip(cache, new):
                        for stored, tensor in zip(pair, new_pair):
                            stored[:, :, :, i % slots] = tensor[:, :, :, 0]
                held[i % slots] = i
            difference = (torch.cat(streamed) - chunk).abs().max().item()
            self.assertLess(difference, 2e-4 * chunk.abs().max().item())
            # Time matters at all, or the equality would say nothing.
            alone = generator.sample(batch, eps, steps, references)[0]
            self.assertGreater((alone - chunk).abs().max().item(), 1e-3)

    def test_ages(self):
        age = causal_ages(3, slots=4, filled=2)
        self.assertEqual(age.tolist(), [[16, 16, 2, 1, 0, 16, 16], [16, 16, 3, 2, 1, 0, 16], [16, 16, 4, 3, 2, 1, 0]])


if __name__ == "__main__":
    unittest.main()
