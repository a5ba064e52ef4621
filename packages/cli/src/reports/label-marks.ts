import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { plotOptions } from './svg.js';

/** A name beside a point, in the units of the plot. */
export interface PointLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** A label in pixels. */
export interface PlacedLabel {
  /** Where its text begins and ends. */
  readonly from: number;
  readonly to: number;
  /** The middle of its line. */
  readonly y: number;
}

const FONT = 10;
/** Pixels from the middle of a line to that of the next, and of a character at this size of letters. */
const LINE = 12;
const CHARACTER = 5.6;
const GAP = 7;

/** Moves labels up and down, each as little as it takes, so that none lies on another: the higher ones stay, the others give way. */
export function spreadLabels(labels: readonly PlacedLabel[]): number[] {
  const order = labels.map((_, i) => i).toSorted((a, b) => labels[a].y - labels[b].y);
  const placed: (PlacedLabel & { readonly i: number })[] = [];
  for (const i of order) {
    const { from, to } = labels[i];
    const beside = placed.filter((other) => other.from < to && from < other.to);
    const isFree = (y: number) => beside.every((other) => Math.abs(other.y - y) >= LINE);
    const places = [labels[i].y, ...beside.flatMap((other) => [other.y + LINE, other.y - LINE])];
    const free = places
      .filter(isFree)
      .toSorted((a, b) => Math.abs(a - labels[i].y) - Math.abs(b - labels[i].y));
    placed.push({ from, to, y: free[0] ?? labels[i].y, i });
  }
  return placed.toSorted((a, b) => a.i - b.i).map(({ y }) => y);
}

/**
 * Marks that name points, beside them and within the plot, so that no name lies on another.
 *
 * @param options - Of the plot as it is without them.
 */
export function labelMarks(labels: readonly PointLabel[], options: Plot.PlotOptions): Plot.Markish[] {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const whole = plotOptions(options);
  const plot = Plot.plot({ ...whole, document });
  const [x, y] = [plot.scale('x'), plot.scale('y')];
  const middle = (whole.width ?? 0) / 2;
  const placed = labels.map((label) => {
    const [at, height] = [x?.apply(label.x) as number, y?.apply(label.y) as number];
    const width = label.text.length * CHARACTER;
    return at > middle
      ? { from: at - GAP - width, to: at - GAP, y: height, anchor: 'end' as const }
      : { from: at + GAP, to: at + GAP + width, y: height, anchor: 'start' as const };
  });
  return spreadLabels(placed).map((to, i) => {
    const { anchor, y: from } = placed[i];
    return Plot.text([labels[i]], {
      x: 'x',
      y: 'y',
      text: 'text',
      dx: anchor === 'end' ? -GAP : GAP,
      dy: to - from,
      textAnchor: anchor,
      fontSize: FONT,
    });
  });
}
