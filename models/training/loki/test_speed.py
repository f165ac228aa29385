import contextlib
import io
import json
import os
import tempfile
import types
import unittest
from fractions import Fraction

from .speed import measure


class Speed(unittest.TestCase):
    def run_with(self, **changes):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "speed.json")
            plain = dict(device="cpu", width=Fraction(1, 8), resolution=64, frames=2, streams=[2], steps=[1], layout="channels_last")
            options = types.SimpleNamespace(**{**plain, "repeats": 1, "seconds": 600, "json": path, **changes})
            with contextlib.redirect_stdout(io.StringIO()):
                measure(options)
            with open(path, encoding="utf-8") as file:
                return {row.pop("what"): row for row in json.load(file)["rows"]}

    def test_measures_a_chunk_and_a_stream(self):
        rows = self.run_with()
        self.assertFalse([row for row in rows.values() if "failed" in row or "skipped" in row])
        for name in ("chunk of 2", "stream, 2 together"):
            row = rows[f"{name}, 1 steps, decoded"]
            self.assertAlmostEqual(row["ms_a_frame"], row["ms"] / 2)
            self.assertAlmostEqual(row["streams_at_30"], 1000 / 30 / row["ms_a_frame"])

    def test_begins_nothing_when_time_is_up_and_goes_on_after_a_failure(self):
        late = self.run_with(seconds=-1)
        self.assertEqual(late["chunk of 2"], {"skipped": "out of time"})
        self.assertIn("tflops", late["matrix product, 512 cubed"])
        rows = self.run_with(frames=-1, streams=[1])
        self.assertIn("failed", rows["chunk of -1"])
        self.assertIn("ms_a_frame", rows["stream, 1 together, 1 steps, decoded"])


if __name__ == "__main__":
    unittest.main()
