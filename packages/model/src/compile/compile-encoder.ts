import { join } from 'node:path';
import { createGraph } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import { describeEncoder, type EncoderArchitecture } from './bert.js';
import { buildEncoder } from './encoder.js';
import { ensureGraphs, type CompileOptions } from './graph-cache.js';

const ENCODER_FILE = 'encoder.onnx';
/** A call has hundreds of rows, for which eight bits take half as much time again. */
const PRECISION = 'f32';

/** A sentence encoder as an ONNX graph on disk. */
export interface CompiledEncoder {
  /** The encoder's sizes. */
  readonly architecture: EncoderArchitecture;
  /** Path of the graph. */
  readonly path: string;
}

/**
 * Compiles a sentence encoder to an ONNX graph in float32, once: what is in the cache and whole is used again.
 *
 * @throws HalfspaceError `unsupported-model`; `corrupt-model`, also when a weight is not finite; `disk-full`,
 * `cache-not-writable`, `aborted`
 */
export async function compileEncoder(
  model: ModelFile,
  options: Omit<CompileOptions, 'precision'>,
): Promise<CompiledEncoder> {
  const architecture = await describeEncoder(model);
  const place = await ensureGraphs(
    model,
    architecture,
    { ...options, precision: PRECISION },
    [ENCODER_FILE],
    async (sink) => {
      const graph = createGraph('encoder', sink);
      await buildEncoder(graph, model, architecture, PRECISION);
      return { [ENCODER_FILE]: graph.toBytes() };
    },
  );
  return { architecture, path: join(place, ENCODER_FILE) };
}
