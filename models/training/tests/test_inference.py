"""What is exported computes what is trained."""
import os
import tempfile
import unittest

import onnx
import torch
from torch.nn import functional as F

from loki_training.config import NANO, TOY
from loki_training.export import export_graph, graph_tensors, randomise
from loki_training.model.autoencoder import PATCH
from loki_training.model.denoiser import ATTENTION_LEVELS
from loki_training.model.generator import Generator


class ExportedForm(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)

    def close(self, found, wanted):
        self.assertEqual(found.shape, wanted.shape)
        self.assertLess((found - wanted).abs().max().item(), 1e-4 * max(1, wanted.abs().max().item()))

    def generators(self):
        for size in (TOY, NANO):
            with self.subTest(size=size.name):
                generator = randomise(Generator(size), seed=2).eval()
                generator.latent_mean.uniform_(-1, 1)
                generator.latent_std.uniform_(0.5, 2)
                # Scales and shifts that do nothing would prove nothing.
                for parameter in generator.denoiser.parameters():
                    if parameter.dim() == 1:
                        parameter.data.add_(torch.randn_like(parameter) * 0.2)
                yield generator

    def test_operators_fit_a_gpu_with_eight_buffers(self):
        form, inputs, outputs = graph_tensors(Generator(NANO))["denoiser"]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "denoiser.onnx")
            export_graph(form, inputs, outputs, path)
            splits = [node for node in onnx.load(path).graph.node if node.op_type == "Split"]
        self.assertGreater(len(splits), 0)
        self.assertLess(max(len(node.output) for node in splits), 8)

    @torch.no_grad()
    def test_denoiser(self):
        for generator in self.generators():
            form, inputs, _ = graph_tensors(generator)["denoiser"]
            given = [example for _, example, _ in inputs]
            *tensors, age = given[5:]
            pairs = list(zip(tensors[::2], tensors[1::2]))
            levels = len(ATTENTION_LEVELS)
            v, new = generator.denoiser(*given[:5], pairs[:levels], pairs[levels:], age)
            found, *found_new = form.eval()(*given)
            self.close(found, v)
            for mine, theirs in zip(found_new, (tensor for pair in new for tensor in pair)):
                self.close(mine, theirs)

    @torch.no_grad()
    def test_decoder(self):
        for generator in self.generators():
            form, inputs, _ = graph_tensors(generator)["decoder"]
            latent, warp = (example for _, example, _ in inputs)
            delta, mask = generator.decode(latent, warp)
            residual, weights = (
                F.pixel_shuffle(patches.permute(0, 3, 1, 2), PATCH) for patches in form.eval()(latent, warp)
            )
            self.close(residual - weights[:, :1] * warp, delta)
            self.close(weights[:, 1:], mask)


if __name__ == "__main__":
    unittest.main()
