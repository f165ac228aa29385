import { AttentionFaceMesh } from './attention-mesh.ts';
import { type FaceMesh, PlainFaceMesh } from './face-mesh.ts';
import type { FaceModels } from './face-models.ts';
import { openNetwork } from './onnx-network.ts';

/** The mesh that `models` holds, in one network or in two. */
export async function createMesh(models: FaceModels, numThreads: number): Promise<FaceMesh> {
  const network = await openNetwork(models.mesh, numThreads);
  if (models.heads === null) return new PlainFaceMesh(network, models.meshInputSize, models.points);
  return new AttentionFaceMesh(network, await openNetwork(models.heads, numThreads), models.meshInputSize);
}
