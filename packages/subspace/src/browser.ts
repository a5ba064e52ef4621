// What needs no Node: attributes with their subspaces, whose files a bundler or the page reads.
export { attributeOf, parseSubspace, subspaceOf } from './artifact/subspace-artifact.js';
export type { SubspaceArtifact } from './artifact/subspace-artifact.js';
export { labelBy } from './data/label-recipe.js';
export type { LabelOf, LabelRecipe, ScaleEnd } from './data/label-recipe.js';
export { subspacesFrom } from './subspaces-from.js';
export { addSubspaces } from './add-subspaces.js';
