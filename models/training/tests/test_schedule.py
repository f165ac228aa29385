"""The schedule: noise and back, DDIM with a perfect predictor, coherent noise."""
import unittest

import torch

from loki_training.schedule import add_noise, coherent_noise, ddim, step_times, to_clean, to_noise, velocity


class Schedule(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.z, self.eps = torch.randn(4, 8, 32, 32), torch.randn(4, 8, 32, 32)

    def test_velocity_gives_both_parts_back(self):
        t = torch.tensor([0.1, 0.5, 0.9, 1.0])
        x, v = add_noise(self.z, self.eps, t), velocity(self.z, self.eps, t)
        self.assertTrue(torch.allclose(to_clean(x, v, t), self.z, atol=1e-5))
        self.assertTrue(torch.allclose(to_noise(x, v, t), self.eps, atol=1e-5))

    def test_terminal_noise_is_pure(self):
        one = torch.ones(4)
        self.assertTrue(torch.allclose(add_noise(self.z, self.eps, one), self.eps, atol=1e-6))
        self.assertTrue(torch.allclose(velocity(self.z, self.eps, one), -self.z, atol=1e-6))

    def test_ddim_with_the_truth_arrives_at_it(self):
        times = []

        def predict(x, t, _):
            times.append(round(t[0].item(), 4))
            return velocity(self.z, self.eps, t)

        self.assertTrue(torch.allclose(ddim(predict, self.eps, 4), self.z, atol=1e-5))
        self.assertEqual(times, step_times(4))

    def test_noise_is_coherent_within_a_clip(self):
        noise = coherent_noise(2, 3, 0.9).view(2, 3, -1)
        correlation = lambda a, b: torch.corrcoef(torch.stack((a, b)))[0, 1].item()
        self.assertAlmostEqual(correlation(noise[0, 0], noise[0, 2]), 0.9, delta=0.02)
        self.assertAlmostEqual(correlation(noise[0, 0], noise[1, 0]), 0.0, delta=0.05)
        self.assertAlmostEqual(noise.std().item(), 1.0, delta=0.03)


if __name__ == "__main__":
    unittest.main()
