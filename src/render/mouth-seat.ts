import type { HeadPart, ShapedHead } from '../reenact/head/head-model.ts';
import { vertexNormals } from '../reenact/head/vertex-normals.ts';
import { smoothstep } from './colour.ts';

/** How much lower than the model's own the parts of a mouth sit, metres. */
export interface MouthSeat {
  readonly upperM: number;
  readonly lowerM: number;
  readonly tongueM: number;
  /** How much further back the tongue lies. */
  readonly tongueBackM: number;
}

/** The model's lining cuts through its back teeth: it is drawn so much wider, metres. */
const WIDER_M = 0.005;
/** Depth behind the lips between which the lining begins to move and moves fully, metres: further out it would come through. */
const DEPTH_M = [0.01, 0.022] as const;
const JAW_JOINT = 2;
const JOINTS = 5;

/**
 * A head whose teeth and tongue sit elsewhere behind its lips, in a lining with room for them. The model's own show as
 * much of the lower row as of the upper one; speaking people show hardly anything of the lower. Lips and joints stay.
 */
export function seatMouth(shaped: ShapedHead, seat: MouthSeat): ShapedHead {
  const vertices = Float32Array.from(shaped.vertices);
  const move = (part: HeadPart, downM: number, backM: number): void => {
    for (const vertex of new Set(cornersOf(shaped, part))) {
      vertices[vertex * 3 + 1] -= downM;
      vertices[vertex * 3 + 2] -= backM;
    }
  };
  move('teethUpper', seat.upperM, 0);
  move('teethLower', seat.lowerM, 0);
  move('tongue', seat.tongueM, seat.tongueBackM);
  widenLining(shaped, seat, vertices);
  return { ...shaped, vertices };
}

function widenLining(shaped: ShapedHead, seat: MouthSeat, out: Float32Array): void {
  const { vertices, model } = shaped;
  const corners = cornersOf(shaped, 'mouthBag');
  // Its normals point into the mouth.
  const inwards = vertexNormals(vertices, Uint32Array.from(corners));
  const lining = new Set(corners);
  const skin = new Set(cornersOf(shaped, 'skin'));
  let lipsZ = Number.NEGATIVE_INFINITY;
  for (const vertex of lining) if (skin.has(vertex)) lipsZ = Math.max(lipsZ, vertices[vertex * 3 + 2]);
  for (const vertex of lining) {
    const v = vertex * 3;
    const share = skin.has(vertex) ? 0 : smoothstep(DEPTH_M[0], DEPTH_M[1], lipsZ - vertices[v + 2]);
    const downM = seat.lowerM * model.skinWeights[vertex * JOINTS + JAW_JOINT];
    out[v] -= share * WIDER_M * inwards[v];
    out[v + 1] -= share * (WIDER_M * inwards[v + 1] + downM);
    // Never towards the lips, which it would come through.
    out[v + 2] -= share * WIDER_M * Math.max(0, inwards[v + 2]);
  }
}

/** Vertices of the part's triangles, three a triangle. */
function cornersOf({ model }: ShapedHead, part: HeadPart): number[] {
  const index = model.parts.indexOf(part);
  const out: number[] = [];
  for (let t = 0; t < model.triangleCount; t++)
    if (model.triangleParts[t] === index) out.push(...model.triangles.subarray(t * 3, t * 3 + 3));
  return out;
}
