import { HalfspaceError } from '@halfspace/core';
import type { ModelFile } from '../weights.js';
import type { Architecture, Family } from './architecture.js';
import { llama } from './llama.js';

const FAMILIES: readonly Family[] = [llama];

function check(model: ModelFile, found: Architecture): void {
  const wrong = (what: string) =>
    new HalfspaceError(
      'corrupt-model',
      `${model.name} contradicts itself: ${what}. Fetch the file again or take another export of the model.`,
    );
  if (found.heads % found.keyValueHeads !== 0) {
    throw wrong(`${found.heads} heads cannot share ${found.keyValueHeads} key/value heads`);
  }
  if (!Number.isInteger(found.headWidth) || found.headWidth % 2 !== 0)
    throw wrong(`a head is ${found.headWidth} wide`);
  if (found.rotary.frequencies.some((frequency) => !Number.isFinite(frequency)))
    throw wrong('its RoPE factors are not finite');
  const expect = (name: string, ...shape: number[]) => {
    const tensor = model.tensors.get(name);
    if (tensor === undefined) throw wrong(`the tensor ${name} is missing`);
    if (tensor.shape.join() !== shape.join()) {
      throw wrong(`${name} is [${tensor.shape.join(', ')}] where [${shape.join(', ')}] belongs`);
    }
  };
  const { width, feedForward, weights } = found;
  const queries = found.heads * found.headWidth;
  const keys = found.keyValueHeads * found.headWidth;
  expect(weights.embedding, found.vocabulary, width);
  expect(weights.head, found.vocabulary, width);
  expect(weights.finalNorm, width);
  for (let index = 0; index < found.layers; index++) {
    const block = weights.block(index);
    expect(block.attentionNorm, width);
    expect(block.query, queries, width);
    expect(block.key, keys, width);
    expect(block.value, keys, width);
    expect(block.attentionOutput, width, queries);
    expect(block.mlpNorm, width);
    expect(block.gate, feedForward, width);
    expect(block.up, feedForward, width);
    expect(block.down, width, feedForward);
  }
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
      `${model.name} is of the family ${JSON.stringify(name) ?? 'unknown'}. Halfspace compiles: ${FAMILIES.map((each) => each.name).join(', ')}.`,
    );
  }
  const found = await family.describe(model);
  check(model, found);
  return found;
}
