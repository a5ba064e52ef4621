import type {
  AttributeEvaluation,
  Estimate,
  Interference,
  PairFigures,
  PairPooling,
  Pooling,
} from '@halfspace/subspace';
import { shortened } from '../../terminal/width.js';

/** A table of an evaluation, for any medium. */
export interface EvaluationTable {
  readonly title: string;
  /** The heading first; all of one length. */
  readonly rows: readonly (readonly string[])[];
}

/** Groups that a table shows from either end. */
const SHOWN_GROUPS = 5;
/** Characters of the name of a group that a table shows: it may be a text. */
const GROUP_NAME = 40;

/** The ways to read a response, in words. */
export const POOLINGS = {
  last: 'after the last token',
  mean: 'mean over the response',
  min: 'minimum over the response',
  every: 'every token by itself',
} as const satisfies Record<Pooling, string>;

const PAIRS = {
  all: 'all',
  similarLength: 'lengths within 10 %',
  chosenLonger: 'chosen one longer',
  chosenShorter: 'chosen one shorter',
} as const satisfies Partial<Record<keyof PairFigures, string>>;

/** The tables of one attribute. */
export function attributeTables(evaluation: AttributeEvaluation): EvaluationTable[] {
  const { pairs, groups } = evaluation;
  return [
    poolingsTable(evaluation),
    tenthsTable(evaluation),
    ...(pairs === undefined ? [] : [pairsTable(pairs)]),
    ...(groups.length === 0 ? [] : [groupsTable(evaluation)]),
  ];
}

/** Why a cosine is missing. */
export const BETWEEN_LAYERS = '– where two read different layers: there is none';

/** Whether no number of a matrix is missing. */
export function isWhole(matrix: readonly (readonly (number | null)[])[]): boolean {
  return matrix.flat().every((value) => value !== null);
}

/** The tables of several attributes together. */
export function interferenceTables({ attributes, cosines, correlations }: Interference): EvaluationTable[] {
  const matrix = (title: string, values: readonly (readonly (number | null)[])[]): EvaluationTable => ({
    title,
    rows: [['', ...attributes], ...values.map((row, a) => [attributes[a], ...row.map(signed)])],
  });
  return [
    matrix(`Cosines between directions${isWhole(cosines) ? '' : `, ${BETWEEN_LAYERS}`}`, cosines),
    matrix('Correlations of margins after the last token', correlations.last),
    matrix('Correlations of margins over all tokens', correlations.every),
  ];
}

function poolingsTable({ poolings }: AttributeEvaluation): EvaluationTable {
  const heading = [
    'read',
    'AUROC',
    INTERVAL,
    'AUPRC',
    INTERVAL,
    'right at 0',
    INTERVAL,
    'Brier',
    'log loss',
    'ECE',
    INTERVAL,
    'bins',
  ];
  const rows = Object.entries(POOLINGS).map(([key, name]) => {
    const figures = poolings[key as Pooling];
    return [
      name,
      ...[figures.auroc, figures.averagePrecision, figures.accuracy].flatMap(estimateCells),
      figures.brier.toFixed(3),
      figures.logLoss.toFixed(3),
      ...estimateCells(figures.calibrationError),
      String(figures.reliability.length),
    ];
  });
  return { title: 'By the way a response is read', rows: [heading, ...rows] };
}

function tenthsTable({ tenths }: AttributeEvaluation): EvaluationTable {
  return {
    title: 'What the margin within a text says of the finished text',
    rows: [
      ['tenth of the text', 'AUROC', INTERVAL, 'ECE', INTERVAL],
      ...tenths.map(({ tenth, auroc, calibrationError }) => [
        String(tenth),
        ...estimateCells(auroc),
        ...estimateCells(calibrationError),
      ]),
    ],
  };
}

function pairsTable(pairs: PairFigures): EvaluationTable {
  const share = (won: Readonly<Record<PairPooling, Estimate>> | undefined, pooling: PairPooling) =>
    won === undefined ? ['–', '–'] : estimateCells(won[pooling]);
  return {
    title: `Pairs in which the chosen response has the larger margin (the longer one wins ${fixed(pairs.longerWins)})`,
    rows: [
      ['pairs', 'number', 'won by last', INTERVAL, 'by mean', INTERVAL, 'by min', INTERVAL],
      ...Object.entries(PAIRS).map(([key, name]) => {
        const { pairs: count, won } = pairs[key as keyof typeof PAIRS];
        return [name, String(count), ...share(won, 'last'), ...share(won, 'mean'), ...share(won, 'min')];
      }),
    ],
  };
}

function groupsTable({ groups }: AttributeEvaluation): EvaluationTable {
  const shown =
    groups.length <= 2 * SHOWN_GROUPS
      ? groups
      : [...groups.slice(0, SHOWN_GROUPS), ...groups.slice(-SHOWN_GROUPS)];
  return {
    title: `Worst and best of the ${groups.length} groups with enough rows, after the last token`,
    rows: [
      ['group', 'rows', 'desired', 'AUROC', 'right at 0'],
      ...shown.map(({ group, rows, positive, auroc, accuracy }) => [
        shortened(group, GROUP_NAME),
        String(rows),
        String(positive),
        fixed(auroc),
        fixed(accuracy),
      ]),
    ],
  };
}

/** Heading of an interval. */
export const INTERVAL = '95 % interval';

/** A number and its interval, as two cells. */
export function estimateCells({ value, low, high }: Estimate): [string, string] {
  return [fixed(value), `${fixed(low)} to ${fixed(high)}`];
}

function fixed(value: number): string {
  return value.toFixed(3);
}

function signed(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}
