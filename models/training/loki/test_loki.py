"""python3 -m unittest loki.test_loki, from models/training."""
import json
import os
import shutil
import struct
import tempfile
import unittest
from fractions import Fraction

import torch

from loki_training.export import randomise

from . import parameters
from .config import FRAMES, Size
from .key_names import own_name, why_ignored
from .model import Loki
from .motion import ATTENTIONS
from .pack import export_pack, move_weights_out
from .reference import write_reference
from .safetensors import BadWeights, read_safetensors
from .weights import load_weights

SMALL = Size(Fraction(1, 8), 128)
HEAD = os.path.normpath(os.path.join(os.path.dirname(__file__), "../../head/open-head.bin"))


def write_safetensors(path, tensors, dtype="F32", spoil=None):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    if spoil:
        spoil(header)
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.numpy().tobytes())


def compvis_names(model):
    """{CompVis name: own name} of backbone and autoencoder, written out from CompVis's layout."""
    inner = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
             "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}  # fmt: skip
    names, own = {}, [name for name, _ in model.named_parameters() if name.startswith("backbone.")]

    def add(own_prefix, public_prefix, is_resnet=False):
        for name in own:
            if name.startswith(f"backbone.{own_prefix}."):
                rest = name[len(f"backbone.{own_prefix}.") :]
                if is_resnet:
                    layer, _, kind = rest.rpartition(".")
                    rest = f"{inner[layer]}.{kind}"
                names[f"model.diffusion_model.{public_prefix}.{rest}"] = name

    add("conv_in", "input_blocks.0.0")
    add("time_embedding.linear_1", "time_embed.0")
    add("time_embedding.linear_2", "time_embed.2")
    add("conv_norm_out", "out.0")
    add("conv_out", "out.2")
    for i, kind in enumerate(("resnets.0", "attentions.0", "resnets.1")):
        add(f"mid_block.{kind}", f"middle_block.{i}", kind != "attentions.0")
    number = 1
    for level in range(4):
        for i in range(2):
            add(f"down_blocks.{level}.resnets.{i}", f"input_blocks.{number}.0", True)
            add(f"down_blocks.{level}.attentions.{i}", f"input_blocks.{number}.1")
            number += 1
        if level < 3:
            add(f"down_blocks.{level}.downsamplers.0.conv", f"input_blocks.{number}.0.op")
            number += 1
    for level in range(4):
        for i in range(3):
            add(f"up_blocks.{level}.resnets.{i}", f"output_blocks.{level * 3 + i}.0", True)
            add(f"up_blocks.{level}.attentions.{i}", f"output_blocks.{level * 3 + i}.1")
        add(f"up_blocks.{level}.upsamplers.0.conv", f"output_blocks.{level * 3 + 2}.{1 if level == 0 else 2}.conv")
    return names


class Parameters(unittest.TestCase):
    def test_counts_are_the_published_ones(self):
        counts = parameters.table()
        self.assertEqual(counts["unet_with_text"], parameters.PUBLISHED_UNET)
        self.assertEqual(counts["inference"] - counts["without_vae"], parameters.PUBLISHED_VAE)


class Weights(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.source = randomise(Loki(SMALL), 3)
        self.own = dict(self.source.named_parameters())

    def check(self, public, prefix):
        model = Loki(SMALL)
        extra = {"cond_stage_model.x": torch.ones(1), "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_q.weight": torch.ones(1)}
        report = load_weights(model, {**{key: self.own[name].detach() for key, name in public.items()}, **extra})
        self.assertEqual(report["unknown"], [])
        self.assertEqual(report["loaded"], len(public))
        self.assertEqual(set(report["ignored"]), {"text encoder", "attention to text"})
        self.assertFalse([name for name in report["missing"] if name.startswith(prefix)])
        for name, parameter in model.named_parameters():
            if name.startswith(prefix):
                self.assertTrue(torch.equal(parameter, self.own[name]), name)
        return model

    def test_backbone_loads_by_names_of_diffusers(self):
        names = {n[len("backbone.") :]: n for n in self.own if n.startswith("backbone.")}
        model = self.check(names, "backbone.")
        attention = model.backbone.down_blocks[0].attentions[0].transformer_blocks[0].attn1
        self.assertTrue(torch.equal(model.injections[0].to_k.weight, attention.to_k.weight))

    def test_backbone_loads_by_names_of_compvis(self):
        names = compvis_names(self.source)
        self.assertEqual(len(names), len([n for n in self.own if n.startswith("backbone.")]))
        self.check(names, "backbone.")

    def test_autoencoder_loads_by_both(self):
        own = [n for n in self.own if n.startswith("vae.")]
        self.check({n[len("vae.") :]: n for n in own}, "vae.")
        public = {}
        for name in own:
            key = name[len("vae.") :].replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
            for i in range(4):
                key = key.replace(f"encoder.down_blocks.{i}.resnets", f"encoder.down.{i}.block")
                key = key.replace(f"encoder.down_blocks.{i}.downsamplers.0", f"encoder.down.{i}.downsample")
                key = key.replace(f"decoder.up_blocks.{i}.resnets", f"decoder.up.{3 - i}.block")
                key = key.replace(f"decoder.up_blocks.{i}.upsamplers.0", f"decoder.up.{3 - i}.upsample")
            for i in range(2):
                key = key.replace(f"mid_block.resnets.{i}", f"mid.block_{i + 1}")
            key = key.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
            key = key.replace("to_out.0", "proj_out").replace("to_q", "q").replace("to_k", "k").replace("to_v", "v")
            public[f"first_stage_model.{key}"] = name
        self.check(public, "vae.")

    def test_linear_layers_take_convolutions_of_one_pixel(self):
        name = "vae.encoder.mid_block.attentions.0.to_q.weight"
        report = load_weights(Loki(SMALL), {"first_stage_model.encoder.mid.attn_1.q.weight": self.own[name][:, :, None, None]})
        self.assertEqual(report["loaded"], 1)

    def test_motion_modules_load_by_both_names(self):
        self.assertEqual(
            own_name("up_blocks.1.motion_modules.2.temporal_transformer.transformer_blocks.0.attention_blocks.1.to_q.weight"),
            "motion.13.temporal_transformer.transformer_blocks.0.attention_blocks.1.to_q.weight",
        )
        self.assertEqual(
            own_name("down_blocks.3.motion_modules.1.transformer_blocks.0.norm3.bias"),
            "motion.7.temporal_transformer.transformer_blocks.0.ff_norm.bias",
        )
        key = "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attn2.to_q.weight"
        self.assertIsNone(why_ignored(key))
        self.assertEqual(why_ignored(key.replace("attn2.to_q.weight", "attention_blocks.0.pos_encoder.pe")), "sinusoids of time")

    def test_weights_of_another_size_are_refused_whole(self):
        model = Loki(SMALL)
        before = model.backbone.conv_in.bias.clone()
        with self.assertRaisesRegex(BadWeights, "another size"):
            load_weights(model, {"conv_in.bias": torch.ones(40), "conv_out.bias": torch.ones(5)})
        self.assertTrue(torch.equal(model.backbone.conv_in.bias, before))


class Safetensors(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "a.safetensors")
        self.tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(1)}

    def test_reads_what_was_written(self):
        write_safetensors(self.path, self.tensors)
        read = read_safetensors(self.path)
        self.assertEqual(set(read), {"a", "b"})
        for name, tensor in self.tensors.items():
            self.assertTrue(torch.equal(read[name], tensor))

    def test_refuses_what_does_not_add_up(self):
        spoils = [
            lambda h: h["a"].update(shape=[2, 4]),
            lambda h: h["a"].update(shape=[-2, -3]),
            lambda h: h["a"].update(shape="23"),
            lambda h: h["a"].update(dtype="F99"),
            lambda h: h["b"].update(data_offsets=[1 << 40, (1 << 40) + 4]),
            lambda h: h["b"].pop("data_offsets"),
            lambda h: h.update(a=3),
        ]
        for spoil in spoils:
            write_safetensors(self.path, self.tensors, spoil=spoil)
            self.assertRaises(BadWeights, read_safetensors, self.path)

    def test_refuses_cut_files_and_others(self):
        write_safetensors(self.path, self.tensors)
        whole = open(self.path, "rb").read()
        for data in (b"", whole[:5], whole[:40], whole[:-1], struct.pack("<Q", 1 << 60) + b"{}", struct.pack("<Q", 2) + b"[]", b"\x89PNG" * 9):
            with open(self.path, "wb") as file:
                file.write(data)
            self.assertRaises(BadWeights, read_safetensors, self.path)


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(1)
        cls.model = randomise(Loki(SMALL), 1).eval()
        # The export takes longest: whoever runs the pack afterwards says where it is to stay.
        cls.folder = os.environ.get("LOKI_TEST_PACK") or cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.manifest = export_pack(cls.model, cls.folder, HEAD)
        if "LOKI_TEST_PACK" in os.environ:
            write_reference(cls.model, cls.folder)

    def references(self):
        size = SMALL.resolution
        return self.model.identity(torch.rand(1, 3, size, size) * 2 - 1, torch.rand(1, 45, 64, 64))

    def caches(self, slots):
        shapes = [s for s in self.model.backbone.motion_shapes for _ in range(ATTENTIONS)]
        return [(torch.zeros(1, s * s, 8, slots, c // 8), torch.zeros(1, s * s, 8, slots, c // 8)) for c, s in shapes]

    def test_untrained_parts_change_nothing(self):
        plain = Loki(SMALL).eval()
        plain.start_injection()
        with torch.no_grad():
            driver = plain.driver(torch.rand(1, 45, 64, 64))
            self.assertEqual(driver.abs().max(), 0)
            x, age = torch.randn(2, 40, 4, 4), torch.tensor([[0, FRAMES], [1, 0]])
            empty = [(torch.zeros(1, 16, 8, 0, 5), torch.zeros(1, 16, 8, 0, 5))] * ATTENTIONS
            self.assertTrue(torch.equal(plain.motion[0](x, empty, age, 2)[0], x))

    def test_only_what_is_new_is_trained(self):
        trained = {name.split(".")[0] for name, p in self.model.named_parameters() if p.requires_grad}
        self.assertEqual(trained, {"motion", "driver", "injections"})

    def test_a_stream_is_the_causal_chunk(self):
        frames, side = 3, SMALL.latent_side
        with torch.no_grad():
            references = self.references()
            latent, maps, t = torch.randn(frames, 4, side, side), torch.rand(frames, 45, 64, 64), torch.full((frames,), 0.5)
            causal = torch.tensor([[i - j if j <= i else FRAMES for j in range(frames)] for i in range(frames)])
            chunk, _ = self.model.denoise(latent, t, maps, references, self.caches(0), causal)
            caches = self.caches(0)
            for i in range(frames):
                age = torch.tensor([[*range(i, 0, -1), 0]])
                v, new = self.model.denoise(latent[i : i + 1], t[:1], maps[i : i + 1], references, caches, age)
                caches = [tuple(torch.cat(p, dim=3) for p in zip(c, n)) for c, n in zip(caches, new)]
                self.assertLess((v - chunk[i : i + 1]).abs().max(), 1e-4)
                self.assertGreater(chunk.abs().max(), 1e-3)

    def test_the_manifest_says_what_the_graphs_have(self):
        import onnx

        manifest = self.manifest
        self.assertEqual(manifest["kind"], "frame")
        for name, entry in manifest["graphs"].items():
            graph = onnx.load(os.path.join(self.folder, entry["file"])).graph
            for ours, theirs in ((entry["inputs"], graph.input), (entry["outputs"], graph.output)):
                self.assertEqual(list(ours), [value.name for value in theirs])
                for value in theirs:
                    shape = [d.dim_value or -1 for d in value.type.tensor_type.shape.dim]
                    said = ours[value.name]["shape"]
                    self.assertEqual(len(said), len(shape))
                    for length, found in zip(said, shape):
                        self.assertIn(found, (length, -1), f"{name}.{value.name}")

    def test_large_graphs_keep_their_weights_beside_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "decoder.onnx")
            shutil.copy(os.path.join(self.folder, "decoder.onnx"), path)
            whole = os.path.getsize(path)
            entry = move_weights_out(path)
            self.assertEqual(sorted(os.listdir(folder)), ["decoder.onnx", "decoder.onnx.data"])
            self.assertEqual(entry["data"]["file"], "decoder.onnx.data")
            self.assertLess(os.path.getsize(path), whole / 2)


if __name__ == "__main__":
    unittest.main()
