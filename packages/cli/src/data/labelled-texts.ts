import { HalfspaceError } from '@halfspace/core';
import type { LabelledText } from '@halfspace/subspace';
import { locateError } from './locate-error.js';
import { type LabelFlags, type LabelRecipe, saysLabels } from '../attributes/label-recipe.js';
import { columnsOf, optionalTextOf, refuseOtherSpelling, textOf, type Row } from './rows.js';
import { readRows, streamRows } from './stream-rows.js';

/** Columns that the texts of a row are in. */
export interface TextColumns {
  /** Default `prompt`, which a row need not have. */
  readonly prompt?: string;
  /** Default `response`. */
  readonly response?: string;
  /** Column of a text without a prompt, instead of the two. */
  readonly text?: string;
  /** Columns of two responses to one prompt, of which the first is better. Such a row has no label. */
  readonly chosen?: string;
  readonly rejected?: string;
  /** Default `group` where a row has it; else each row is a group of its own. */
  readonly group?: string;
}

/** Rows to fit or to measure on, read from their files each time that they are gone through. */
export interface LabelledTexts extends AsyncIterable<LabelledText> {
  /** How many rows the last reading left out: without a label, on neither side, or with an empty response. */
  readonly leftOut: number;
  /** How many of them had no label. */
  readonly unlabelled: number;
}

/** Columns of texts, and of labels where single texts have them. */
export type LabelledColumns = TextColumns & Pick<LabelFlags, 'label' | 'score' | 'desired' | 'undesired'>;

/**
 * Whether all rows hold two responses each: those columns are named, and nothing is said of single texts, which would be
 * among them.
 */
export function arePairs(columns: LabelledColumns): boolean {
  const { chosen, rejected, response, text } = columns;
  const named = chosen !== undefined || rejected !== undefined;
  return named && response === undefined && text === undefined && !saysLabels(columns);
}

/**
 * The rows of some files, one file after the other, as labelled texts. Of a pair there are two: the chosen
 * one with the label 1, then the rejected one with 0. Unless all rows are pairs, those that have both columns of pairs and no
 * response are pairs among the others. Nothing is read yet, and nothing is kept but what comes
 * from stdin.
 *
 * @returns What throws while it is gone through: a HalfspaceError as {@link streamRows}, and at the end `no-data` when no
 * row is on either side, `bad-row` when no row has the column of prompts that was named.
 */
export function openLabelledTexts(
  paths: readonly string[],
  columns: LabelledColumns,
  labelOf: LabelRecipe,
  signal?: AbortSignal,
): LabelledTexts {
  const read = arePairs(columns) ? pairReader(columns) : mixedReader(columns, labelOf);
  let stdin: Promise<Row[]> | undefined;
  let leftOut = 0;
  let unlabelled = 0;

  async function* rowsOf(path: string): AsyncGenerator<Row> {
    if (path !== '-') return yield* streamRows(path, signal);
    stdin ??= readRows(path, signal);
    yield* await stdin;
  }

  return {
    get leftOut() {
      return leftOut;
    },
    get unlabelled() {
      return unlabelled;
    },
    async *[Symbol.asyncIterator]() {
      let out = 0;
      let blank = 0;
      let found = false;
      let prompted = columns.prompt === undefined || columns.text !== undefined;
      for (const path of paths) {
        for await (const row of rowsOf(path)) {
          const texts = read(row);
          if (texts === UNLABELLED) blank++;
          if (texts.length === 0) out++;
          else found = true;
          prompted ||= columns.prompt !== undefined && columns.prompt in row.values;
          yield* texts;
        }
      }
      [leftOut, unlabelled] = [out, blank];
      if (found && !prompted) {
        throw new HalfspaceError(
          'bad-row',
          `No row has the column "${columns.prompt}", which is to hold prompts.`,
        );
      }
      if (found) return;
      throw new HalfspaceError(
        'no-data',
        `None of the ${out} rows is on either side. Say which labels count with --desired and --undesired.`,
      );
    },
  };
}

/** Makes the labelled texts of a row: none when it is left out. */
type RowReader = (row: Row) => readonly LabelledText[];

/** The texts of a row without a label. */
const UNLABELLED: readonly LabelledText[] = [];

function mixedReader(columns: TextColumns, labelOf: LabelRecipe): RowReader {
  const { text, response = text ?? 'response', chosen = 'chosen', rejected = 'rejected' } = columns;
  const [readText, readPair] = [textReader(columns, labelOf), pairReader(columns)];
  return (row) => {
    const { [response]: single, [chosen]: better, [rejected]: worse } = row.values;
    // In a table a row has every column, with nothing in it where it is of the other kind.
    const isPair = isBlank(single) && better !== undefined && worse !== undefined;
    return isPair ? readPair(row) : readText(row);
  };
}

function textReader(columns: TextColumns, labelOf: LabelRecipe): RowReader {
  const { text, prompt = 'prompt', response = text ?? 'response' } = columns;
  return (row) => {
    const label = labelAt(row, labelOf);
    if (label === null) return UNLABELLED;
    if (label === undefined || (response in row.values && isBlank(row.values[response]))) return [];
    return [
      {
        prompt: text === undefined ? optionalTextOf(row, prompt) : '',
        response: textOf(row, response),
        label,
        group: groupOf(row, columns.group),
      },
    ];
  };
}

function pairReader(columns: TextColumns): RowReader {
  const { prompt = 'prompt', chosen = 'chosen', rejected = 'rejected' } = columns;
  return (row) => {
    if ([chosen, rejected].some((name) => name in row.values && isBlank(row.values[name]))) return [];
    const shared = { prompt: optionalTextOf(row, prompt), group: groupOf(row, columns.group) };
    return [
      { ...shared, response: textOf(row, chosen), label: 1 },
      { ...shared, response: textOf(row, rejected), label: 0 },
    ];
  };
}

function labelAt({ values, place }: Row, labelOf: LabelRecipe): number | null | undefined {
  try {
    return labelOf(values);
  } catch (error) {
    throw locateError(place, error);
  }
}

/** A row whose group is empty stands alone, as one without a group does: to put all of them together would make one group. */
function groupOf({ values, place }: Row, column: string | undefined): string {
  const name = column ?? 'group';
  const value = values[name];
  if (value === undefined && column === undefined) refuseOtherSpelling({ values, place }, name);
  if (isBlank(value) && (column === undefined || value !== undefined)) return place;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return String(value);
  const found = value === undefined ? 'missing' : 'neither text nor number';
  const there = value === undefined ? columnsOf(values, name) : '';
  throw new HalfspaceError('bad-row', `${place}: the group "${name}" is ${found}.${there}`);
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '' || Number.isNaN(value);
}
