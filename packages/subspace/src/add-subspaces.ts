import { defineAttribute, HalfspaceError, type LinearAttribute } from '@halfspace/core';
import { parseSubspace, subspaceOf, type SubspaceArtifact } from './artifact/subspace-artifact.js';

/**
 * An attribute with further subspaces: how a file of `halfspace fit`, as `readSubspace` gives it, is added to an attribute that
 * comes with a package. For the models that the files are for they take the place of those that the attribute has.
 *
 * @typeParam Name - The name of the attribute, which stays.
 * @param artifacts - Files of the attribute; of one model at most one for each deepest layer.
 * @throws HalfspaceError `bad-attribute` for a file of another attribute, or two that end at the same layer; `bad-subspace` for
 * what is not one
 *
 * @example
 * ```ts
 * const attribute = addSubspaces(nontoxic, [await readSubspace('nontoxic-gemma.json')]);
 * const halfspace = await createHalfspace({ backend, attributes: [attribute] });
 * ```
 */
export function addSubspaces<Name extends string>(
  attribute: LinearAttribute<Name>,
  artifacts: readonly SubspaceArtifact[],
): LinearAttribute<Name> {
  const { name, description, cap, subspaces } = attribute;
  const added = artifacts.map((artifact, index) => {
    const checked = parseSubspace(artifact, `File ${index + 1} for "${name}"`);
    if (checked.attribute === name) return subspaceOf(checked);
    throw new HalfspaceError(
      'bad-attribute',
      `A subspace of "${checked.attribute}" cannot be added to "${name}". Add it to the attribute of its name, or make one with attributeOf.`,
    );
  });
  const models = new Set(added.map(({ model }) => model));
  return defineAttribute({
    name,
    description,
    ...(cap !== undefined && { cap }),
    subspaces: [...subspaces.filter(({ model }) => !models.has(model)), ...added],
  });
}
