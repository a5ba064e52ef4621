import { guardPlugin, HalfspaceError, type Registry } from '@halfspace/core';
import { MODEL_FAMILY } from '../extension-points.js';
import { modelRegistry } from '../model-module.js';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { checkLayers, checkTensors, contradiction } from './check-tensors.js';
import { MOST_ROWS } from './rotary.js';

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
 * @param registry - Where its family is looked up (default: those of this package alone).
 * @throws HalfspaceError `unsupported-model` for a family that nobody describes; `corrupt-model`; `plugin-failed` where the
 * family of a module throws something of its own
 */
export async function describeArchitecture(
  model: ModelFile,
  registry: Registry = modelRegistry(),
): Promise<Architecture> {
  const name = model.metadata.get(model.format === 'gguf' ? 'general.architecture' : 'model_type');
  const families = registry.all(MODEL_FAMILY);
  const family = families.find((each) => each.name === name);
  if (family === undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} is of the family ${describeValue(name)}. Halfspace compiles: ${families.map((each) => each.name).join(', ')}.`,
    );
  }
  return guardPlugin(`model family "${family.name}"`, async () => {
    const found = await family.describe(model);
    checkSizes(model, found);
    checkTensors(model, found.family, expectedShapes(found), found.weights.spare);
    return found;
  });
}
