import { HalfspaceError } from '@halfspace/contracts';
import { PACKED, type PackedFile } from './packed.js';
import { PARTS, RECIPES, VALUES, type Part, type SetRecipe, type Value } from './recipes.js';

/** What there is for a value. Nothing is read from the disk to say it. */
export interface ValueLabels {
  /** Its name. */
  readonly value: Value;
  /** What is true of texts on the desired side. */
  readonly description: string;
  /** The sets of each part; none where there is nothing for it. */
  readonly parts: Readonly<Record<Part, readonly LabelSetInfo[]>>;
}

/** What is known of a set of rows before it is read. */
export interface LabelSetInfo extends SetRecipe, PackedFile {}

const DESCRIPTIONS: Readonly<Record<Value, string>> = {
  nontoxic: 'free of rude, hateful and threatening language',
  helpful: 'answers what was asked, as people prefer it',
  truthful: 'free of false claims and common misconceptions',
};

/** The values that there are labels for, with the sets of each: where they are from, how they are read, how many rows. */
export function values(): readonly ValueLabels[] {
  return VALUES.map((value) => ({
    value,
    description: DESCRIPTIONS[value],
    parts: Object.fromEntries(PARTS.map((part) => [part, setsOf(value, part)])) as ValueLabels['parts'],
  }));
}

/** Whether there are labels for a value of this name. */
export function hasLabels(name: string): name is Value {
  return (VALUES as readonly string[]).includes(name);
}

/**
 * The sets of a part of a value.
 *
 * @throws HalfspaceError `unknown-attribute`, `bad-option`
 */
export function setsOf(value: Value, part: Part): readonly LabelSetInfo[] {
  if (!hasLabels(value)) {
    throw new HalfspaceError(
      'unknown-attribute',
      `There are no labels for ${JSON.stringify(value)}. There are for: ${VALUES.join(', ')}.`,
    );
  }
  if (!PARTS.includes(part)) {
    throw new HalfspaceError(
      'bad-option',
      `The option part must be one of ${PARTS.join(', ')}; got ${JSON.stringify(part)}.`,
    );
  }
  return RECIPES[value][part].map((recipe) => ({ ...recipe, ...PACKED[recipe.file] }));
}
