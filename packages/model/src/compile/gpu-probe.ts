import { createGraph } from '../onnx/graph.js';

/** Sizes of the products of the probe: larger than the caches of a processor, small enough for a GPU that a program plays. */
const WIDTH = 1024;
const PRODUCTS = 4;
const ROWS = 4;

/** A graph of products, to see how fast a device is. */
export interface ProbeGraph {
  /** The graph, in the format of ONNX. */
  readonly graph: Uint8Array;
  /** Name of its input, [rows, width]. */
  readonly input: string;
  /** Rows of the input. */
  readonly rows: number;
  /** Numbers of a row. */
  readonly width: number;
}

/** Products of some rows with matrices that are made in the graph, one after the other. */
export function gpuProbeGraph(): ProbeGraph {
  const append = async (): Promise<number> => Promise.reject(new Error('It has no large constants.'));
  const graph = createGraph('probe', { location: '', append });
  let rows = graph.input('rows', 'float32', [ROWS, WIDTH]);
  for (let product = 1; product <= PRODUCTS; product++) {
    // Each has another number: the runtime keeps one of matrices that are alike.
    const matrix = graph.node('Expand', [
      graph.float(product / (PRODUCTS * WIDTH)),
      graph.int64s([WIDTH, WIDTH]),
    ]);
    rows = graph.node(
      'Gemm',
      [rows, matrix],
      { transB: 1 },
      product === PRODUCTS ? { output: 'products' } : {},
    );
  }
  graph.output('products', 'float32', [ROWS, WIDTH]);
  return { graph: graph.toBytes(), input: 'rows', rows: ROWS, width: WIDTH };
}
