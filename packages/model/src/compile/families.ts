import { HalfspaceError } from '@halfspace/core';
import { shown } from '../shown.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, Family } from './architecture.js';
import { checkLayers, checkTensors, contradiction } from './check-tensors.js';
import { gemma3, gemma3Text } from './gemma3.js';
import { llama } from './llama.js';
import { MOST_ROWS } from './rotary.js';

const FAMILIES: readonly Family[] = [llama, gemma3, gemma3Text];

/** Numbers in the table of cosines; a million positions of heads 128 wide. */
const LARGEST_TABLE = 2 ** 26;

function checkSizes({ name, tensors }: ModelFile, found: Architecture): void {
  const { layers, heads, keyValueHeads, headWidth, contextLength } = found;
  checkLayers({ name, tensors }, layers);
  if (heads % keyValueHeads !== 0)
    throw contradiction(name, `${heads} heads cannot share ${keyValueHeads} key/value heads`);
  if (!Number.isInteger(headWidth) || headWidth % 2 !== 0)
    throw contradiction(name, `a head is ${headWidth} wide`);
  if (found.rotary.frequencies.some((frequency) => !Number.isFinite(frequency * contextLength)))
    throw contradiction(name, 'its RoPE factors are not finite');
  if (Math.max(contextLength, MOST_ROWS) * (headWidth / 2) > LARGEST_TABLE) {
    throw new HalfspaceError(
      'unsupported-model',
      `${name} claims to take ${contextLength} tokens with heads ${headWidth} wide. Halfspace goes up to ${(LARGEST_TABLE * 2) / headWidth} tokens of such a model.`,
    );
  }
}

/** Shape of every tensor that a model of this architecture has. */
function expectedShapes(found: Architecture): Map<string, readonly number[]> {
  const { width, feedForward, vocabulary, weights } = found;
  const queries = found.heads * found.headWidth;
  const keys = found.keyValueHeads * found.headWidth;
  const shapes = new Map<string, readonly number[]>([
    [weights.embedding, [vocabulary, width]],
    [weights.head, [vocabulary, width]],
    [weights.finalNorm, [width]],
  ]);
  for (let index = 0; index < found.layers; index++) {
    const block = weights.block(index);
    shapes.set(block.attentionNorm, [width]);
    shapes.set(block.query, [queries, width]);
    shapes.set(block.key, [keys, width]);
    shapes.set(block.value, [keys, width]);
    shapes.set(block.attentionOutput, [width, queries]);
    shapes.set(block.mlpNorm, [width]);
    shapes.set(block.gate, [feedForward, width]);
    shapes.set(block.up, [feedForward, width]);
    shapes.set(block.down, [width, feedForward]);
    for (const norm of [block.queryNorm, block.keyNorm])
      if (norm !== undefined) shapes.set(norm, [found.headWidth]);
    for (const norm of [block.attentionOutputNorm, block.mlpOutputNorm])
      if (norm !== undefined) shapes.set(norm, [width]);
  }
  return shapes;
}

/**
 * The architecture of a model, with every weight's presence and shape checked.
 *
 * @throws HalfspaceError `unsupported-model` for a family that no file here describes; `corrupt-model`
 */
export async function describeArchitecture(model: ModelFile): Promise<Architecture> {
  const name = model.metadata.get(model.format === 'gguf' ? 'general.architecture' : 'model_type');
  const family = FAMILIES.find((each) => each.name === name);
  if (family === undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} is of the family ${shown(name)}. Halfspace compiles: ${FAMILIES.map((each) => each.name).join(', ')}.`,
    );
  }
  const found = await family.describe(model);
  checkSizes(model, found);
  checkTensors(model, found.family, expectedShapes(found), found.weights.spare);
  return found;
}
