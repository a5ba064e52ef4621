import { createGraph, ELEMENT } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import type { GpuPrecision } from './precision.js';
import { keyValueType } from './gpu-trunk.js';

/** Names of the inputs and the output of the graph that makes room for keys or values. */
export const GPU_STORE = {
  /** What is there and stays, [kept, keyValueHeads · headWidth]. */
  kept: 'kept',
  /** How many slots to add, and their width, [2]. */
  added: 'added',
  /** [kept + added, keyValueHeads · headWidth] */
  grown: 'grown',
} as const;

/** A graph that makes a larger store of a smaller one, on the device where that is. */
export function gpuStoreGraph(
  { keyValueHeads, headWidth }: Pick<Architecture, 'keyValueHeads' | 'headWidth'>,
  precision: GpuPrecision,
): Uint8Array {
  const append = async (): Promise<number> => Promise.reject(new Error('It has no large constants.'));
  const graph = createGraph('store', { location: '', append });
  const type = keyValueType(precision);
  const width = keyValueHeads * headWidth;
  graph.input(GPU_STORE.kept, type, ['kept', width]);
  graph.input(GPU_STORE.added, 'int64', [2]);
  const zero = graph.node('Cast', [graph.float(0)], { to: ELEMENT[type] });
  const rest = graph.node('Expand', [zero, GPU_STORE.added]);
  graph.node('Concat', [GPU_STORE.kept, rest], { axis: 0 }, { output: GPU_STORE.grown });
  graph.output(GPU_STORE.grown, type, ['slots', width]);
  return graph.toBytes();
}
