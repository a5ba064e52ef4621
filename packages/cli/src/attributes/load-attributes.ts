import { assertSubspaces, didYouMean, HalfspaceError, type Attribute, type Weight } from '@halfspace/core';
import { attributeAtPath } from './attribute-module.js';
import { knownAttributes, type KnownAttributes } from './known-attributes.js';
import { isAttributePath, type AttributeChoice } from '../options/attribute.js';
import type { BackendFlags } from '../model/with-backend.js';

/** An attribute and how much it counts, in nats per unit of margin. */
export interface WeightedAttribute<W extends Weight = Weight> {
  readonly attribute: Attribute;
  readonly weight: W;
}

/**
 * Loads the attributes that the user named.
 *
 * @param fallback - The weight of those that are given none.
 * @throws HalfspaceError `unknown-attribute`, `bad-attribute` when two have one name, `bad-config`, and what
 * `attributeAtPath` throws
 */
export async function loadAttributes<W extends Weight>(
  choices: readonly AttributeChoice<W>[],
  fallback: W,
): Promise<WeightedAttribute<W>[]> {
  const lookUp = createLookup();
  const loaded = await Promise.all(
    choices.map(async ({ source, weight = fallback }) => ({ attribute: await lookUp(source), weight })),
  );
  const names = loaded.map(({ attribute }) => attribute.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new HalfspaceError('bad-attribute', `Two attributes are named "${twice}". Keep one of them.`);
  }
  return loaded;
}

/** Refuses a model that an attribute has no subspace for, before it is loaded: for `withBackend`. */
export function onlyFor(attributes: readonly Attribute[]): Pick<BackendFlags, 'onFound'> {
  return { onFound: (model) => assertSubspaces(attributes, model) };
}

/** Attributes that can be called by their name, besides some that are loaded, with weight 0. */
export async function otherAttributes(loaded: readonly WeightedAttribute[]): Promise<WeightedAttribute[]> {
  const { byName } = await knownAttributes();
  const others = [...byName.values()].filter(({ attribute: { name } }) =>
    loaded.every(({ attribute }) => attribute.name !== name),
  );
  return others.map(({ attribute }) => ({ attribute, weight: 0 }));
}

/** Loads what is known by name only when a name is asked for. */
function createLookup(): (source: string) => Promise<Attribute> {
  let known: Promise<KnownAttributes> | undefined;
  return async (source) => {
    if (isAttributePath(source)) return (await attributeAtPath(source)).attribute;
    known ??= knownAttributes();
    const { byName, summary } = await known;
    const found = byName.get(source);
    if (found !== undefined) return found.attribute;
    throw new HalfspaceError(
      'unknown-attribute',
      `There is no attribute "${source}".${didYouMean(source, byName.keys())} ${summary} For one of your own write its path, with a slash or an ending such as .json.`,
    );
  };
}
