import type { Precision } from './linear.js';

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
