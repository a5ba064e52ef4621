import { HalfspaceError } from '@halfspace/core';
import type { ChoiceQuestion } from '@halfspace/subspace';
import { textOf, type Row } from './rows.js';
import { readRows } from './stream-rows.js';

/**
 * Reads questions with answers to choose from. A column of choices holds an object with the answers for keys and
 * whether they are right (1 or true, 0 or false) for values, or lists of both named `choices` and `labels`: TruthfulQA is published
 * in either form. An empty answer, of which
 * TruthfulQA has some, is none.
 *
 * @param columns - `choices`: the columns of choices, each a set of questions of its own.
 * @returns By column.
 * @throws HalfspaceError as `readRows`, and `bad-row` naming the row
 */
export async function readChoices(
  paths: readonly string[],
  { prompt = 'question', choices }: { readonly prompt?: string; readonly choices: readonly string[] },
  signal: AbortSignal,
): Promise<Record<string, ChoiceQuestion[]>> {
  const rows = (await Promise.all(paths.map(async (path) => readRows(path, signal)))).flat();
  return Object.fromEntries(
    choices.map((column) => [
      column,
      rows.map((row): ChoiceQuestion => ({ prompt: textOf(row, prompt), choices: choicesOf(row, column) })),
    ]),
  );
}

function choicesOf({ values, place }: Row, column: string): ChoiceQuestion['choices'] {
  const value = values[column];
  const entries = listed(value) ?? (typeof value === 'object' && value !== null ? Object.entries(value) : []);
  const choices = entries
    // In Parquet every row has the answers of all rows, with nothing behind those that are not its own.
    .filter(([response, right]) => response !== '' && right !== null && right !== undefined)
    .map(([response, right]) => ({ response, right: Number(right) }));
  const sides = new Set(choices.map(({ right }) => right));
  const whole = choices.every(({ right }) => right === 0 || right === 1);
  if (whole && sides.size === 2)
    return choices.map(({ response, right }) => ({ response, right: right === 1 }));
  throw new HalfspaceError(
    'bad-row',
    `${place}: "${column}" must hold answers and whether they are right, some 1 and some 0, as in {"yes": 1, "no": 0} or {"choices": ["yes", "no"], "labels": [1, 0]}.`,
  );
}

/** Answers of two lists of one length; undefined where a value is something else. */
function listed(value: unknown): [response: string, right: unknown][] | undefined {
  if (typeof value !== 'object' || value === null || !('choices' in value && 'labels' in value))
    return undefined;
  const { choices, labels } = value;
  if (!Array.isArray(choices) || !Array.isArray(labels) || choices.length !== labels.length) return undefined;
  if (!choices.every((each) => typeof each === 'string')) return undefined;
  // A label that is not there would pass for an answer of another row.
  return choices.map((response, i) => [response, labels[i] ?? NaN]);
}
