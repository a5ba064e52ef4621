import { HalfspaceError, type Control, type Redraw, type Weight } from '@halfspace/core';
import type { WeightedAttribute } from '../attributes/load-attributes.js';
import type { AttributeChoice } from '../options/attribute.js';
import type { ConstraintChoice, ControlFlags } from '../options/control.js';
import type { RedrawFlags } from '../options/redraw.js';

/** All constraints of the flags. */
export function constraintChoices({ atLeast = [], atMost = [], keep = [], chance = [] }: ControlFlags) {
  return [...atLeast, ...atMost, ...keep, ...chance];
}

/** The attributes to load: those with a weight, and with weight 0 those that only constraints or redraws name. */
export function attributeChoices<W extends Weight>(
  weighted: readonly AttributeChoice<W>[],
  constraints: readonly Pick<ConstraintChoice, 'source'>[],
): AttributeChoice<W | number>[] {
  const named = new Set(weighted.map(({ source }) => source));
  const others = new Set(constraints.map(({ source }) => source).filter((source) => !named.has(source)));
  return [...weighted, ...[...others].map((source) => ({ source, weight: 0 }))];
}

/**
 * What the flags ask for.
 *
 * @param choices - The attributes as they were named, in the order of `attributes`.
 * @throws HalfspaceError `bad-option`
 */
export function controlOf(
  flags: ControlFlags,
  choices: readonly AttributeChoice[],
  attributes: readonly WeightedAttribute[],
): Control {
  const constraints = constraintChoices(flags);
  if (flags.budget !== undefined && constraints.length > 0) {
    throw new HalfspaceError(
      'bad-option',
      'A budget and constraints exclude each other: a constraint may take any change. Give one of them.',
    );
  }
  if (flags.budget !== undefined) return { mode: 'kl-budget', nats: flags.budget, per: flags.budgetPer };
  if (constraints.length === 0) return { mode: 'penalty' };
  return {
    mode: 'constraints',
    constraints: constraints.map(({ source, ...constraint }) => ({
      ...constraint,
      attribute: nameOf(source, choices, attributes),
    })),
  };
}

/**
 * When completions are drawn anew, if the flags say so.
 *
 * @param choices - As {@link controlOf}.
 */
export function redrawOf(
  { redrawIfMeanBelow, maxAttempts }: RedrawFlags,
  choices: readonly AttributeChoice[],
  attributes: readonly WeightedAttribute[],
): Redraw | undefined {
  if (redrawIfMeanBelow === undefined) return undefined;
  const below = redrawIfMeanBelow.map(({ source, margin }) => [nameOf(source, choices, attributes), margin]);
  return { ifMeanBelow: Object.fromEntries(below) as Redraw['ifMeanBelow'], maxAttempts };
}

/** The name of an attribute that was chosen by its name or by a path. */
function nameOf(
  source: string,
  choices: readonly AttributeChoice[],
  attributes: readonly WeightedAttribute[],
): string {
  return attributes[choices.findIndex((choice) => choice.source === source)].attribute.name;
}
