import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './apt.mjs';

/** Where Debian's packages put what its Python imports. */
const FOLDER = '/usr/lib/python3/dist-packages';
const MODULES = ['torch', 'numpy', 'PIL', 'onnx'];

/** A Python of the user's own choice is the user's. */
export function trainingPythonSettled() {
  return (
    process.env.LOKI_TRAINING_PYTHON !== undefined || MODULES.every((name) => existsSync(join(FOLDER, name)))
  );
}

/** PyTorch and what else training needs, for its tests; they skip without. Throws SetupError, whose line says what to run. */
export async function ensureTrainingPython({ say }) {
  if (trainingPythonSettled()) return;
  await installPackages(['python3-torch', 'python3-numpy', 'python3-pil', 'python3-onnx'], {
    purpose: "for the training's tests",
    say,
    announcement: "Set-up: installing PyTorch for the training's tests with apt (about a minute) ...",
  });
}
