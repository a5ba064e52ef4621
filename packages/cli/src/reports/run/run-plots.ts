import * as Plot from '@observablehq/plot';
import type { MethodReport, SuiteReport } from '@halfspace/evaluate';
import type { Estimate } from '@halfspace/subspace';
import { labelMarks } from '../label-marks.js';
import { nothing } from '../page.js';
import { QUIET, svg } from '../svg.js';
import { shortened } from '../../terminal/width.js';

/** A method as a point of a plot. */
interface Point {
  readonly method: string;
  readonly series: string;
  readonly x: Estimate;
  readonly y: Estimate;
}

/** A judge's figure against perplexity: one curve a series, its methods in the order of the plan. */
export function tradeOffPlot(
  { methods }: SuiteReport,
  judge: string,
  figure: 'worst' | 'any',
  label: string,
): string {
  const points = pointsOf(
    methods,
    ({ perplexity }) => perplexity,
    ({ judges }) => judges[judge]?.[figure],
  );
  // From 0, and not of no height where nothing was found.
  const domain = [0, Math.max(0.05, ...points.map(({ y }) => y.high))] as const;
  return curves(`${label} against perplexity`, points, 'perplexity of the model that writes', {
    label,
    domain,
  });
}

/** The mean margin of one attribute against that of another. */
export function marginsPlot({ methods }: SuiteReport, a: string, b: string): string {
  const points = pointsOf(
    methods,
    ({ margins }) => margins[a],
    ({ margins }) => margins[b],
  );
  return curves(`Margin of ${b} against that of ${a}`, points, `mean margin of ${a}`, {
    label: `mean margin of ${b}`,
  });
}

/** Bins of fewer completions say little. */
const LEAST_IN_BIN = 10;

/** A judge's score by the margin of an attribute, a line a method: where lines part, steering gains margin alone. */
export function predictionPlot({ methods }: SuiteReport, judge: string, attribute: string): string {
  const points = methods.flatMap(({ method, series, predictions }) =>
    (predictions[judge]?.[attribute]?.bins ?? [])
      .filter(({ completions }) => completions >= LEAST_IN_BIN)
      .map(({ margin, score }) => ({ method, series, margin, score })),
  );
  if (points.length === 0) {
    return nothing(`No tenth of the margins has ${LEAST_IN_BIN} completions: too few for a curve.`);
  }
  const first = points.filter(({ method }) => method === methods[0]?.method);
  const at = { x: 'margin', y: 'score' } as const;
  return svg(`Score by ${judge} for margins of ${attribute}`, {
    x: { label: `mean margin of ${attribute}`, grid: true },
    y: { label: `mean score by ${judge}`, grid: true, zero: true },
    color: { domain: seriesOf(methods), legend: true },
    marks: [
      Plot.line(points, { ...at, z: 'method', stroke: 'series', strokeOpacity: 0.6 }),
      Plot.dot(points, { ...at, fill: 'series', r: 2, title: 'method' }),
      Plot.line(first, { ...at, z: 'method', stroke: 'series', strokeWidth: 3 }),
    ],
  });
}

/** One bar a method. */
export function barsPlot(
  { methods }: SuiteReport,
  label: string,
  valueOf: (method: MethodReport) => number,
): string {
  const bars = methods.map((each) => ({ method: each.method, series: each.series, value: valueOf(each) }));
  return svg(label, {
    height: 60 + 22 * bars.length,
    marginLeft: 150,
    x: { label, grid: true },
    y: { label: null, domain: bars.map(({ method }) => method), tickFormat: short },
    color: { domain: seriesOf(methods) },
    marks: [Plot.barX(bars, { x: 'value', y: 'method', fill: 'series' }), Plot.ruleX([0])],
  });
}

function pointsOf(
  methods: readonly MethodReport[],
  xOf: (method: MethodReport) => Estimate | undefined,
  yOf: (method: MethodReport) => Estimate | undefined,
): Point[] {
  return methods.flatMap((each) => {
    const x = xOf(each);
    const y = yOf(each);
    if (x === undefined || y === undefined || !Number.isFinite(x.value + y.value)) return [];
    return [{ method: each.method, series: each.series, x, y }];
  });
}

function curves(title: string, points: readonly Point[], xLabel: string, yScale: Plot.ScaleOptions): string {
  const x = (point: Point) => point.x.value;
  const y = (point: Point) => point.y.value;
  if (points.length === 0) return nothing('No method has these figures.');
  const options: Plot.PlotOptions = {
    height: 340,
    marginRight: 24,
    x: { label: xLabel, grid: true },
    y: { grid: true, ...yScale },
    color: { domain: seriesOf(points), legend: true },
    marks: [
      Plot.ruleX(points, {
        x,
        y1: (point: Point) => point.y.low,
        y2: (point: Point) => point.y.high,
        stroke: QUIET,
        strokeOpacity: 0.5,
      }),
      Plot.ruleY(points, {
        y,
        x1: (point: Point) => point.x.low,
        x2: (point: Point) => point.x.high,
        stroke: QUIET,
        strokeOpacity: 0.5,
      }),
      Plot.line(points, { x, y, z: 'series', stroke: 'series', strokeWidth: 2 }),
      Plot.dot(points, { x, y, fill: 'series', r: 4, title: 'method' }),
    ],
  };
  const labels = points.map((point) => ({ x: x(point), y: y(point), text: short(point.method) }));
  return svg(title, { ...options, marks: [...(options.marks ?? []), ...labelMarks(labels, options)] });
}

function seriesOf(items: readonly { readonly series: string }[]): string[] {
  return [...new Set(items.map(({ series }) => series))];
}

/** Characters of a name that there is room for. */
const ROOM = 24;

function short(name: string): string {
  return shortened(name, ROOM);
}
