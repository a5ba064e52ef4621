import type { FrontierPoint } from '@halfspace/evaluate';
import type { Estimate } from '@halfspace/subspace';
import * as Plot from '@observablehq/plot';
import { labelMarks } from '../label-marks.js';
import { nothing } from '../page.js';
import { DESIRED, OTHER, QUIET, svg } from '../svg.js';

/** A figure of a point that can be an axis. */
export interface FrontierAxis {
  readonly label: string;
  of(point: FrontierPoint): Estimate;
}

/** KL(q‖p) a token. */
export const KL: FrontierAxis = { label: 'KL a token (nats)', of: ({ kl }) => kl };
/** Of the completions under the unsteered model. */
export const PERPLEXITY: FrontierAxis = { label: 'perplexity', of: ({ perplexity }) => perplexity };

/** The mean margin of an attribute. */
export function marginAxis(name: string): FrontierAxis {
  return { label: `${name} (log-odds)`, of: ({ margins }) => margins[name] };
}

/** What is gained against what it costs, a dot for each size of the weights and a square for the weights found; intervals in both directions. */
export function frontierPlot(
  points: readonly FrontierPoint[],
  cost: FrontierAxis,
  gain: FrontierAxis,
): string {
  const data = points.map((point) => {
    const [x, y] = [cost.of(point), gain.of(point)];
    return {
      x: x.value,
      x1: x.low,
      x2: x.high,
      y: y.value,
      y1: y.low,
      y2: y.high,
      name: point.scale === 0 ? 'none' : `× ${point.scale}`,
      isFound: point.scale === 1,
    };
  });
  const known = data.filter(({ x, y }) => Number.isFinite(x + y));
  if (known.length === 0) return nothing(`No weights have figures of ${gain.label}.`);
  const [found, smallerAndLarger] = [
    data.filter(({ isFound }) => isFound),
    data.filter(({ isFound }) => !isFound),
  ];
  const options: Plot.PlotOptions = {
    x: { label: cost.label, grid: true },
    y: { label: gain.label, grid: true },
    marks: [
      Plot.line(data, { x: 'x', y: 'y', stroke: QUIET }),
      Plot.link(data, { x1: 'x1', x2: 'x2', y1: 'y', y2: 'y', stroke: DESIRED, strokeOpacity: 0.4 }),
      Plot.link(data, { x1: 'x', x2: 'x', y1: 'y1', y2: 'y2', stroke: DESIRED, strokeOpacity: 0.4 }),
      Plot.dot(smallerAndLarger, { x: 'x', y: 'y', fill: DESIRED, r: 4 }),
      Plot.dot(found, { x: 'x', y: 'y', fill: OTHER, r: 4, symbol: 'square' }),
    ],
  };
  const labels = known.map(({ x, y, name }) => ({ x, y, text: name }));
  return svg(`${gain.label} against ${cost.label}`, {
    ...options,
    marks: [...(options.marks ?? []), ...labelMarks(labels, options)],
  });
}
