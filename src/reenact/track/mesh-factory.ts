import { AttentionFaceMesh } from './attention-mesh.ts';
import { type FaceMesh, PlainFaceMesh } from './face-mesh.ts';
import type { FaceModels } from './face-models.ts';
import type { LiteRt } from './litert-runtime.ts';

/** The mesh that `models` holds, in one network or in two. */
export async function createMesh(runtime: LiteRt, models: FaceModels): Promise<FaceMesh> {
  const network = await runtime.compile(models.mesh);
  if (models.heads === null) return new PlainFaceMesh(network, models.meshInputSize, models.points);
  return new AttentionFaceMesh(network, await runtime.compile(models.heads), models.meshInputSize);
}
