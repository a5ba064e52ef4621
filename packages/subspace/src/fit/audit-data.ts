import { createHash } from 'node:crypto';
import { type Backend, throwIfAborted } from '@halfspace/core';
import { checkPair, checkRow, type RowsOfSplit, type RowsOfSplits } from '../data/check-rows.js';
import { lineOf } from '../data/data-digest.js';
import type { CheckedFitOptions } from './fit-settings.js';
import type { LabelledText } from '../data/labelled-text.js';
import { encodeRow } from '../data/response-states.js';
import type { Rows } from './row-blocks.js';
import { hashOf, isHeldOut } from '../data/split.js';
import type { CrossValidation, RowCounts } from '../data/row-counts.js';
import { DIVISIONS, foldsFor, isSmall } from './small-data.js';

/** Rows of a side below which figures have wide intervals. */
const FEW_ROWS = 200;
/** Share of the rows that the smaller side needs for the two not to be called uneven. */
const EVEN = 0.1;
/** Share of the rows whose response may stand in other groups too before it is worth a word. */
const SHARED = 0.05;

/** What is known of the data before a fit. */
export interface DataReport extends RowCounts {
  /** sha-256 (hex) of the rows as JSON lines with their keys in alphabetical order. */
  readonly digest: string;
  /** Tokens of all responses. */
  readonly tokens: number;
  /** The split that is held out: all rows where figures are cross-validated, for each is set aside once a division. */
  readonly heldOut: RowCounts;
  /** Present where figures are cross-validated. */
  readonly crossValidation?: CrossValidation;
  /** Rows with prompt and response of an earlier one. */
  readonly duplicates: number;
  /** Those of them that are on the other side than the first one with their text. */
  readonly contradictions: number;
  /** Prompts that occur in more than one group. */
  readonly sharedPrompts: number;
  /** Rows whose response is that of an earlier row of another group. */
  readonly sharedResponses: number;
  /** Rows that stand next to no other row of their prompt; only where states are centred by prompt. */
  readonly alone?: number;
  /** What is doubtful about the data and what to do about it, a sentence or two each. */
  readonly warnings: readonly string[];
}

/** What {@link auditData} finds. */
export interface DataAudit {
  readonly report: DataReport;
  readonly splits: RowsOfSplits;
  /** Rows of both splits. */
  readonly all: RowsOfSplit;
  /** Tokens that the model has to run, prompts included: of the rows fitted on, and of those held out. */
  readonly work: { readonly fitting: number; readonly heldOut: number };
}

/**
 * Goes over all rows once without running the model, so that every fault of the data shows before it does.
 * Keeps a few numbers for each row, group and prompt.
 *
 * @throws HalfspaceError `aborted`, and naming the row `bad-row`, `empty-response` and `context-overflow`
 */
export async function auditData(
  backend: Backend,
  rows: Rows,
  settings: CheckedFitOptions,
  signal: AbortSignal | undefined,
): Promise<DataAudit> {
  const digest = createHash('sha256');
  const splits = { fitting: createCounter(), heldOut: createCounter() };
  const all = createCounter();
  const texts = createTextIndex();
  const neighbours = createNeighbourCount();
  const work = { fitting: 0, heldOut: 0 };
  let first: LabelledText | undefined;
  let number = 0;
  let tokens = 0;
  for await (const row of rows) {
    throwIfAborted(signal);
    number++;
    checkRow(row, number);
    if (settings.pairs) {
      if (number % 2 === 0) checkPair(first, row, number);
      first = row;
    }
    const encoded = encodeRow(backend, row, number, settings.chat);
    const split = isHeldOut(row.group, settings.heldOut, settings.seed) ? 'heldOut' : 'fitting';
    const group = hashOf(row.group);
    digest.update(lineOf(row));
    splits[split].add(row.label, group);
    all.add(row.label, group);
    texts.add(row, group);
    neighbours.add(row);
    tokens += encoded.tokens.length - encoded.start;
    work[split] += encoded.tokens.length;
  }
  if (settings.pairs && number % 2 === 1) checkPair(first, undefined, number);
  const crossValidates = settings.crossValidate ?? isSmall(all);
  const found = {
    ...all.counts(),
    digest: digest.digest('hex'),
    tokens,
    heldOut: crossValidates ? all.counts() : splits.heldOut.counts(),
    ...(crossValidates && { crossValidation: { folds: foldsFor(all), divisions: DIVISIONS } }),
    ...texts.counts,
    ...(settings.centring === 'prompt' && !settings.pairs ? { alone: neighbours.alone() } : {}),
  };
  if (crossValidates) {
    work.fitting += work.heldOut;
    work.heldOut = 0;
  }
  return { report: { ...found, warnings: warningsOf(found) }, splits, all, work };
}

/** Counts the rows of one split of the data. */
function createCounter() {
  const all = new Set<number>();
  const groupsByLabel = [new Set<number>(), new Set<number>()] as const;
  const counter = {
    rows: 0,
    positive: 0,
    negative: 0,
    leaning: [0, 0] as [negative: number, positive: number],
    add(label: number, group: number) {
      counter.rows++;
      counter.positive += label;
      counter.negative += 1 - label;
      all.add(group);
      const side = label >= 0.5 ? 1 : 0;
      counter.leaning[side]++;
      groupsByLabel[side].add(group);
    },
    groupsOf: (label: 0 | 1) => groupsByLabel[label].size,
    counts: (): RowCounts => ({
      rows: counter.rows,
      positive: counter.positive,
      negative: counter.negative,
      groups: all.size,
    }),
  };
  return counter;
}

/** Finds texts that occur again. */
function createTextIndex() {
  const desiredByText = new Map<number, boolean>();
  const prompts = new Map<number, number>();
  const responses = new Map<number, number>();
  const shared = new Set<number>();
  const counts = { duplicates: 0, contradictions: 0, sharedPrompts: 0, sharedResponses: 0 };
  return {
    counts,
    add({ prompt, response, label }: LabelledText, group: number) {
      const text = hashOf(JSON.stringify([prompt, response]));
      const desired = label >= 0.5;
      const before = desiredByText.get(text);
      if (before === undefined) desiredByText.set(text, desired);
      else {
        counts.duplicates++;
        if (before !== desired) counts.contradictions++;
      }
      const answer = hashOf(response);
      if ((responses.get(answer) ?? group) !== group) counts.sharedResponses++;
      else responses.set(answer, group);
      if (prompt === '') return;
      const question = hashOf(prompt);
      if ((prompts.get(question) ?? group) !== group) shared.add(question);
      else prompts.set(question, group);
      counts.sharedPrompts = shared.size;
    },
  };
}

/** Counts rows that have another prompt than the row before and the row after. */
function createNeighbourCount() {
  let alone = 0;
  let run = 0;
  let prompt: string | undefined;
  const settle = (): void => void (run === 1 && alone++);
  return {
    add(row: LabelledText) {
      if (row.prompt !== prompt) {
        settle();
        run = 0;
      }
      run++;
      ({ prompt } = row);
    },
    alone() {
      settle();
      return alone;
    },
  };
}

function warningsOf(found: Omit<DataReport, 'warnings'>): string[] {
  const { rows, positive, negative, duplicates, contradictions, sharedPrompts, sharedResponses } = found;
  const { alone = 0 } = found;
  const [few, which] = positive < negative ? [positive, 'desired'] : [negative, 'undesired'];
  const warnings: readonly (readonly [boolean, string])[] = [
    [
      few < EVEN * rows,
      `Only ${percent(few / rows)} of the rows are on the ${which} side. Figures rest on those few; add more of them.`,
    ],
    [
      few < FEW_ROWS,
      `Only ${count(few)} rows are on the ${which} side, so intervals will be wide. A few hundred of each side make figures worth quoting.`,
    ],
    [
      duplicates > 0,
      `Rows that repeat prompt and response of an earlier one: ${duplicates}. They count again; remove copies.`,
    ],
    [
      contradictions > 0,
      `Repetitions on the other side than the first: ${contradictions}. That is noise in the labels; look at them.`,
    ],
    [
      sharedPrompts > 0,
      `Prompts that occur in more than one group: ${sharedPrompts}. A prompt that is fitted on and measured on makes figures flatter; give all rows of a prompt the same group.`,
    ],
    [
      sharedResponses > SHARED * rows,
      `Rows with the response of a row in another group: ${percent(sharedResponses / rows)}. A response that is fitted on and measured on makes figures flatter; give copies the same group.`,
    ],
    [
      alone > 0,
      `Rows that stand next to no other row of their prompt: ${alone}. There is nothing to centre them by, so they are not fitted on; sort the data by prompt.`,
    ],
  ];
  return warnings.filter(([holds]) => holds).map(([, words]) => words);
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}

function count(rows: number): string {
  return Number.isInteger(rows) ? String(rows) : rows.toFixed(1);
}
