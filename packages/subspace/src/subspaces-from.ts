import type { Subspace } from '@halfspace/core';
import { parseSubspace, subspaceOf } from './artifact/subspace-artifact.js';

/**
 * The subspaces of artifacts that a program has at hand, such as JSON that it imports or requires: how a package reads those
 * that it brings if it is to be bundled, as no file is read then. What the user makes for a model takes their place.
 *
 * @param artifacts - What the files hold, parsed; each for another model or with other layers.
 * @throws HalfspaceError `bad-subspace` when one of them is not a subspace, naming the field at fault
 */
export function subspacesFrom(artifacts: readonly unknown[]): Subspace[] {
  return artifacts.map((artifact, index) => ({
    ...subspaceOf(parseSubspace(artifact, `Artifact ${index}`)),
    shipped: true,
  }));
}
