import { basename } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import type { MetadataValue } from '../weight-tensor.js';
import type { GgufHeader } from './header.js';

/**
 * Checks that the parts of a GGUF file are all of one model, each in its place, and that no tensor is missing.
 *
 * @param paths - Of the parts, in order.
 * @returns What the first part says of the model.
 * @throws HalfspaceError `corrupt-model`
 */
export function joinParts(
  paths: readonly string[],
  headers: readonly GgufHeader[],
): ReadonlyMap<string, MetadataValue> {
  const names = new Set<string>();
  headers.forEach(({ part, tensors }, at) => {
    const name = basename(paths[at]);
    if (part?.part !== at + 1 || part.parts !== paths.length)
      throw corrupt(
        `${name} says that it is ${part === undefined ? 'a whole one' : `part ${part.part} of ${part.parts}`}`,
      );
    for (const tensor of tensors.keys()) {
      if (names.has(tensor)) throw corrupt(`the tensor ${tensor} is in two of its parts`);
      names.add(tensor);
    }
  });
  const [{ metadata }] = headers;
  const announced = metadata.get('split.tensors.count') ?? names.size;
  if (announced !== names.size)
    throw corrupt(`its parts have ${names.size} tensors where ${describeValue(announced)} are announced`);
  return metadata;
}

function corrupt(what: string): HalfspaceError {
  return new HalfspaceError(
    'corrupt-model',
    `The parts of the model do not belong together: ${what}. Fetch all of them again.`,
  );
}
