import type { Estimate, FitFigures, PairPooling } from '@halfspace/subspace';
import { estimateCells, type EvaluationTable, INTERVAL } from './evaluation-tables.js';
import type { FitStudy } from './fit-study.js';

const POOLINGS = { last: 'last token', mean: 'mean', min: 'minimum' } as const satisfies Record<
  PairPooling,
  string
>;
const POOLING_NAMES = Object.keys(POOLINGS) as PairPooling[];

/** How much the last doubling of the data must have brought for more of them to be worth having. */
const WORTH_HAVING = 0.005;

/** What fits are judged by: pairs won where rows are pairs, else the AUROC; nothing where there was no fit. */
export function judgedBy({ figures }: FitFigures): Readonly<Record<PairPooling, Estimate>> | undefined {
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

/** A table of the fits at one layer each, with what a candidate costs there. */
export function sweepTable(fits: readonly FitFigures[], cut: number | undefined): EvaluationTable {
  return tableOf('Fitted at one layer', fits, ['layer', 'candidates run'], ({ layers }) => [
    layers.join(', '),
    isEarly(layers, cut) ? `to layer ${cut}` : 'to the end',
  ]);
}

function isEarly(layers: readonly number[], cut = -1): boolean {
  return layers.every((layer) => layer <= cut);
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

/** Which layer was best, and which where candidates can stop, in words. */
export function sweepVerdict(fits: readonly FitFigures[], cut: number | undefined): string {
  const early = fits.filter(({ layers }) => isEarly(layers, cut));
  const cheaper =
    early.length === 0 || early.length === fits.length
      ? ''
      : ` Of those where candidates can stop, which costs less, it is ${bestByPooling(early)}.`;
  return (
    `The layer with the best ${measureOf(fits)} is ${bestByPooling(fits)}.${cheaper} Chosen on these rows it flatters: ` +
    '"halfspace fit --layer" chooses by cross-validation on the training data.'
  );
}

function bestByPooling(fits: readonly FitFigures[]): string {
  const valueOf = (fit: FitFigures, pooling: PairPooling) => judgedBy(fit)?.[pooling].value;
  return POOLING_NAMES.map((pooling) => {
    const best = fits.reduce((a, b) => ((valueOf(b, pooling) ?? 0) > (valueOf(a, pooling) ?? 0) ? b : a));
    return `${best.layers.join()} by the ${POOLINGS[pooling]} (${valueOf(best, pooling)?.toFixed(3) ?? '–'})`;
  }).join(', ');
}

/** A warning about the rows, in words; nothing where there is none. */
export function warningOf({ shared }: FitStudy): string | undefined {
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
    title: `${title}, ${measureOf(fits)} by pooling`,
    rows: [
      [...heading, ...POOLING_NAMES.flatMap((pooling) => [POOLINGS[pooling], INTERVAL])],
      ...fits.map((fit) => {
        const found = judgedBy(fit);
        return [
          ...cellsOf(fit),
          ...POOLING_NAMES.flatMap((pooling) =>
            found === undefined ? ['–', '–'] : estimateCells(found[pooling]),
          ),
        ];
      }),
    ],
  };
}

function shareOf({ share }: FitFigures): string {
  return share === 1 ? '1' : `1/${Math.round(1 / share)}`;
}
