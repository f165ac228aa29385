"""Command line, from models/training: python3 -m loki parameters | export | weights | speed | fixture. See docs/loki-pack.md."""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from fractions import Fraction  # noqa: E402

import torch  # noqa: E402

from loki_training.export import randomise  # noqa: E402

from .config import FRAMES, Size  # noqa: E402
from .model import Loki  # noqa: E402
from .pack import export_pack  # noqa: E402
from .parameters import print_table  # noqa: E402
from .reference import write_fixture, write_reference  # noqa: E402
from .safetensors import BadWeights, read_safetensors  # noqa: E402
from .speed import measure  # noqa: E402
from .weights import load_weights  # noqa: E402

HEAD = os.path.normpath(os.path.join(os.path.dirname(__file__), "../../head/open-head.bin"))


def main():
    parser = argparse.ArgumentParser(prog="loki", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("parameters", help="what the full-scale model has, and two-tower models beside it")
    export = commands.add_parser("export", help="a pack, from weights or with random ones")
    export.add_argument("--out", required=True)
    export.add_argument("--width", type=Fraction, default=Fraction(1), help="of every layer: 1 is Stable Diffusion 1.5's")
    export.add_argument("--resolution", type=int, default=512)
    export.add_argument("--weights", action="append", default=[], help=".safetensors; may be given again")
    export.add_argument("--seed", type=int, default=1)
    export.add_argument("--head", default=HEAD)
    export.add_argument("--reference", action="store_true", help="also what PyTorch makes of a test's inputs (reference.i16)")
    weights = commands.add_parser("weights", help="what of .safetensors files has a place in the model")
    weights.add_argument("files", nargs="+")
    speed = commands.add_parser("speed", help="times the model with random weights, on a GPU if there is one")
    speed.add_argument("--width", type=Fraction, default=Fraction(1))
    speed.add_argument("--resolution", type=int, default=512)
    speed.add_argument("--device", choices=("cuda", "cpu"), default="cuda" if torch.cuda.is_available() else "cpu")
    speed.add_argument("--frames", type=int, default=FRAMES, help="of a chunk")
    speed.add_argument("--streams", type=numbers, default=[1, 4], help="how many go through the networks together: 1,4")
    speed.add_argument("--steps", type=numbers, default=[1, 2, 4])
    speed.add_argument("--layout", choices=("auto", "channels_last", "channels_first"), default="auto")
    speed.add_argument("--repeats", type=int, default=7)
    speed.add_argument("--seconds", type=float, default=600, help="begin no figure after so long")
    speed.add_argument("--json", help="write the figures there, too")
    fixture = commands.add_parser("fixture", help="the smallest pack of the architecture and its reference, zipped, for tests")
    fixture.add_argument("--out", required=True)
    fixture.add_argument("--head", default=HEAD)
    options = parser.parse_args()
    try:
        run(options)
    except (BadWeights, ValueError, FileNotFoundError) as error:
        sys.exit(str(error))


def numbers(text):
    return [int(number) for number in text.split(",")]


def run(options):
    if options.command == "parameters":
        print_table()
        return
    if options.command == "speed":
        measure(options)
        return
    torch.manual_seed(getattr(options, "seed", 1))
    if options.command == "fixture":
        write_fixture(options.out, options.head)
        return
    if options.command == "weights":
        print(json.dumps(load_all(Loki(Size()), options.files), indent=2))
        return
    model = Loki(Size(options.width, options.resolution))
    model.start_injection()
    if options.weights:
        print(json.dumps(load_all(model, options.weights), indent=2))
    else:
        randomise(model, options.seed)
    export_pack(model, options.out, options.head)
    if options.reference:
        write_reference(model, options.out)


def load_all(model, paths):
    return load_weights(model, {name: tensor for path in paths for name, tensor in read_safetensors(path).items()})


main()
