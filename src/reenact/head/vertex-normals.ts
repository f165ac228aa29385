/** Area-weighted vertex normals `[V, 3]`, unit length; vertices of no triangle get (0, 0, 1). */
export function vertexNormals(
  positions: Float32Array,
  triangles: Uint32Array,
  out: Float32Array = new Float32Array(positions.length),
): Float32Array {
  out.fill(0);
  for (let corner = 0; corner < triangles.length; corner += 3) {
    const a = triangles[corner] * 3;
    const b = triangles[corner + 1] * 3;
    const c = triangles[corner + 2] * 3;
    const ux = positions[b] - positions[a];
    const uy = positions[b + 1] - positions[a + 1];
    const uz = positions[b + 2] - positions[a + 2];
    const vx = positions[c] - positions[a];
    const vy = positions[c + 1] - positions[a + 1];
    const vz = positions[c + 2] - positions[a + 2];
    const nx = uy * vz - uz * vy;
    const ny = uz * vx - ux * vz;
    const nz = ux * vy - uy * vx;
    out[a] += nx;
    out[a + 1] += ny;
    out[a + 2] += nz;
    out[b] += nx;
    out[b + 1] += ny;
    out[b + 2] += nz;
    out[c] += nx;
    out[c + 1] += ny;
    out[c + 2] += nz;
  }
  for (let i = 0; i < out.length; i += 3) {
    const length = Math.sqrt(out[i] * out[i] + out[i + 1] * out[i + 1] + out[i + 2] * out[i + 2]);
    if (length < 1e-20) {
      out[i] = 0;
      out[i + 1] = 0;
      out[i + 2] = 1;
    } else {
      out[i] /= length;
      out[i + 1] /= length;
      out[i + 2] /= length;
    }
  }
  return out;
}
