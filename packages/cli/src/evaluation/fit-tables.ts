import type { Estimate, FitFigures, PairReading } from '@halfspace/subspace';
import { type EvaluationTable, estimateCells, INTERVAL } from './evaluation-tables.js';
import type { FitStudy } from './fit-study.js';

const READINGS = { last: 'last token', mean: 'mean', min: 'minimum' } as const satisfies Record<
  PairReading,
  string
>;
const READING_NAMES = Object.keys(READINGS) as PairReading[];

/** How much the last doubling of the data must have brought for more of them to be worth having. */
const WORTH_HAVING = 0.005;

/** What fits are judged by: pairs won where rows are pairs, else the AUROC; nothing where there was no fit. */
export function judgedBy({ figures }: FitFigures): Readonly<Record<PairReading, Estimate>> | undefined {
  return figures?.won ?? figures?.auroc;
}

/** What fits are judged by, in words. */
export function measureOf(fits: readonly FitFigures[]): string {
  return fits.some(({ figures }) => figures?.won !== undefined) ? 'share of pairs won' : 'AUROC';
}

/** A table of the fits on growing shares. */
export function curveTable(fits: readonly FitFigures[]): EvaluationTable {
  return tableOf('Fitted on a share of the training data', fits, ['share', 'rows', 'groups'], (fit) => [
    shareOf(fit),
    String(fit.rows),
    String(fit.groups),
  ]);
}

/** A table of the fits at one layer each. */
export function sweepTable(fits: readonly FitFigures[]): EvaluationTable {
  return tableOf('Fitted at one layer', fits, ['layer'], ({ layers }) => [layers.join(', ')]);
}

/** What a learning curve comes to, in words. */
export function curveVerdict(fits: readonly FitFigures[]): string {
  const [half, all] = fits.slice(-2).map((fit) => judgedBy(fit)?.last.value);
  if (half === undefined || all === undefined) {
    return 'There are too few training data to tell how much of them is enough.';
  }
  const gain = all - half;
  const advice = gain >= WORTH_HAVING ? 'more of them would help' : 'more of the same would add little';
  return (
    `The last doubling of the training data changed the ${measureOf(fits)} after the last token by ` +
    `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(3)}: ${advice}.`
  );
}

/** Which layer was best, in words. */
export function sweepVerdict(fits: readonly FitFigures[]): string {
  const best = (reading: PairReading) =>
    fits.reduce((a, b) =>
      (judgedBy(b)?.[reading].value ?? 0) > (judgedBy(a)?.[reading].value ?? 0) ? b : a,
    );
  const found = READING_NAMES.map((reading) => {
    const fit = best(reading);
    return `${fit.layers.join()} by the ${READINGS[reading]} (${judgedBy(fit)?.[reading].value.toFixed(3) ?? '–'})`;
  });
  return (
    `The layer with the best ${measureOf(fits)} is ${found.join(', ')}. Chosen on these rows it flatters: ` +
    '"halfspace fit --layer" chooses by cross-validation on the training data.'
  );
}

/** A doubt about the rows, in words; nothing where there is none. */
export function doubtOf({ shared }: FitStudy): string | undefined {
  if (shared === 0) return undefined;
  return `Rows evaluated that are among the training data, too: ${shared}. Leave them out; they make the figures of the fits flatter.`;
}

function tableOf(
  title: string,
  fits: readonly FitFigures[],
  heading: readonly string[],
  cellsOf: (fit: FitFigures) => readonly string[],
): EvaluationTable {
  return {
    title: `${title}, ${measureOf(fits)} by reading`,
    rows: [
      [...heading, ...READING_NAMES.flatMap((reading) => [READINGS[reading], INTERVAL])],
      ...fits.map((fit) => {
        const found = judgedBy(fit);
        return [
          ...cellsOf(fit),
          ...READING_NAMES.flatMap((reading) =>
            found === undefined ? ['–', '–'] : estimateCells(found[reading]),
          ),
        ];
      }),
    ],
  };
}

function shareOf({ share }: FitFigures): string {
  return share === 1 ? '1' : `1/${Math.round(1 / share)}`;
}
