"""Reading people, the encoding, augmentation, crops."""
import math
import os
import tempfile
import unittest
import zipfile
from types import SimpleNamespace

import numpy as np
import torch

from loki_training.augment import block_artefacts, blur, mirror, painterly, posterise, shift_raster, translate
from loki_training.data import Sampler, crop, load_people, make_batch, maps, split_people
from loki_training.dummy import write_people
from loki_training.encoding import driver_map

FIXTURE = os.path.join(os.path.dirname(__file__), "../fixtures/person.zip")


class Encoding(unittest.TestCase):
    def test_matches_the_plain_definition(self):
        position = torch.tensor([0.031, -0.052, 0.108], dtype=torch.float64).view(1, 3, 1, 1)
        encoded = driver_map(torch.zeros(1, 3, 1, 1), position, torch.ones(1, 1, 1, 1))[0, :, 0, 0]
        wanted = [0.0, 0.0, 0.0]
        for axis in (0.031, -0.052, 0.108):
            for k in range(7):
                wanted += [math.sin(2**k * 8 * axis), math.cos(2**k * 8 * axis)]
        self.assertTrue(np.allclose(encoded.numpy(), wanted, atol=1e-9))

    def test_matches_the_runtime(self):
        with zipfile.ZipFile(FIXTURE) as archive:
            raster = np.frombuffer(archive.read("person/raster.f16"), np.float16).reshape(-1, 8, 64, 64)[:1]
            # Each fourth pixel of the first frame's map, as a session draws it.
            wanted = np.frombuffer(archive.read("person/driver-map.f32"), np.float32).reshape(45, 16, 16)
        found = maps(torch.from_numpy(raster.astype(np.float32)))[0][0].numpy()[:, 2::4, 2::4]
        self.assertTrue(np.array_equal(found.any(0), wanted.any(0)))
        self.assertGreater(wanted.any(0).sum(), 80)
        for channel in range(45):
            # A half of up to 0.125 m is wrong by up to 3.1e-5 m, which octave k sees 8 * 2^k times as large.
            tolerance = 1e-5 if channel < 3 else 8 * 2 ** ((channel - 3) % 14 // 2) * 6.2e-5
            self.assertLess(np.abs(found[channel] - wanted[channel]).max(), tolerance)

    def test_reads_the_renderers_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(FIXTURE) as archive:
                archive.extractall(folder)
            (person,) = load_people(folder)
            batch = make_batch([(person, range(person.frames))])
        self.assertEqual(tuple(batch.target.shape), (person.frames, 3, 256, 256))
        self.assertGreater(batch.mouth.max().item(), 0.9)
        self.assertGreater(batch.eyes.max().item(), 0.9)
        # The warp is of the same picture.
        self.assertLess((batch.target - batch.warp).abs().mean().item(), 0.2)


class Data(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        write_people(cls.folder.name, 3, frames=6, clip=3)
        os.makedirs(os.path.join(cls.folder.name, "00009.part"))
        cls.people = load_people(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.people = None
        cls.folder.cleanup()

    def test_unfinished_people_are_left_out_and_some_held_out(self):
        self.assertEqual(len(self.people), 3)
        training, held_out = split_people(self.people)
        self.assertEqual((len(training), len(held_out)), (2, 1))

    def test_a_person_keeps_its_side_when_others_come(self):
        Named = lambda i: SimpleNamespace(folder=f"/data/{i}")
        few, many = [Named(i) for i in range(60)], [Named(i) for i in range(1000)]
        names = lambda people: {person.folder for person in people}
        self.assertTrue(names(split_people(few)[1]) <= names(split_people(many)[1]))
        self.assertTrue(30 <= len(split_people(many)[1]) <= 70)

    def test_a_short_file_is_refused(self):
        from loki_training.data import Person

        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 1, frames=2)
            path = os.path.join(folder, "00000", "warp.u8")
            os.truncate(path, os.path.getsize(path) - 1)
            with self.assertRaisesRegex(ValueError, "render this person again"):
                Person(os.path.join(folder, "00000"))

    def test_batches_repeat_for_a_seed(self):
        draw = lambda seed: Sampler(self.people, 2, 2, seed, clips=True).next()
        first, again, other = draw(1), draw(1), draw(2)
        self.assertTrue(torch.equal(first.warp, again.warp) and torch.equal(first.driver_map, again.driver_map))
        self.assertFalse(torch.equal(first.warp, other.warp))
        self.assertEqual(tuple(first.driver_map.shape), (4, 45, 64, 64))
        self.assertEqual((first.people, first.frames), (2, 2))

    def test_crops_of_all_parts_show_the_same_place(self):
        batch = make_batch([(self.people[0], [0, 1]), (self.people[1], [2, 3])])
        part, cut = crop(batch, 20, np.random.default_rng(0))
        self.assertEqual(tuple(part.target.shape), (4, 3, 160, 160))
        self.assertEqual(tuple(part.mouth.shape), (4, 1, 40, 40))
        down = torch.nn.functional.avg_pool2d(batch.target, 8)
        self.assertTrue(torch.allclose(torch.nn.functional.avg_pool2d(part.target, 8), cut(down), atol=1e-6))


class Augmentation(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.images = torch.rand(2, 3, 32, 40)

    def test_blur_is_the_plain_convolution(self):
        from loki_training.augment import gaussian

        kernel = gaussian(1.0)
        radius = len(kernel) // 2
        padded = np.pad(self.images[0, 0].numpy(), radius, mode="edge")
        plain = np.zeros((32, 40))
        for y in range(32):
            for x in range(40):
                window = padded[y : y + len(kernel), x : x + len(kernel)]
                plain[y, x] = (window * np.outer(kernel, kernel)).sum()
        self.assertTrue(np.allclose(blur(self.images, 1.0)[0, 0].numpy(), plain, atol=1e-5))

    def test_filters_keep_flat_pictures(self):
        flat = torch.full((1, 3, 32, 32), 0.5)
        rng = np.random.default_rng(0)
        for name, changed in (
            ("blur", blur(flat, 1.0)),
            ("painterly", painterly(flat, 2)),
            ("blocks", block_artefacts(flat, 0.01)),
            ("posterise", posterise(flat, 8, rng)),
        ):
            self.assertTrue(torch.allclose(changed, flat, atol=0.01), name)

    def test_a_shift_by_a_whole_pixel_moves_pixels(self):
        moved = translate(self.images, (1, 0))
        self.assertTrue(torch.allclose(moved[..., 1:], self.images[..., :-1], atol=1e-4))

    def test_a_shifted_raster_keeps_values_at_its_rim(self):
        raster = torch.zeros(1, 8, 64, 64)
        raster[:, 3:6, 20:40, 20:40], raster[:, 6:, 20:40, 20:40] = 0.1, 1
        moved = shift_raster(raster, (0.3, 0.2))
        inside = moved[:, 7] > 0
        self.assertTrue(torch.allclose(moved[:, 3][inside], torch.tensor(0.1), atol=1e-5))
        self.assertEqual(set(moved[:, 7].unique().tolist()), {0.0, 1.0})

    def test_mirroring_turns_the_map_round(self):
        class Heads:
            def random(self):
                return 1.0

        raster = torch.rand(1, 8, 64, 64)
        _, turned = mirror(self.images, raster, Heads())
        self.assertTrue(torch.equal(turned[:, 3], -raster[:, 3].flip(2)))
        self.assertTrue(torch.equal(turned[:, 4], raster[:, 4].flip(2)))


if __name__ == "__main__":
    unittest.main()
