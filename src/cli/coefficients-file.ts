import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { outputError, PartFile } from '../reenact/codec/part-file.ts';
import type { FrameStamp } from '../reenact/frame.ts';
import type { HeadCoefficients } from '../reenact/head/head-model.ts';

/** What the numbers of the other lines mean. */
export interface CoefficientsHeader {
  readonly format: 'loki-coefficients';
  readonly version: 1;
  /** Head model, and the SHA-256 of its file. */
  readonly model: string;
  readonly modelSha256: string;
  /** Names of the entries of `psi`, in order. */
  readonly units: readonly string[];
  /** Names of the joints whose axis-angle rotations `theta` holds, three numbers each, radians. */
  readonly joints: readonly string[];
}

/** What one line tells. */
export interface CoefficientsFrame extends FrameStamp {
  readonly commanded: HeadCoefficients;
  readonly confidence: number;
}

/** One line a frame. `translation` is metres, camera frame. */
interface CoefficientsLine {
  readonly sequence: number;
  readonly ptsMs: number;
  readonly psi: readonly number[];
  readonly theta: readonly number[];
  readonly translation: readonly number[];
  readonly confidence: number;
}

/** Writes the avatar's motion as newline-delimited JSON: a header, then one object a frame. */
export class CoefficientsFile {
  readonly #part: PartFile;
  readonly #stream: WriteStream;
  #failure: unknown = null;

  private constructor(part: PartFile) {
    this.#part = part;
    this.#stream = createWriteStream(part.path);
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL */
  static async create(path: string, header: CoefficientsHeader): Promise<CoefficientsFile> {
    const file = new CoefficientsFile(await PartFile.create(path));
    await file.#line(header);
    return file;
  }

  async write(frame: CoefficientsFrame): Promise<void> {
    await this.#line(lineOf(frame));
  }

  /** Makes the file durable and gives it its name. */
  async finish(): Promise<void> {
    this.#stream.end();
    try {
      await finished(this.#stream);
    } catch (error) {
      await this.abort();
      throw outputError(this.#part.target, error);
    }
    await this.#part.commit();
  }

  /** Idempotent; nothing after `finish()`. */
  async abort(): Promise<void> {
    this.#stream.destroy();
    await this.#part.discard();
  }

  async #line(value: object): Promise<void> {
    if (this.#failure === null && !this.#stream.write(`${JSON.stringify(value)}\n`)) {
      await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => {});
    }
    if (this.#failure !== null) throw outputError(this.#part.target, this.#failure);
  }
}

function lineOf(frame: CoefficientsFrame): CoefficientsLine {
  const { psi, theta, translation } = frame.commanded;
  return {
    sequence: frame.sequence,
    ptsMs: rounded(frame.ptsMs, 1e3),
    psi: Array.from(psi, (value) => rounded(value, 1e5)),
    theta: Array.from(theta, (value) => rounded(value, 1e5)),
    translation: Array.from(translation, (value) => rounded(value, 1e6)),
    confidence: rounded(frame.confidence, 1e4),
  };
}

/** A float32 printed in full has ten digits of noise. */
function rounded(value: number, scale: number): number {
  return Math.round(value * scale) / scale || 0;
}
