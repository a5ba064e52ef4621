/**
 * Arithmetic of the matrix products. `f32`: that of the published weights. `int8`: weights in blocks of 64 with one scale each.
 * `int4`: the four-bit blocks of the model file as they are, and `int8` for what it has in another form. In both of them
 * activations are rounded to eight bits, block by block and row by row, so that rows stay independent.
 */
export type Precision = 'f32' | 'int8' | 'int4';

/**
 * Arithmetic of the graphs for a GPU. `f32`: as published. `f16`: weights, keys and values of the products in half precision, norms
 * and the residual stream in single. `int4`: weights in blocks of 32 with one scale each, the rest in single precision.
 */
export type GpuPrecision = 'gpu-f32' | 'gpu-f16' | 'gpu-int4';

/** Arithmetic of graphs, and for what they are made. */
export type GraphPrecision = Precision | GpuPrecision;

/** Whether graphs are made for a GPU. */
export function isForGpu(precision: GraphPrecision): precision is GpuPrecision {
  return precision.startsWith('gpu-');
}
