import type { Attribute, Subspace } from './contracts/attribute.js';
import { CONTRACT_VERSION } from './contracts/version.js';
import { HalfspaceError } from './errors.js';

/** What a plugin author writes to declare an attribute: an {@link Attribute} without its contract. */
export type AttributeDefinition = Omit<Attribute, 'contract'>;

const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** How far from 1 the norm of a float32 direction may be. */
const NORM_TOLERANCE = 1e-4;

/**
 * Declares an attribute. The definition is checked, copied and frozen, so that a fault in a plugin shows
 * where the plugin is loaded and not in the middle of a completion.
 *
 * @throws HalfspaceError `bad-attribute` when the name is not kebab-case, the description is empty, two
 * subspaces are for the same model, or a subspace is not a unit direction with finite numbers and a
 * positive slope.
 */
export function defineAttribute(definition: AttributeDefinition): Attribute {
  const { name, description, subspaces } = definition;
  if (!KEBAB_CASE.test(name)) {
    throw new HalfspaceError(
      'bad-attribute',
      `"${name}" cannot name an attribute: use lower-case words joined by hyphens, such as "self-harm".`,
    );
  }
  if (description.trim() === '') {
    fail(name, 'has no description; say in one line what its positive side means.');
  }
  const models = new Set<string>();
  for (const { model } of subspaces) {
    if (models.has(model)) fail(name, `has two subspaces for the model ${model}; keep one.`);
    models.add(model);
  }
  return Object.freeze({
    contract: CONTRACT_VERSION,
    name,
    description,
    subspaces: Object.freeze(subspaces.map((subspace) => checkedCopy(name, subspace))),
  });
}

function checkedCopy(name: string, subspace: Subspace): Subspace {
  const { model, layer, direction, offset, calibration } = subspace;
  const { slope, intercept } = calibration;
  if (model === '') fail(name, 'has a subspace without a model fingerprint.');
  if (!Number.isInteger(layer) || layer < 0) fail(name, `reads layer ${layer}; layers are counted from 0.`);
  const norm = Math.hypot(...direction);
  if (!(Math.abs(norm - 1) < NORM_TOLERANCE)) {
    fail(name, `has a direction of norm ${norm}; divide direction and offset by it and multiply the slope.`);
  }
  for (const [what, value] of Object.entries({ offset, slope, intercept })) {
    if (!Number.isFinite(value)) fail(name, `has the ${what} ${value}; it must be a finite number.`);
  }
  if (slope <= 0) {
    fail(name, `has the slope ${slope}; the positive side must be the desired one, so turn the direction.`);
  }
  return Object.freeze({
    model,
    layer,
    direction: direction.slice(),
    offset,
    calibration: Object.freeze({ slope, intercept }),
  });
}

function fail(name: string, complaint: string): never {
  throw new HalfspaceError('bad-attribute', `The attribute "${name}" ${complaint}`);
}
