"""The stages' options. Every stage reads DIR/<person>/ of --data and keeps its checkpoints in --run."""
import argparse
import json
import os

import torch

from .check import check
from .checkpoint import STAGES, load_generator
from .config import SIZES
from .dummy import write_people
from .export import export_pack, randomise
from .int8.insert import insert
from .int8.observe import observe
from .journal import draw_curves
from .metrics import evaluate
from .model.generator import Generator, parameter_count
from .stages.autoencoder import AutoencoderStage
from .stages.denoiser import DenoiserStage
from .stages.distill import DistillStage
from .stages.temporal import TemporalStage
from .trainer import train

HEAD = os.path.normpath(os.path.join(os.path.dirname(__file__), "../../head/open-head.bin"))
TRAINING = {stage.name: stage for stage in (AutoencoderStage, DenoiserStage, TemporalStage, DistillStage)}
THREADS = min(2, os.cpu_count() or 1)


def parser():
    top = argparse.ArgumentParser(prog="loki_training", description=__doc__)
    stages = top.add_subparsers(dest="stage", required=True)
    for name in TRAINING:
        add_training(stages.add_parser(name, help=TRAINING[name].__module__.rsplit(".", 1)[-1] + " stage"))

    metrics = stages.add_parser("metrics", help="figures and strips of held-out people")
    common(metrics)
    metrics.add_argument("--from", dest="stage_name", choices=STAGES, help="stage (the last one by default)")
    metrics.add_argument("--clips", type=int, default=40)
    metrics.add_argument("--strips", type=int, default=12)

    export = stages.add_parser("export", help="the float pack")
    export.add_argument("--run", required=True)
    export.add_argument("--from", dest="stage_name", choices=STAGES, help="stage (the last one by default)")
    pack_options(export)

    observed = stages.add_parser("observe", help="int8, step 1: sample inputs and watched graphs for calibrate.mjs")
    common(observed)
    observed.add_argument("--from", dest="stage_name", choices=STAGES, help="stage that the pack was exported from")
    observed.add_argument("--pack", required=True, help="folder of the float pack")
    observed.add_argument("--out", required=True)
    observed.add_argument("--samples", type=int, default=48)

    quantised = stages.add_parser("int8", help="int8, step 3: adds the integer graphs to the pack")
    quantised.add_argument("--pack", required=True, help="folder of the float pack")
    quantised.add_argument("--out", required=True, help="folder of steps 1 and 2")

    random = stages.add_parser("random-pack", help="a pack with random weights: the interface, before any training")
    random.add_argument("--size", choices=SIZES, default="toy")
    random.add_argument("--seed", type=int, default=1)
    pack_options(random)

    dummy = stages.add_parser("dummy-data", help="people of simple shapes, for the smoke run and tests")
    dummy.add_argument("--out", required=True)
    dummy.add_argument("--people", type=int, default=12)
    dummy.add_argument("--frames", type=int, default=32)
    dummy.add_argument("--seed", type=int, default=0)

    curves = stages.add_parser("curves", help="draws curves.png from the log")
    curves.add_argument("--run", required=True)

    learned = stages.add_parser("check", help="fails where a loss did not fall")
    learned.add_argument("--run", required=True)

    stages.add_parser("sizes", help="parameters of each size and part")
    return top


def common(stage):
    stage.add_argument("--data", required=True, help="folder of person folders")
    stage.add_argument("--run", required=True, help="folder of checkpoints and log")
    stage.add_argument("--seed", type=int, default=1)
    stage.add_argument("--threads", type=int, default=THREADS)


def add_training(stage):
    common(stage)
    stage.add_argument("--size", choices=SIZES, default="nano", help="first stage only: the others go on with its size")
    stage.add_argument("--init", help="first stage only: checkpoint or training.pt to begin from, instead of random weights")
    budget = stage.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, help="of training in all, those before an interruption included")
    budget.add_argument("--steps", type=int)
    stage.add_argument("--lr", type=float, help="peak learning rate")
    stage.add_argument("--batch-people", type=int, help="people a batch")
    stage.add_argument("--watch", action="store_true", help="people who are rendered meanwhile join in")
    stage.add_argument("--plain", action="store_true", help="no augmentation")


def pack_options(stage):
    stage.add_argument("--out", required=True)
    stage.add_argument("--head", default=HEAD, help="the head file that the data was rendered with")
    stage.add_argument("--version", default="0.1.0")


def main():
    options = parser().parse_args()
    if options.stage in TRAINING:
        train(options, TRAINING[options.stage])
    elif options.stage == "metrics":
        evaluate(options)
    elif options.stage == "export":
        generator, stage = load_generator(options.run, options.stage_name)
        export_pack(generator, options.out, options.head, options.version)
        print(f"{options.out}: pack of stage {stage}")
    elif options.stage == "observe":
        observe(options)
    elif options.stage == "int8":
        insert(options)
    elif options.stage == "random-pack":
        torch.manual_seed(options.seed)
        generator = randomise(Generator(SIZES[options.size]), options.seed)
        export_pack(generator, options.out, options.head, options.version)
    elif options.stage == "dummy-data":
        write_people(options.out, options.people, options.frames, seed=options.seed)
    elif options.stage == "curves":
        print(draw_curves(options.run))
    elif options.stage == "check":
        check(options.run)
    elif options.stage == "sizes":
        for name, size in SIZES.items():
            print(json.dumps({"size": name, **{part: parameter_count(m) for part, m in Generator(size).named_children()}}))
