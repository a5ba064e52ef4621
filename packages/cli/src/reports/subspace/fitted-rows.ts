import { basename, relative, resolve } from 'node:path';
import type { LinearAttribute } from '@halfspace/core';
import { digestOf, type Evaluation, type LabelledText } from '@halfspace/subspace';
import { errColours } from '../../terminal/colours.js';
import { note } from '../../terminal/output.js';

/** Rows, and the files that they are from, as the user named them. */
interface RowsOfFiles {
  readonly texts: readonly LabelledText[];
  readonly paths: readonly string[];
}

/** Ways to write a path. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => relative('', path),
  (path) => `./${relative('', path)}`,
  (path) => resolve(path),
  (path) => basename(path),
];

/**
 * An evaluation that also says of attributes that they were fitted on these rows where the files were named otherwise then: a row
 * without a group has its place for one, and that has the path as it was written.
 */
export function withFitted(
  evaluation: Evaluation,
  attributes: readonly LinearAttribute[],
  { texts, paths }: RowsOfFiles,
): Evaluation {
  const digests = new Set(
    SPELLINGS.map((spell) => digestOf(texts.map((text) => respelt(text, paths, spell)))),
  );
  return {
    ...evaluation,
    attributes: evaluation.attributes.map((each, i) => {
      const { fingerprint } = evaluation.model;
      const known = attributes[i].subspaces.some(
        ({ model, layers, fittedOn = '' }) =>
          model === fingerprint && String(layers) === String(each.layers) && digests.has(fittedOn),
      );
      return known ? { ...each, fittedOnTheseRows: true } : each;
    }),
  };
}

function respelt(
  text: LabelledText,
  paths: readonly string[],
  spell: (path: string) => string,
): LabelledText {
  const path = paths.find((each) => text.group.startsWith(`${each}:`));
  return path === undefined ? text : { ...text, group: spell(path) + text.group.slice(path.length) };
}

/** Warns of figures that flatter. */
export function tellOfFitted({ attributes }: Evaluation): void {
  for (const { attribute, fittedOnTheseRows } of attributes) if (fittedOnTheseRows) noteFitted(attribute);
}

/** Warns that an attribute is judged by the rows that it was fitted on. */
export function noteFitted(attribute: string): void {
  note(
    `${errColours.yellow('warning')}: ${attribute} was fitted on these very rows. Figures on them flatter, and say nothing of other texts.`,
  );
}
