"""Reading people, the encoding, augmentation, crops."""
import math
import os
import tempfile
import unittest
import zipfile
from types import SimpleNamespace

import numpy as np
import torch

from loki_training.augment import augment, block_artefacts, blotches, blur, gaussians, mirror, painterly, posterise
from loki_training.augment import shift_raster, translate
from loki_training.data import Sampler, crop, head_share, make_batch, maps
from loki_training.dummy import write_people, write_person
from loki_training.encoding import driver_map
from loki_training.people import DATA_VERSION, Crowd, Person, held_out_people, is_held_out, list_people, load_people, training_people

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
            (person,) = load_people(folder, list_people(folder))
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
        cls.crowd = Crowd(cls.folder.name)
        cls.people = load_people(cls.folder.name, list_people(cls.folder.name))

    @classmethod
    def tearDownClass(cls):
        cls.people = cls.crowd = None
        cls.folder.cleanup()

    def test_unfinished_people_are_left_out_and_some_held_out(self):
        self.assertEqual(len(self.people), 3)
        folder = self.folder.name
        self.assertEqual((len(training_people(folder)), len(held_out_people(folder))), (2, 1))

    def test_about_one_in_twenty_is_held_out(self):
        self.assertTrue(30 <= sum(is_held_out(str(i)) for i in range(1000)) <= 70)

    def test_people_who_are_rendered_meanwhile_join_in(self):
        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 2, frames=2, seed=5)
            crowd = Crowd(folder, watch=True)
            names = {os.path.basename(person.folder) for person in crowd.people}
            write_person(os.path.join(folder, "later"), 2, 2, 9)
            crowd.look_again()
            self.assertEqual(len(crowd.people), len(names), "it looks every few seconds only")
            crowd.looked -= 60
            crowd.look_again()
            self.assertEqual({os.path.basename(person.folder) for person in crowd.people}, names | {"later"})
            crowd = None

    def test_a_short_file_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 1, frames=2)
            path = os.path.join(folder, "00000", "warp.u8")
            os.truncate(path, os.path.getsize(path) - 1)
            with self.assertRaisesRegex(ValueError, "render this person again"):
                Person(os.path.join(folder, "00000"))

    def test_another_version_of_the_data_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            write_people(folder, 1, frames=2)
            path = os.path.join(folder, "00000", "meta.json")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(f'"version": {DATA_VERSION}', '"version": 1'))
            with self.assertRaisesRegex(ValueError, "render into a new folder"):
                Person(os.path.join(folder, "00000"))

    def test_batches_repeat_for_a_seed(self):
        draw = lambda seed: Sampler(self.crowd, 2, 2, seed, clips=True, crop_side=20).next()
        first, again, other = draw(1), draw(1), draw(2)
        self.assertTrue(torch.equal(first.warp, again.warp) and torch.equal(first.driver_map, again.driver_map))
        self.assertFalse(torch.equal(first.warp, other.warp))
        self.assertEqual(tuple(first.driver_map.shape), (4, 45, 64, 64))
        self.assertEqual((first.people, first.frames), (2, 2))

    def test_crops_of_all_parts_show_the_same_place(self):
        samples = [(self.people[0], [0, 1]), (self.people[1], [2, 3])]
        batch = make_batch(samples, np.random.default_rng(0), crop_side=20)
        part, cut = crop(batch, 20)
        self.assertEqual(tuple(part.target.shape), (4, 3, 160, 160))
        self.assertEqual(tuple(part.mouth.shape), (4, 1, 40, 40))
        down = torch.nn.functional.avg_pool2d(batch.target, 8)
        self.assertTrue(torch.allclose(torch.nn.functional.avg_pool2d(part.target, 8), cut(down), atol=1e-6))

    def test_a_batch_of_crops_is_what_a_crop_of_the_batch_shows(self):
        samples = [(self.people[0], [0, 1]), (self.people[1], [2, 3])]
        options = {"crop_side": 20}
        part, _ = crop(make_batch(samples, np.random.default_rng(0), **options), 20)
        cropped = make_batch(samples, np.random.default_rng(0), cropped=True, **options)
        for name in ("target", "warp", "mouth", "eyes", "fade"):
            self.assertTrue(torch.allclose(getattr(part, name), getattr(cropped, name), atol=1e-6), name)

    def test_pictures_may_change_well_inside_the_head_alone(self):
        coverage = torch.zeros(1, 1, 64, 64)
        coverage[..., 32:] = 1
        row = head_share(coverage)[0, 0, 128]
        self.assertEqual(row[:130].max().item(), 0)
        self.assertAlmostEqual(row[140:].min().item(), 1, 5)
        self.assertTrue((row.diff() >= 0).all())

    def test_places_follow_mirrored_pictures(self):
        """Wherever the mouth and the eyes of a picture went, most places lie there."""
        person, seen = self.people[0], []
        for seed in range(60):
            batch = make_batch([(person, [0])], np.random.default_rng(seed), augmented=True, crop_side=20)
            part, _ = crop(batch, 20)
            seen.append((part.mouth + part.eyes).sum().item() / (batch.mouth + batch.eyes).sum().item())
        self.assertGreater(np.mean(seen), 0.6)


class Augmentation(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.images = torch.rand(2, 3, 3, 32, 40)

    def test_blur_is_the_plain_convolution_of_each_person(self):
        sigma = np.array([0.6, 1.0])
        blurred = blur(self.images, sigma).numpy()
        kernels = gaussians(sigma, 3)
        for person, kernel in enumerate(kernels):
            radius = len(kernel) // 2
            padded = np.pad(self.images[person, 1, 0].numpy(), radius, mode="edge")
            plain = np.zeros((32, 40))
            for y in range(32):
                for x in range(40):
                    window = padded[y : y + len(kernel), x : x + len(kernel)]
                    plain[y, x] = (window * np.outer(kernel, kernel)).sum()
            self.assertTrue(np.allclose(blurred[person, 1, 0], plain, atol=1e-5))

    def test_filters_keep_flat_pictures(self):
        flat = torch.full((1, 3, 3, 32, 32), 0.5)
        rng = np.random.default_rng(0)
        for name, changed in (
            ("blur", blur(flat, np.array([1.0]))),
            ("painterly", painterly(flat, 2)),
            ("blocks", block_artefacts(flat, np.array([0.01]))),
            ("posterise", posterise(flat, rng)),
        ):
            self.assertTrue(torch.allclose(changed, flat, atol=0.05 if name == "posterise" else 0.01), name)

    def test_a_target_and_its_warp_stay_alike(self):
        """What the warp already shows is to be left alone, whatever the appearance."""
        frames = self.images[:, :1].expand(-1, 5, -1, -1, -1).clone()
        for seed in range(20):
            changed = augment(frames.clone(), 2, np.random.default_rng(seed))
            self.assertTrue(torch.allclose(changed[:, :2], changed[:, 2:4], atol=1e-5), seed)
            self.assertTrue(changed.min() >= 0 and changed.max() <= 1)

    def test_people_are_changed_apart(self):
        alike = self.images[:1].expand(4, -1, -1, -1, -1).clone()
        changed = augment(alike, 1, np.random.default_rng(3))
        for i in range(1, 4):
            self.assertGreater((changed[i] - changed[0]).abs().mean().item(), 0.01)

    def test_blotches_are_smooth(self):
        flat = torch.full((1, 3, 3, 64, 64), 0.5)
        changed = blotches(flat, 1, np.random.default_rng(1))
        self.assertGreater(changed.std().item(), 0.005)
        self.assertLess(changed.diff(dim=4).abs().max().item(), 0.2)

    def test_a_shift_by_a_whole_pixel_moves_pixels(self):
        moved = translate(self.images, np.array([[1, 0], [0, 0]]))
        self.assertTrue(torch.allclose(moved[0, ..., 1:], self.images[0, ..., :-1], atol=1e-4))
        self.assertTrue(torch.allclose(moved[1], self.images[1], atol=1e-4))

    def test_a_shifted_raster_keeps_values_at_its_rim(self):
        raster = torch.zeros(1, 1, 8, 64, 64)
        raster[:, :, 3:6, 20:40, 20:40], raster[:, :, 6:, 20:40, 20:40] = 0.1, 1
        moved = shift_raster(raster, np.array([[0.3, 0.2]]))[0]
        inside = moved[:, 7] > 0
        self.assertTrue(torch.allclose(moved[:, 3][inside], torch.tensor(0.1), atol=1e-5))
        self.assertEqual(set(moved[:, 7].unique().tolist()), {0.0, 1.0})

    def test_mirroring_turns_the_map_round(self):
        raster, fade = torch.rand(2, 1, 8, 64, 64), torch.rand(2, 1, 1, 32, 40)
        images, turned, fades = mirror(self.images, raster, fade, torch.tensor([True, False]))
        self.assertTrue(torch.equal(images[0], self.images[0].flip(3)) and torch.equal(images[1], self.images[1]))
        self.assertTrue(torch.equal(turned[0, :, 3], -raster[0, :, 3].flip(2)))
        self.assertTrue(torch.equal(turned[0, :, 4], raster[0, :, 4].flip(2)))
        self.assertTrue(torch.equal(turned[1], raster[1]))
        self.assertTrue(torch.equal(fades[0], fade[0].flip(3)))


if __name__ == "__main__":
    unittest.main()
