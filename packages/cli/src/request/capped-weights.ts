import { HalfspaceError, type Weight } from '@halfspace/core';
import type { WeightedAttribute } from '../attributes/load-attributes.js';
import type { AttributeChoice } from '../options/attribute.js';
import type { CapFlags } from '../options/caps.js';

/** Some weights that all are of one kind, with caps or without. */
type Capped<W extends Weight> = W | { readonly weight: Exclude<W, object>; readonly cap?: number };

/**
 * Weights by the names of their attributes, with the caps that flags give them. What a flag says of one attribute comes before what
 * another says of all, and both before what a file of weights says.
 *
 * @param choices - The attributes as they were named, in the order of `chosen`.
 * @throws HalfspaceError `bad-option` for a cap of what is not named
 */
export function cappedWeights<W extends Weight>(
  chosen: readonly WeightedAttribute<W>[],
  choices: readonly AttributeChoice[],
  caps: CapFlags = { own: {} },
): Record<string, Capped<W>> {
  const names = chosen.map(({ attribute }, i) => [choices[i].source, attribute.name]);
  const lost = Object.keys(caps.own).find((name) => !names.some((both) => both.includes(name)));
  if (lost !== undefined) {
    throw new HalfspaceError(
      'bad-option',
      `--cap ${lost} is of an attribute that has no weight here. Name it with --attribute as well.`,
    );
  }
  const weights = chosen.map(({ attribute, weight }, i) => {
    const [own] = names[i].flatMap((name) => caps.own[name] ?? []);
    return [attribute.name, withCap(weight, own ?? caps.all)] as const;
  });
  return Object.fromEntries(weights);
}

function withCap<W extends Weight>(weight: W, cap: number | undefined): Capped<W> {
  if (cap === undefined) return weight;
  const value = typeof weight === 'object' ? weight.weight : weight;
  return { weight: value as Exclude<W, object>, cap };
}
