import { HalfspaceError } from '@halfspace/core';
import type { ModelFile } from '../weights.js';
import type { TensorSpec } from './tensor-spec.js';

/** The error for a model file whose parts do not belong together. */
export function contradiction(name: string, what: string): HalfspaceError {
  return new HalfspaceError(
    'corrupt-model',
    `${name} contradicts itself: ${what}. Fetch the file again or take another export of the model.`,
  );
}

/** Every block has tensors: a model that claims more blocks is refused before a list of them is made. */
export function checkLayers({ name, tensors }: Pick<ModelFile, 'name' | 'tensors'>, layers: number): void {
  if (layers > tensors.size) throw contradiction(name, `it has ${tensors.size} tensors for ${layers} blocks`);
}

/**
 * A model without the biases that change nothing: files of GPTQ may have zeros for every layer, with a bias or not.
 *
 * @param expected - The tensors that its family has a use for; these stay.
 */
export async function withoutZeroBiases(
  model: ModelFile,
  expected: readonly Pick<TensorSpec, 'name'>[],
): Promise<Pick<ModelFile, 'name' | 'tensors'>> {
  const known = new Set(expected.map(({ name }) => name));
  const tensors = new Map(model.tensors);
  for (const { name, shape } of model.tensors.values()) {
    if (known.has(name) || !name.endsWith('.bias')) continue;
    const weight = model.tensors.get(name.replace(/bias$/, 'weight'));
    if (weight?.type !== 'GPTQ4' || shape.join() !== `${weight.shape[0]}`) continue;
    if ((await model.readF32(name)).every((number) => number === 0)) tensors.delete(name);
  }
  return { name: model.name, tensors };
}

/**
 * Checks that a model has the tensors of a list, in their shapes, and no other but `spare` ones: with any other it would
 * compute something else.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function checkTensors(
  { name, tensors }: Pick<ModelFile, 'name' | 'tensors'>,
  family: string,
  expected: readonly Pick<TensorSpec, 'name' | 'shape' | 'optional'>[],
  spare: RegExp,
): void {
  const known = new Set(expected.map((each) => each.name));
  for (const { name: tensor, shape: belongs, optional } of expected) {
    const shape = tensors.get(tensor)?.shape;
    if (shape === undefined && optional === true) continue;
    if (shape === undefined) throw contradiction(name, `the tensor ${tensor} is missing`);
    if (shape.join() !== belongs.join())
      throw contradiction(name, `${tensor} is [${shape.join(', ')}] where [${belongs.join(', ')}] belongs`);
  }
  const unknown = [...tensors.keys()].find((each) => !known.has(each) && !spare.test(each));
  if (unknown !== undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `${name} has the tensor ${unknown}, for which Halfspace has no use in the family ${family}: it would compute something else than the model.`,
    );
  }
}
