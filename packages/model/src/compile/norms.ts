import { CONTRIB, real, type GraphBuilder } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { asBytes } from './bytes.js';
import type { WeightReader } from './read-weights.js';
import type { NormPart } from './tensor-spec.js';

/** A norm whose weights are in the graph. */
export interface StoredNorm {
  readonly kind: Architecture['norm'];
  readonly epsilon: number;
  readonly weight: string;
  /** Absent where nothing is added. */
  readonly bias?: string;
}

type NormSwitches = Pick<Architecture, 'norm' | 'normEpsilon' | 'normOffset' | 'bareNorms'>;

/** Writes the weights of a norm, `width` numbers; undefined where the model has no norm in this place. */
export async function storeNorm(
  graph: GraphBuilder,
  { norm, normEpsilon, normOffset, bareNorms }: NormSwitches,
  reader: WeightReader,
  part: NormPart,
  name: string,
  width: number,
): Promise<StoredNorm | undefined> {
  const store = async (suffix: string, data: Float32Array) =>
    graph.constant(`${name}${suffix}`, 'float32', [width], asBytes(data));
  const stored = { kind: norm, epsilon: normEpsilon };
  if (!reader.has(part)) {
    if (!bareNorms.includes(part)) return undefined;
    return { ...stored, weight: await store('', new Float32Array(width).fill(1)) };
  }
  const weights = (await reader.vector(part)).map((weight) => normOffset + weight);
  const bias = reader.hasBias(part) ? await store('.bias', await reader.bias(part)) : undefined;
  return { ...stored, weight: await store('', weights), ...(bias !== undefined && { bias }) };
}

/**
 * RMSNorm, input · weight / √(mean(input²) + ε), or LayerNorm, which takes the mean away from the input first and
 * may add a bias in the end.
 */
export function normalise(
  graph: GraphBuilder,
  input: string,
  { kind, epsilon, weight, bias }: StoredNorm,
  output = graph.fresh('normed'),
): string {
  const operator = kind === 'rms' ? 'SimplifiedLayerNormalization' : 'LayerNormalization';
  const inputs = [input, weight, ...(bias === undefined ? [] : [bias])];
  return graph.node(operator, inputs, { axis: -1, epsilon: real(epsilon) }, { output });
}

/** Adds to the residual stream and norms the sum, in one operator; `names` are those of the results. */
export function addAndNorm(
  graph: GraphBuilder,
  residual: string,
  addition: string,
  { kind, epsilon, weight, bias }: StoredNorm,
  names: { residual: string; normed: string },
): void {
  graph.nodes(
    kind === 'rms' ? 'SkipSimplifiedLayerNormalization' : 'SkipLayerNormalization',
    [residual, addition, weight, ...(bias === undefined ? [] : [bias])],
    [names.normed, '', '', names.residual],
    { epsilon: real(epsilon) },
    CONTRIB,
  );
}
