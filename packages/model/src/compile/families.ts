import { guardPlugin, HalfspaceError, type Registry } from '@halfspace/core';
import { MODEL_FAMILY } from '../extension-points.js';
import { RECURRENT_FAMILIES } from '../families/recurrent.js';
import { FAMILIES } from '../families/index.js';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { checkLayers, checkTensors, contradiction, withoutZeroBiases } from './check-tensors.js';
import { MOST_ROWS, rotariesOf } from './rotary.js';

/** Numbers in the table of cosines; a million positions of heads 128 wide. */
const LARGEST_TABLE = 2 ** 26;

function checkSizes({ name, tensors }: ModelFile, found: Architecture): void {
  const { layers, heads, keyValueHeads, headWidth, contextLength } = found;
  const rotaries = rotariesOf(found);
  const turned = Math.max(0, ...rotaries.map(({ frequencies }) => frequencies.length * 2));
  checkLayers({ name, tensors }, layers);
  if (heads % keyValueHeads !== 0)
    throw contradiction(name, `${heads} heads cannot share ${keyValueHeads} key/value heads`);
  if (!Number.isInteger(headWidth) || (turned > 0 && headWidth % 2 !== 0))
    throw contradiction(name, `a head is ${headWidth} wide`);
  if (!Number.isInteger(turned) || turned > headWidth)
    throw contradiction(name, `${turned} numbers of a head are turned, which is ${headWidth} wide`);
  for (const { frequencies } of rotaries)
    if (frequencies.some((frequency) => !Number.isFinite(frequency * contextLength)))
      throw contradiction(name, 'its RoPE factors are not finite');
  if (Math.max(contextLength, MOST_ROWS) * (turned / 2) > LARGEST_TABLE) {
    throw new HalfspaceError(
      'unsupported-model',
      `${name} claims to take ${contextLength} tokens with heads ${headWidth} wide. Halfspace goes up to ${Math.floor((LARGEST_TABLE * 2) / turned)} tokens of such a model.`,
    );
  }
}

/**
 * The architecture of a model, with every weight's presence and shape checked.
 *
 * @param registry - Where its family is looked up (default: those of this package alone).
 * @throws HalfspaceError `unsupported-model` for a family that nobody describes; `corrupt-model`; `plugin-failed` where the
 * family of a module throws something of its own
 */
export async function describeArchitecture(model: ModelFile, registry?: Registry): Promise<Architecture> {
  const name = model.metadata.get(model.format === 'gguf' ? 'general.architecture' : 'model_type');
  const families = registry?.all(MODEL_FAMILY) ?? FAMILIES;
  const family = families.find((each) => each.name === name);
  if (family === undefined && RECURRENT_FAMILIES.has(name)) {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} is of the family ${describeValue(name)}, a state-space or hybrid model. Halfspace runs candidates for the next token beside each other over shared keys and values, and such a model keeps a state that each candidate would change. Take a model with attention in every block, such as Llama, Qwen or Gemma.`,
    );
  }
  if (family === undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} is of the family ${describeValue(name)}. Halfspace compiles: ${families.map((each) => each.name).join(', ')}.`,
    );
  }
  return guardPlugin(`model family "${family.name}"`, async () => {
    const found = await family.describe(model);
    checkSizes(model, found);
    const { model: outside, blocks, spare } = found.weights;
    const expected = [...outside, ...blocks.flat()];
    checkTensors(await withoutZeroBiases(model, expected), found.family, expected, spare);
    return found;
  });
}
