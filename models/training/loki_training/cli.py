"""The stages' options. Every stage reads DIR/<person>/ of --data and keeps its checkpoints in --run."""
import argparse
import os

import torch

from .config import SIZES
from .export import export_pack, randomise
from .model.generator import Generator

HEAD = os.path.normpath(os.path.join(os.path.dirname(__file__), "../../head/open-head.bin"))


def parser():
    top = argparse.ArgumentParser(prog="loki_training", description=__doc__)
    stages = top.add_subparsers(dest="stage", required=True)

    pack = stages.add_parser("random-pack", help="a pack with random weights: the interface, before any training")
    pack.add_argument("--size", choices=SIZES, default="toy")
    pack.add_argument("--out", required=True)
    pack.add_argument("--seed", type=int, default=1)
    pack.add_argument("--head", default=HEAD)
    return top


def main():
    options = parser().parse_args()
    if options.stage == "random-pack":
        torch.manual_seed(options.seed)
        export_pack(randomise(Generator(SIZES[options.size]), options.seed), options.out, options.head)
