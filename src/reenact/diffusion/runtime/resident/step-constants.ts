import { Tensor } from 'onnxruntime-node';
import type { PackManifest } from '../../pack/manifest.ts';
import { ddimFactors } from '../../schedule.ts';
import type { GpuMemory, Tensors } from './gpu-memory.ts';

/** What graphs are fed that is the same in every frame: sent to the GPU once. */
export class StepConstants {
  readonly #gpu: GpuMemory;
  readonly #latent: PackManifest['latent'];
  readonly #known = new Map<string, Tensors>();

  constructor(gpu: GpuMemory, { latent }: PackManifest) {
    this.#gpu = gpu;
    this.#latent = latent;
  }

  /** `timestep` of so many streams. @throws LokiError PROVIDER_FAILED, INFERENCE_FAILED */
  timestep(time: number, streams: number): Promise<Tensors> {
    return this.#constants(`time ${time} of ${streams}`, {
      timestep: new Tensor('float32', new Float32Array(streams).fill(time), [streams]),
    });
  }

  /**
   * `of_x`, `of_v` and `offset` of the step from `time` to `next`, behind the last of which the latent becomes what the decoder
   * takes.
   *
   * @throws LokiError PROVIDER_FAILED, INFERENCE_FAILED
   */
  factors(time: number, next: number): Promise<Tensors> {
    const { mean, std, channels } = this.#latent;
    const [ofX, ofV] = ddimFactors(time, next);
    const last = next === 0;
    const values = (of: (channel: number) => number) =>
      new Tensor(
        'float32',
        Float32Array.from({ length: channels }, (_, i) => of(i)),
        [1, channels, 1, 1],
      );
    return this.#constants(`step ${time} to ${next}`, {
      of_x: values((i) => ofX * (last ? std[i] : 1)),
      of_v: values((i) => ofV * (last ? std[i] : 1)),
      offset: values((i) => (last ? mean[i] : 0)),
    });
  }

  async #constants(key: string, tensors: Tensors): Promise<Tensors> {
    let known = this.#known.get(key);
    if (known === undefined) {
      known = await this.#gpu.copies(tensors);
      this.#known.set(key, known);
    }
    return known;
  }
}
