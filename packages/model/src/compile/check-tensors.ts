import { HalfspaceError } from '@halfspace/core';
import type { ModelFile } from '../weights.js';

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
 * Checks that a model has the tensors that its graphs are made of, in these shapes, and no other but `spare`
 * ones: with any other it would compute something else.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function checkTensors(
  { name, tensors }: ModelFile,
  family: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  spare: RegExp,
): void {
  for (const [tensor, expected] of shapes) {
    const shape = tensors.get(tensor)?.shape;
    if (shape === undefined) throw contradiction(name, `the tensor ${tensor} is missing`);
    if (shape.join() !== expected.join())
      throw contradiction(name, `${tensor} is [${shape.join(', ')}] where [${expected.join(', ')}] belongs`);
  }
  const unknown = [...tensors.keys()].find((each) => !shapes.has(each) && !spare.test(each));
  if (unknown !== undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `${name} has the tensor ${unknown}, for which Halfspace has no use in the family ${family}: it would compute something else than the model.`,
    );
  }
}
