import { CORRECTIVE_COUNT, type LandmarkRig } from './landmark-rig.ts';
import { LOCAL_AXES, PARAMETER_OF_AXIS, PART_OF_AXIS } from './part-rotations.ts';
import { LANDMARK_COUNT, RESPONSE_FEATURES } from './types.ts';

const RESPONSE_COUNT = RESPONSE_FEATURES.length;
export const JAW_FEATURE = RESPONSE_FEATURES.indexOf('jaw');
/** Local axis that is a feature of the response. */
export const JAW_OPENING = 0;

/** Which parameters move each landmark: the columns of its Jacobian that are not always zero. */
export interface LandmarkColumns {
  /** `[479]` first column of each landmark. */
  readonly columnStart: Uint32Array;
  /** Parameter of every column, ascending within a landmark: its units, the six of the head, its parts' own axes. */
  readonly columns: Uint16Array;
  /** `[478, 7]` 1 where a local axis moves a landmark: by its weights, a pose corrective, or the tracker's response. */
  readonly axisMoves: Uint8Array;
}

export function landmarkColumns(rig: LandmarkRig): LandmarkColumns {
  const axisMoves = axisMovesLandmark(rig);
  const columnStart = new Uint32Array(LANDMARK_COUNT + 1);
  const columns: number[] = [];
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
    for (let k = rig.unitStart[landmark]; k < rig.unitStart[landmark + 1]; k++) columns.push(rig.units[k]);
    for (let k = 0; k < 6; k++) columns.push(rig.expressionCount + k);
    for (let axis = 0; axis < LOCAL_AXES; axis++)
      if (axisMoves[landmark * LOCAL_AXES + axis] === 1)
        columns.push(rig.expressionCount + PARAMETER_OF_AXIS[axis]);
    columnStart[landmark + 1] = columns.length;
  }
  return { columnStart, columns: Uint16Array.from(columns), axisMoves };
}

function axisMovesLandmark(rig: LandmarkRig): Uint8Array {
  const { response } = rig.embedding;
  const moves = new Uint8Array(LANDMARK_COUNT * LOCAL_AXES);
  for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++)
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++)
      for (let axis = 0; axis < LOCAL_AXES; axis++) {
        const part = PART_OF_AXIS[axis];
        const from = (term * CORRECTIVE_COUNT + (part - 1) * 9) * 3;
        const corrected = rig.termCorrective
          ?.subarray(from, from + 27)
          .some((metres) => Math.abs(metres) > 1e-7);
        const jawAt = (landmark * RESPONSE_COUNT + JAW_FEATURE) * 3;
        const slides =
          axis === JAW_OPENING && response.subarray(jawAt, jawAt + 3).some((metres) => metres !== 0);
        if (rig.termPart[term] === part || corrected === true || slides)
          moves[landmark * LOCAL_AXES + axis] = 1;
      }
  return moves;
}
