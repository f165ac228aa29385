"""The training log: one JSON object a line, and curves drawn from it."""
import json
import os

from PIL import Image, ImageDraw

WIDTH, HEIGHT, MARGIN = 900, 220, 60
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700")


class Journal:
    def __init__(self, run, stage):
        os.makedirs(run, exist_ok=True)
        self.path, self.stage = os.path.join(run, "log.jsonl"), stage

    def write(self, figures):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"stage": self.stage, **figures}) + "\n")


def read(run):
    path = os.path.join(run, "log.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def draw_curves(run):
    """Writes curves.png: a chart for each stage and figure, over the frames seen."""
    charts = {}
    for entry in read(run):
        for name, value in entry.items():
            if name in ("stage", "step", "frames", "seconds", "lr", "frames_per_second") or value is None:
                continue
            charts.setdefault((entry["stage"], name), []).append((entry["frames"], value))
    charts = {key: points for key, points in charts.items() if len(points) > 1}
    if not charts:
        return None
    picture = Image.new("RGB", (WIDTH, HEIGHT * len(charts)), "white")
    draw = ImageDraw.Draw(picture)
    for row, ((stage, name), points) in enumerate(charts.items()):
        chart(draw, row * HEIGHT, f"{stage}: {name}", points, COLOURS[row % len(COLOURS)])
    path = os.path.join(run, "curves.png")
    picture.save(path)
    return path


def chart(draw, top, title, points, colour):
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high = min(ys), max(ys)
    # The first values would flatten the rest.
    tail = sorted(ys[len(ys) // 20 :])
    high = min(high, tail[-1] * 1.1 if tail[-1] > 0 else high)
    spread = (high - low) or 1
    left, right, bottom = MARGIN, WIDTH - 15, top + HEIGHT - 30
    up = top + 25
    draw.rectangle((left, up, right, bottom), outline="#c0c0c0")
    draw.text((left, top + 8), title, fill="black")
    place = lambda x, y: (
        left + (x - xs[0]) / max(1, xs[-1] - xs[0]) * (right - left),
        bottom - (min(y, high) - low) / spread * (bottom - up),
    )
    draw.line([place(x, y) for x, y in points], fill=colour, width=2)
    for value, y in ((high, up - 5), (low, bottom - 5)):
        draw.text((4, y), f"{value:.4g}", fill="#606060")
    for value, x in ((xs[0], left), (xs[-1], right - 60)):
        draw.text((x, bottom + 6), f"{value:,} frames", fill="#606060")
