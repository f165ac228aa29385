import { pullPush } from './inpaint.ts';

/**
 * Fills the unknown part of a picture with texture from the known part: patches matched from coarse to fine
 * (Barnes et al., "PatchMatch", SIGGRAPH 2009) that vote for each pixel (Wexler et al., "Space-time completion of
 * video", PAMI 2007). A smooth fill shows as a smear as soon as the head uncovers it.
 *
 * The same input always gives the same picture.
 *
 * @param rgb `[height, width, 3]` 0..255
 * @param known `[height, width]` 1 where the picture counts
 * @param wanted `[height, width]` 1 where a fill is worth its time; elsewhere it stays smooth
 */
export function fillTexture(
  rgb: Float32Array,
  known: Float32Array,
  wanted: Uint8Array,
  width: number,
  height: number,
): Float32Array {
  const smooth = pullPush(rgb, known, width, height);
  const levels = pyramid({ width, height, rgb: smooth, known, wanted });
  const coarsest = levels[levels.length - 1];
  if (!coarsest.known.some((share) => share === 1)) return smooth;
  let field: Int32Array | null = null;
  for (let i = levels.length - 1; i >= 0; i--) {
    const level = levels[i];
    const matcher: Matcher = new Matcher(
      level,
      field === null ? null : { field, width: levels[i + 1].width },
    );
    // The finest level takes the coarser one's matches as they are: its detail is in its own patches.
    const rounds = i === 0 ? 1 : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      matcher.search(i === 0 ? 0 : SEARCHES);
      matcher.vote();
    }
    field = matcher.field;
    if (i > 0) carryDown(level, levels[i - 1]);
  }
  return levels[0].rgb;
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
  readonly known: Float32Array;
  readonly wanted: Uint8Array;
}

const RADIUS = 2;
const ROUNDS = 2;
const SEARCHES = 3;
/** Levels stop being made at this size. */
const COARSEST = 48;
const LEVELS = 4;

function pyramid(finest: Level): Level[] {
  const levels = [finest];
  while (
    levels.length < LEVELS &&
    Math.min(levels[levels.length - 1].width, levels[levels.length - 1].height) >= 2 * COARSEST
  )
    levels.push(halve(levels[levels.length - 1]));
  return levels;
}

function halve(fine: Level): Level {
  const width = fine.width >> 1;
  const height = fine.height >> 1;
  const rgb = new Float32Array(width * height * 3);
  const known = new Float32Array(width * height);
  const wanted = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      known[p] = 1;
      for (const q of [0, 1, fine.width, fine.width + 1]) {
        const f = 2 * y * fine.width + 2 * x + q;
        for (let k = 0; k < 3; k++) rgb[p * 3 + k] += fine.rgb[f * 3 + k] / 4;
        known[p] = Math.min(known[p], fine.known[f]);
        wanted[p] |= fine.wanted[f];
      }
    }
  return { width, height, rgb, known, wanted };
}

/** Starts the finer level's hole from the coarser one's result. */
function carryDown(coarse: Level, fine: Level): void {
  for (let y = 0; y < coarse.height * 2; y++)
    for (let x = 0; x < coarse.width * 2; x++) {
      const p = y * fine.width + x;
      if (fine.known[p] === 1 || fine.wanted[p] === 0) continue;
      const q = (y >> 1) * coarse.width + (x >> 1);
      for (let k = 0; k < 3; k++) fine.rgb[p * 3 + k] = coarse.rgb[q * 3 + k];
    }
}

class Matcher {
  /** `[height, width]` index of the known pixel whose patch is most like the patch here. */
  readonly field: Int32Array;
  readonly #level: Level;
  readonly #sources: Int32Array;
  readonly #isSource: Uint8Array;
  readonly #holes: Int32Array;
  readonly #cost: Float32Array;
  #state = 0x9e3779b9;

  constructor(level: Level, coarse: { field: Int32Array; width: number } | null) {
    const { width, height, known, wanted } = level;
    this.#level = level;
    this.#isSource = new Uint8Array(width * height);
    const sources: number[] = [];
    const holes: number[] = [];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const p = y * width + x;
        if (known[p] < 1 && wanted[p] === 1) holes.push(p);
        if (x < RADIUS || y < RADIUS || x >= width - RADIUS || y >= height - RADIUS) continue;
        if (!wholePatchKnown(known, width, p)) continue;
        this.#isSource[p] = 1;
        sources.push(p);
      }
    this.#sources = Int32Array.from(sources);
    this.#holes = Int32Array.from(holes);
    this.#cost = new Float32Array(width * height).fill(Number.POSITIVE_INFINITY);
    this.field = new Int32Array(width * height).fill(-1);
    for (const p of this.#holes) {
      let start = -1;
      if (coarse !== null) {
        const x = p % width;
        const y = (p - x) / width;
        const from = coarse.field[(y >> 1) * coarse.width + (x >> 1)];
        if (from >= 0) {
          const cx = from % coarse.width;
          start = (((from - cx) / coarse.width) * 2 + (y & 1)) * width + cx * 2 + (x & 1);
        }
      }
      if (start < 0 || this.#isSource[start] === 0) start = this.#anySource();
      this.field[p] = start;
    }
  }

  /** Judges the matches and improves them in so many passes. */
  search(passes: number): void {
    const { width } = this.#level;
    if (this.#sources.length === 0) return;
    for (const p of this.#holes) this.#cost[p] = this.#distance(p, this.field[p], Number.POSITIVE_INFINITY);
    for (let pass = 0; pass < passes; pass++) {
      const forward = (pass & 1) === 0;
      const step = forward ? 1 : -1;
      const count = this.#holes.length;
      for (let i = 0; i < count; i++) {
        const p = this.#holes[forward ? i : count - 1 - i];
        this.#adopt(p, p - step, step);
        this.#adopt(p, p - step * width, step * width);
        for (let radius = width >> 1; radius >= 2; radius >>= 2)
          this.#try(p, this.#near(this.field[p], radius));
      }
    }
  }

  /** Every pixel of the hole becomes the mean of what the patches around it say of it. */
  vote(): void {
    const { width, height, rgb } = this.#level;
    if (this.#sources.length === 0) return;
    const result = new Float32Array(this.#holes.length * 3);
    this.#holes.forEach((p, i) => {
      const x = p % width;
      const y = (p - x) / width;
      let total = 0;
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
          const q = p + dy * width + dx;
          const from = this.field[q];
          if (from < 0) continue;
          const source = (from - dy * width - dx) * 3;
          const weight = (dx === 0 && dy === 0 ? 4 : 1) / (1 + this.#cost[q]);
          for (let k = 0; k < 3; k++) result[i * 3 + k] += weight * rgb[source + k];
          total += weight;
        }
      for (let k = 0; k < 3; k++) result[i * 3 + k] /= total;
    });
    this.#holes.forEach((p, i) => {
      for (let k = 0; k < 3; k++) rgb[p * 3 + k] = result[i * 3 + k];
    });
  }

  #adopt(p: number, neighbour: number, step: number): void {
    const from = this.field[neighbour];
    if (from === undefined || from < 0) return;
    this.#try(p, from + step);
  }

  #try(p: number, source: number): void {
    if (source < 0 || source >= this.#isSource.length || this.#isSource[source] === 0) return;
    const cost = this.#distance(p, source, this.#cost[p]);
    if (cost < this.#cost[p]) {
      this.#cost[p] = cost;
      this.field[p] = source;
    }
  }

  /** Mean squared difference of two patches; known pixels of the hole's patch count more. Stops beyond `limit`. */
  #distance(p: number, source: number, limit: number): number {
    const { width, height, rgb, known } = this.#level;
    const x = p % width;
    const y = (p - x) / width;
    let sum = 0;
    let weights = 0;
    for (let dy = -RADIUS; dy <= RADIUS; dy++) {
      if (y + dy < 0 || y + dy >= height) continue;
      for (let dx = -RADIUS; dx <= RADIUS; dx++) {
        if (x + dx < 0 || x + dx >= width) continue;
        const a = p + dy * width + dx;
        const b = (source + dy * width + dx) * 3;
        const weight = known[a] === 1 ? 4 : 1;
        const dr = rgb[a * 3] - rgb[b];
        const dg = rgb[a * 3 + 1] - rgb[b + 1];
        const db = rgb[a * 3 + 2] - rgb[b + 2];
        sum += weight * (dr * dr + dg * dg + db * db);
        weights += weight;
      }
      if (sum > limit * weights + limit * 100) return Number.POSITIVE_INFINITY;
    }
    return sum / weights;
  }

  #anySource(): number {
    return this.#sources.length === 0 ? -1 : this.#sources[this.#random(this.#sources.length)];
  }

  #near(source: number, radius: number): number {
    const { width } = this.#level;
    const dx = this.#random(2 * radius + 1) - radius;
    const dy = this.#random(2 * radius + 1) - radius;
    const x = (source % width) + dx;
    return x < 0 || x >= width ? -1 : source + dy * width + dx;
  }

  /** 0 ≤ integer < count, xorshift32. */
  #random(count: number): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return (s >>> 0) % count;
  }
}

function wholePatchKnown(known: Float32Array, width: number, p: number): boolean {
  for (let dy = -RADIUS; dy <= RADIUS; dy++)
    for (let dx = -RADIUS; dx <= RADIUS; dx++) if (known[p + dy * width + dx] < 1) return false;
  return true;
}
