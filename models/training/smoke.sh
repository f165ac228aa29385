#!/usr/bin/env bash
# The whole recipe at toy size on people of simple shapes, in a few minutes: every loss must fall, and the pack is exported,
# in float and in int8.
#   bash models/training/smoke.sh OUT [PYTHON]      OUT gets data, run and pack
set -euo pipefail
out=$(realpath -m "${1:?usage: smoke.sh OUT [PYTHON]}")
python=${2:-${PYTHON:-/usr/bin/python3}}
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
train() { "$python" -m loki_training "$@"; }

mkdir -p "$out"
[ -d "$out/data" ] || { train dummy-data --out "$out/data.part" --people 6 --frames 16; mv "$out/data.part" "$out/data"; }
common=(--data "$out/data" --run "$out/run" --seed 1)
train autoencoder "${common[@]}" --size toy --steps 60 --batch-people 2 --lr 2e-3
train denoiser "${common[@]}" --steps 80 --batch-people 2 --lr 2e-3
train temporal "${common[@]}" --steps 4 --batch-people 1
train distill "${common[@]}" --steps 4 --batch-people 1
train metrics "${common[@]}" --clips 1 --strips 1
train export --run "$out/run" --out "$out/pack"
train observe "${common[@]}" --pack "$out/pack" --out "$out/int8" --samples 4
node calibrate.mjs "$out/int8"
train int8 --pack "$out/pack" --out "$out/int8"
train check --run "$out/run"
echo "the smoke run passed"
