import { type Backend, HalfspaceError, inTurns, type LinearAttribute, subspaceFor } from '@halfspace/core';
import { checkRows, countRows } from '../data/check-rows.js';
import { digestOf } from '../data/data-digest.js';
import { pairUp } from '../data/pairs.js';
import type { FitProgress } from '../fit/fit-options.js';
import type { LabelledText } from '../data/labelled-text.js';
import { encodeRow } from '../data/response-states.js';
import type { RowCounts } from '../data/row-counts.js';
import { type Interference, measureInterference } from './interference.js';
import { type MarginFigures, measureMargins } from './margin-figures.js';
import type { MarginTrack } from './margin-track.js';
import { measurePairs, type PairFigures } from './pair-figures.js';
import { readMargins } from './read-margins.js';

/** Settings of {@link evaluateAttributes}. */
export interface EvaluateOptions {
  /** The rows are pairs: the preferred response (label 1), then the other (label 0), and so on (default false). */
  readonly pairs?: boolean;
  /** Whether a prompt is given to the model as a user's turn in its chat template (default false). */
  readonly chat?: boolean;
  /** Seed of the bootstrap: an integer (default 0). */
  readonly seed?: number;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each row. */
  readonly onProgress?: (progress: FitProgress) => void;
}

/** What one attribute's margins say of the labels. */
export interface AttributeEvaluation<Name extends string = string> extends MarginFigures {
  /** Name of the attribute. */
  readonly attribute: Name;
  /** Layers that its subspace reads. */
  readonly layers: readonly number[];
  /** Present when these are the very rows that its subspace was fitted on: the figures say nothing of other texts then. */
  readonly fittedOnTheseRows?: true;
  /** Present when the rows have pairs. */
  readonly pairs?: PairFigures;
}

/**
 * Figures of attributes on rows that they were not fitted on. Plain JSON.
 *
 * @typeParam Name - Names of the attributes.
 */
export interface Evaluation<Name extends string = string> {
  /** The model that the margins are of. */
  readonly model: {
    /** Name for people. */
    readonly name: string;
    /** sha-256 (hex) of the weights as published. */
    readonly fingerprint: string;
  };
  /** The rows that were measured on. */
  readonly data: RowCounts & {
    /** Tokens of all responses. */
    readonly tokens: number;
  };
  /** One for each attribute, in the order given. */
  readonly attributes: readonly AttributeEvaluation<Name>[];
  /** Present when there are several attributes. */
  readonly interference?: Interference;
}

/**
 * Fewest groups with rows of each label. With three and three, chance alone orders them perfectly one time
 * in twenty; with fewer, a perfect AUROC would say nothing.
 */
const FEWEST_GROUPS = 3;

/**
 * Measures attributes against labels, all of them in one run of the model over the rows. They must be rows
 * that no attribute was fitted or calibrated on, or the figures flatter; where they are the very ones, it says so.
 *
 * @typeParam Name - Names of the attributes; leave it to be inferred.
 * @param labelled - Labelled responses, in any order; a label of one half or more counts as 1. The labels speak of one value: of several attributes, the
 * figures of the others say how far they react to it.
 * @throws HalfspaceError before any work of the model: `no-data`, `bad-row`, `one-sided-data`,
 * `too-little-data`, `subspace-of-another-model`, and naming the row `empty-response` and
 * `context-overflow`. Later: `aborted`, `not-finite`.
 */
export async function evaluateAttributes<Name extends string>(
  backend: Backend,
  attributes: readonly LinearAttribute<Name>[],
  labelled: readonly LabelledText[],
  { pairs = false, chat = false, seed = 0, signal, onProgress }: EvaluateOptions = {},
): Promise<Evaluation<Name>> {
  const { name, fingerprint } = backend.model;
  const names = attributes.map((attribute) => attribute.name);
  const subspaces = attributes.map((attribute) => subspaceFor(attribute, backend.model));
  checkRows(labelled);
  const rows = labelled.map((row): SidedText => ({ ...row, label: row.label >= 0.5 ? 1 : 0 }));
  checkLabels(rows);
  if (pairs) checkPairs(rows);
  const encoded = await inTurns(rows, (row, i) => encodeRow(backend, row, i + 1, chat), signal);
  const digest = digestOf(labelled);
  const margins = await readMargins(backend, subspaces, encoded, { signal, onProgress });
  return {
    model: { name, fingerprint },
    data: { ...countRows(rows), tokens: margins[0].reduce((sum, { length }) => sum + length, 0) },
    attributes: subspaces.map(({ layers, fittedOn }, a) => {
      const tracks = rows.map(({ label, group }, i): MarginTrack => ({
        margins: margins[a][i],
        label,
        group,
      }));
      return {
        attribute: names[a],
        layers,
        ...(fittedOn === digest ? { fittedOnTheseRows: true as const } : {}),
        ...measureMargins(tracks, { seed }),
        ...(pairs ? { pairs: measurePairs(pairUp(tracks), { seed }) } : {}),
      };
    }),
    ...(subspaces.length < 2
      ? {}
      : {
          interference: measureInterference(
            subspaces.map((subspace, a) => ({ name: names[a], subspace, margins: margins[a] })),
          ),
        }),
  };
}

/** A labelled text that is on one side or the other. */
interface SidedText extends LabelledText {
  readonly label: 0 | 1;
}

function checkLabels(rows: readonly LabelledText[]): void {
  for (const label of [1, 0] as const) {
    const { rows: count, groups } = countRows(rows.filter((row) => row.label === label));
    if (count === 0) {
      throw new HalfspaceError(
        'one-sided-data',
        `No row has the label ${label}; figures need rows that have the value (1) and rows that lack it (0).`,
      );
    }
    if (groups < FEWEST_GROUPS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${groups} groups have rows of label ${label}; at least ${FEWEST_GROUPS} are needed to measure anything.`,
      );
    }
  }
}

function checkPairs(rows: readonly LabelledText[]): void {
  const odd = rows.findIndex(({ label }, i) => label !== 1 - (i % 2)) + 1 || (rows.length % 2) * rows.length;
  if (odd === 0) return;
  throw new HalfspaceError(
    'bad-row',
    `Row ${odd} breaks the pairs: rows of label 1 and of label 0 must take turns, each two being a pair.`,
  );
}
