import { HalfspaceError, type Attribute } from '@halfspace/core';
import { INSTALLED } from './installed-attributes.js';
import { isSubspacePath, type AttributeChoice } from './options/attribute.js';

/** An attribute and how much it counts, in nats per unit of margin. */
export interface WeightedAttribute {
  readonly attribute: Attribute;
  readonly weight: number;
}

/**
 * Loads the attributes that the user named.
 *
 * @throws HalfspaceError `unknown-attribute`, `bad-attribute` when two have one name, and what reading a
 * subspace file throws
 */
export async function loadAttributes(choices: readonly AttributeChoice[]): Promise<WeightedAttribute[]> {
  const loaded = await Promise.all(
    choices.map(async ({ source, weight }) => ({ attribute: await loadAttribute(source), weight })),
  );
  const names = loaded.map(({ attribute }) => attribute.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new HalfspaceError('bad-attribute', `Two attributes are named "${twice}". Keep one of them.`);
  }
  return loaded;
}

async function loadAttribute(source: string): Promise<Attribute> {
  if (isSubspacePath(source)) {
    // Loaded on demand: its schema takes a tenth of a second, which plain decoding need not wait for.
    const { attributeOf, readSubspace } = await import('@halfspace/subspace');
    return attributeOf(await readSubspace(source));
  }
  const load = INSTALLED.get(source);
  if (load !== undefined) return (await load()).attribute;
  throw new HalfspaceError(
    'unknown-attribute',
    `There is no attribute "${source}". Installed: ${[...INSTALLED.keys()].join(', ')}. For a subspace ` +
      'file write its path, with a slash or the ending .json.',
  );
}
