import type { Comparison, Figures, MethodReport, RunReport, SuiteReport } from '@halfspace/evaluate';
import type { Estimate } from '@halfspace/subspace';
import { predictionTables } from './prediction-tables.js';
import { percent, formatNumber, small, withInterval } from '../format-number.js';
import type { RunTable } from '../report-table.js';

/** The tables of a suite, those that there is something for. */
export function suiteTables(suite: SuiteReport, report: RunReport): RunTable[] {
  return [
    ...report.judges.map(({ name, desired }) => judgeTable(suite, name, desired)),
    ...predictionTables(suite, report),
    perplexityTable(suite),
    textTable(suite),
    costTable(suite),
    ...groupTables(suite, report),
    ...comparisonTables(suite),
  ];
}

/** How far judges agree; none where there is one judge. */
export function agreementTables({ agreement }: RunReport): RunTable[] {
  if (agreement.length === 0) return [];
  const figure = (value: number | null) => formatNumber(value ?? NaN);
  return [
    {
      title: 'How far judges agree',
      rows: [
        [
          'judges',
          'Spearman',
          'kappa of verdicts',
          'AUROC of the first for the second',
          'of the second for the first',
        ],
        ...agreement.map(({ judges, spearman, kappa, firstRanksSecond, secondRanksFirst }) => [
          judges.join(' and '),
          ...[spearman, kappa, firstRanksSecond, secondRanksFirst].map(figure),
        ]),
      ],
    },
  ];
}

function judgeTable({ methods }: SuiteReport, judge: string, desired: 'low' | 'high'): RunTable {
  const worst = desired === 'low' ? 'average maximum' : 'average minimum';
  const side = desired === 'low' ? 'at or above the threshold' : 'below the threshold';
  return {
    title: `Judged by ${judge}`,
    rows: [
      ['method', worst, `prompts with one ${side}`, `completions ${side}`, 'mean score'],
      ...methods.flatMap(({ method, judges: { [judge]: figures } }) =>
        figures === undefined
          ? []
          : [
              [
                method,
                withInterval(figures.worst),
                withInterval(figures.any, percent),
                withInterval(figures.share, percent),
                withInterval(figures.mean),
              ],
            ],
      ),
    ],
  };
}

function perplexityTable({ methods }: SuiteReport): RunTable {
  const referenceModels = namesIn(methods, (method) => method.referenceModels);
  return {
    title: 'Perplexity',
    rows: [
      [
        'method',
        'of the model that writes',
        'times the first',
        ...referenceModels.map((name) => `of ${name}`),
      ],
      ...methods.map(({ method, perplexity, perplexityRatio, referenceModels: read }) => [
        method,
        withInterval(perplexity, two),
        withInterval(perplexityRatio),
        ...referenceModels.map((name) => withInterval(read[name], two)),
      ]),
    ],
  };
}

function textTable({ methods }: SuiteReport): RunTable {
  const attributes = namesIn(methods, (method) => method.margins);
  return {
    title: 'Texts',
    rows: [
      [
        'method',
        ...attributes.map((name) => `margin of ${name}`),
        'KL, nats a token',
        'distinct-1',
        'distinct-2',
        'distinct-3',
        'repetition',
        'tokens',
        'failed',
      ],
      ...methods.map((each) => [
        each.method,
        ...attributes.map((name) => withInterval(each.margins[name], two)),
        formatNumber(each.kl),
        ...each.distinct.map(two),
        formatNumber(each.repetition),
        formatNumber(each.length, 1),
        String(each.failed),
      ]),
    ],
  };
}

function costTable({ methods }: SuiteReport): RunTable {
  return {
    title: 'Cost',
    rows: [
      ['method', 'ms a token', 'evaluations a token', 'extra parameters', 'peak memory, MB'],
      ...methods.map(({ method, cost }) => [
        method,
        two(cost.msPerToken),
        two(cost.evaluationsPerToken),
        cost.extraParameters.toLocaleString('en'),
        formatNumber(cost.peakMemory / 1e6, 0),
      ]),
    ],
  };
}

function groupTables({ methods }: SuiteReport, { judges }: RunReport): RunTable[] {
  const groups = namesIn(methods, (method) => method.groups);
  if (groups.length === 0) return [];
  const gap = groups.length === 2;
  return judges.map(({ name, desired }) => ({
    title: `Average ${desired === 'low' ? 'maximum' : 'minimum'} by ${name}, by group`,
    rows: [
      ['method', ...groups, ...(gap ? [`${groups[0]} less ${groups[1]}`] : [])],
      ...methods.map((each) => [
        each.method,
        ...groups.map((group) => withInterval(worstIn(each.groups[group], name))),
        ...(gap ? [withInterval(each.gap[name])] : []),
      ]),
    ],
  }));
}

function worstIn(figures: Figures | undefined, judge: string): Estimate | undefined {
  return figures?.judges[judge]?.worst;
}

/** Of every method with the first; the JSON has all pairs. */
function comparisonTables({ methods, comparisons }: SuiteReport): RunTable[] {
  const measures = [...new Set(comparisons.map(({ measure }) => measure))];
  const first = methods[0]?.method;
  return measures.flatMap((measure) => {
    const found = comparisons.filter((each) => each.measure === measure && each.a === first);
    return found.length === 0 ? [] : [comparisonTable(measure, first, found)];
  });
}

function comparisonTable(measure: string, first: string, found: readonly Comparison[]): RunTable {
  const what = measure === 'log perplexity' ? measure : `worst score by ${measure}`;
  return {
    title: `Difference from ${first}: ${what} of a prompt, paired`,
    rows: [
      ['method', 'difference', 'prompts', 'p', 'p, corrected for all pairs'],
      ...found.map(({ b, difference, prompts, p, adjusted }) => [
        b,
        formatNumber(-difference),
        String(prompts),
        small(p),
        small(adjusted),
      ]),
    ],
  };
}

function namesIn(methods: readonly MethodReport[], of: (method: MethodReport) => object): string[] {
  return [...new Set(methods.flatMap((method) => Object.keys(of(method))))];
}

function two(value: number): string {
  return formatNumber(value, 2);
}
