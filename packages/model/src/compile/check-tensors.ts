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
 * Checks that a model has the tensors of a list, in their shapes, and no other but `spare` ones: with any other it would
 * compute something else.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function checkTensors(
  { name, tensors }: ModelFile,
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
