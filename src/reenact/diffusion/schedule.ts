/**
 * Diffusion in continuous time with v-prediction (Salimans and Ho, "Progressive distillation for fast sampling of
 * diffusion models", arXiv 2202.00512, section 4 and appendix D) on the cosine schedule alpha = cos(πt/2),
 * sigma = sin(πt/2). At t = 1 alpha is exactly 0: zero terminal signal-to-noise ratio (Lin et al., arXiv 2305.08891), so
 * that the first step sees noise alone, in training as here.
 */

/** Times at which a sampler of `steps` steps asks the denoiser: 1, 1 − 1/n, … 1/n. */
export function stepTimes(steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => 1 - i / steps);
}

/** `[alpha, sigma]` at time `t` in 0..1; exact at both ends. */
export function cosineSchedule(t: number): readonly [alpha: number, sigma: number] {
  if (t >= 1) return [0, 1];
  if (t <= 0) return [1, 0];
  return [Math.cos((Math.PI / 2) * t), Math.sin((Math.PI / 2) * t)];
}

/**
 * One deterministic step of DDIM (Song et al., arXiv 2010.02502, eq. 12 with eta = 0) from time `t` to `next`:
 * z = alpha·x − sigma·v, eps = sigma·x + alpha·v, x' = alpha'·z + sigma'·eps, with x' = z where `next` is 0.
 *
 * @param x `[n]` from `at` on: noisy latent at `t`; becomes the one at `next`
 * @param v `[n]` from `vAt` on: what the denoiser said
 */
export function ddimStep(
  x: Float32Array,
  at: number,
  v: Float32Array,
  vAt: number,
  n: number,
  t: number,
  next: number,
): void {
  const [ofX, ofV] = ddimFactors(t, next);
  for (let i = 0; i < n; i++) x[at + i] = ofX * x[at + i] + ofV * v[vAt + i];
}

/** What x and v are multiplied by in {@link ddimStep}: x' is linear in both. */
export function ddimFactors(t: number, next: number): readonly [ofX: number, ofV: number] {
  const [alpha, sigma] = cosineSchedule(t);
  const [alphaNext, sigmaNext] = cosineSchedule(next);
  return [alphaNext * alpha + sigmaNext * sigma, sigmaNext * alpha - alphaNext * sigma];
}
