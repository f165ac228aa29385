import { Tensor } from 'onnxruntime-node';

/** A tensor of zeros in the processor's memory. */
export function floats(shape: readonly number[]): Tensor {
  return new Tensor('float32', new Float32Array(shape.reduce((all, size) => all * size, 1)), shape);
}

/** The memory itself. */
export function dataOf(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}
