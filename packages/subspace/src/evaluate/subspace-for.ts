import { type Attribute, HalfspaceError, type ModelInfo, type Subspace } from '@halfspace/core';

/**
 * The subspace that an attribute has for a model.
 *
 * @throws HalfspaceError `subspace-of-another-model`
 */
export function subspaceFor({ name, subspaces }: Attribute, model: ModelInfo): Subspace {
  const subspace = subspaces.find((each) => each.model === model.fingerprint);
  if (subspace !== undefined && subspace.direction.length === model.width && subspace.layer <= model.layers) {
    return subspace;
  }
  throw new HalfspaceError(
    'subspace-of-another-model',
    `The attribute "${name}" has no subspace for ${model.name} (${model.fingerprint.slice(0, 12)}…). A subspace ` +
      'only means something to the model whose hidden states it was fitted on: fit one.',
  );
}
