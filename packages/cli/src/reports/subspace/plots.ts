import * as Plot from '@observablehq/plot';
import type { AttributeEvaluation, Estimate, FitFigures, PairPooling } from '@halfspace/subspace';
import { DESIRED, OTHER, QUIET, svg } from '../svg.js';
import { judgedBy, measureOf } from './fit-tables.js';

const UNIT = { domain: [0, 1], grid: true, nice: false } as const;

/** How many texts of either side have which margin, after the last token. */
export function histogramPlot({ histogram }: AttributeEvaluation): string {
  const bars = histogram.flatMap(({ low, high, positive, negative }) => [
    { low, high, count: positive, side: 'desired side' },
    { low, high, count: negative, side: 'other side' },
  ]);
  return svg('Histogram of margins by label', {
    x: { label: 'margin after the last token (log-odds)' },
    y: { label: 'texts', grid: true },
    marks: [
      ...(['other side', 'desired side'] as const).map((side) =>
        Plot.rectY(
          bars.filter((bar) => bar.side === side),
          {
            x1: 'low',
            x2: 'high',
            y: 'count',
            fill: side === 'desired side' ? DESIRED : OTHER,
            fillOpacity: 0.6,
          },
        ),
      ),
      Plot.ruleX([0], { stroke: 'currentColor', strokeDasharray: '3,3' }),
      Plot.ruleY([0]),
    ],
  });
}

/** True positives against false positives, after the last token. */
export function rocPlot({ roc }: AttributeEvaluation): string {
  return svg('ROC curve', {
    x: { ...UNIT, label: 'share of the other side above the threshold' },
    y: { ...UNIT, label: 'share of the desired side above it' },
    marks: [
      diagonal(),
      Plot.line(roc, { x: 'falsePositives', y: 'truePositives', stroke: DESIRED, strokeWidth: 2 }),
    ],
  });
}

/** Shares of the desired side against the probabilities that were claimed. */
export function reliabilityPlot({ poolings }: AttributeEvaluation): string {
  const marks = (['mean', 'last'] as const).flatMap((pooling) => {
    const stroke = pooling === 'last' ? DESIRED : OTHER;
    const bins = poolings[pooling].reliability;
    return [
      Plot.line(bins, { x: 'predicted', y: 'observed', stroke, strokeWidth: 2 }),
      Plot.dot(bins, { x: 'predicted', y: 'observed', fill: stroke, r: 3.5 }),
    ];
  });
  return svg('Reliability diagram', {
    x: { ...UNIT, label: 'probability by the margin' },
    y: { ...UNIT, label: 'share of the desired side' },
    marks: [diagonal(), ...marks],
  });
}

/** AUROC after each tenth of the text, with its interval. */
export function tenthsPlot({ tenths }: AttributeEvaluation): string {
  const points = tenths.map(({ tenth, auroc }) => ({ at: 10 * tenth, ...auroc }));
  return svg('AUROC by position', {
    x: { label: 'per cent of the text', domain: [10, 100], ticks: points.map(({ at }) => at) },
    y: aurocAxis(points),
    marks: curve(points, 'at'),
  });
}

/** How well fits on growing shares tell the sides apart, by the rows that they were fitted on. */
export function curvePlot(fits: readonly FitFigures[]): string {
  const x = {
    type: 'log',
    base: 2,
    label: 'rows fitted on',
    ticks: fits.map(({ rows }) => rows),
    tickFormat: 'd',
  } as const;
  return fitsPlot('Learning curve', fits, x, ({ rows }) => rows);
}

/** How well fits at one layer each tell the sides apart. */
export function sweepPlot(fits: readonly FitFigures[]): string {
  return fitsPlot('Layers', fits, { label: 'layer' }, ({ layers }) => layers[0]);
}

/** A line for each pooling, and the band of the interval after the last token. */
function fitsPlot(
  title: string,
  fits: readonly FitFigures[],
  x: Plot.ScaleOptions,
  placeOf: (fit: FitFigures) => number,
): string {
  const pointsOf = (pooling: PairPooling) =>
    fits.flatMap((fit) => {
      const estimate = judgedBy(fit)?.[pooling];
      return estimate === undefined ? [] : [{ at: placeOf(fit), ...estimate }];
    });
  const lines = (
    [
      ['mean', OTHER],
      ['min', QUIET],
    ] as const
  ).flatMap(([pooling, stroke]) => [
    Plot.line(pointsOf(pooling), { x: 'at', y: 'value', stroke, strokeWidth: 2 }),
    Plot.dot(pointsOf(pooling), { x: 'at', y: 'value', fill: stroke, r: 3 }),
  ]);
  const last = pointsOf('last');
  return svg(title, {
    x,
    y: { ...aurocAxis(last), label: measureOf(fits) },
    marks: [...lines, ...curve(last, 'at')],
  });
}

/** A matrix of numbers from −1 to 1; of those that have no meaning the cell is empty. */
export function matrixPlot(
  title: string,
  names: readonly string[],
  values: readonly (readonly (number | null)[])[],
): string {
  const cells = values.flatMap((row, a) =>
    row.map((value, b) => ({ row: names[a], column: names[b], value })),
  );
  const size = 90 + 80 * names.length;
  return svg(title, {
    width: size + 60,
    height: 40 + 50 * names.length,
    marginLeft: 110,
    x: { domain: names, label: null, axis: 'top' },
    y: { domain: names, label: null },
    marks: [
      Plot.cell(cells, {
        x: 'column',
        y: 'row',
        fill: ({ value }: { value: number | null }) => ((value ?? 0) < 0 ? OTHER : DESIRED),
        fillOpacity: ({ value }: { value: number | null }) => 0.7 * Math.abs(value ?? 0),
        inset: 1,
      }),
      Plot.text(cells, {
        x: 'column',
        y: 'row',
        text: ({ value }: { value: number | null }) => value?.toFixed(2) ?? '–',
        fontSize: 12,
      }),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}

function aurocAxis(points: readonly Estimate[]) {
  const least = Math.min(0.5, ...points.map(({ low }) => low));
  return { label: 'AUROC', domain: [Math.floor(least * 10) / 10, 1], grid: true };
}

/** A line through estimates, the band of their intervals, and where chance is. */
function curve<T extends Estimate>(points: readonly T[], x: keyof T & string): Plot.Markish[] {
  return [
    Plot.ruleY([0.5], { stroke: QUIET, strokeDasharray: '4,4' }),
    Plot.areaY(points, { x, y1: 'low', y2: 'high', fill: DESIRED, fillOpacity: 0.15 }),
    Plot.line(points, { x, y: 'value', stroke: DESIRED, strokeWidth: 2 }),
    Plot.dot(points, { x, y: 'value', fill: DESIRED, r: 3.5 }),
  ];
}

function diagonal(): Plot.Markish {
  return Plot.line(
    [
      [0, 0],
      [1, 1],
    ],
    { stroke: QUIET, strokeDasharray: '4,4' },
  );
}
