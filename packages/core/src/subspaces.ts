import type { Attribute, Subspace } from './contracts/attribute.js';
import type { ModelInfo } from './contracts/backend.js';
import { HalfspaceError } from './errors.js';

/**
 * The subspace of each named attribute for a model.
 *
 * @throws HalfspaceError `unknown-attribute`, `subspace-of-another-model`
 */
export function subspacesOf(
  attributes: readonly Attribute[],
  names: readonly string[],
  model: ModelInfo,
): Subspace[] {
  return names.map((name) => {
    const attribute = attributes.find((each) => each.name === name);
    if (attribute === undefined) {
      const known = attributes.map((each) => each.name).join(', ') || 'none';
      throw new HalfspaceError('unknown-attribute', `There is no attribute "${name}". Known here: ${known}.`);
    }
    const subspace = attribute.subspaces.find((each) => each.model === model.fingerprint);
    if (subspace === undefined || !fits(subspace, model)) {
      throw new HalfspaceError(
        'subspace-of-another-model',
        `The attribute "${name}" has no subspace for ${model.name} (${model.fingerprint.slice(0, 12)}…). ` +
          'A subspace only means something to the model whose hidden states it was fitted on: fit one.',
      );
    }
    return subspace;
  });
}

function fits(subspace: Subspace, model: ModelInfo): boolean {
  return subspace.direction.length === model.width && subspace.layer <= model.layers;
}
