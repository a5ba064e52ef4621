import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Of the desired side. Colours are variables of the page, so that plots follow it from light to dark. */
export const DESIRED = 'var(--desired)';
/** Of the other side. */
export const OTHER = 'var(--other)';
/** Of what stays in the background. */
export const QUIET = 'var(--quiet)';

/** Of series that have no side, in their order. */
export const SERIES = [1, 2, 3, 4, 5, 6].map((n) => `var(--series-${n})`);

const WIDTH = 440;
const HEIGHT = 300;

/** Options with what all plots have alike. */
export function plotOptions(options: Plot.PlotOptions): Plot.PlotOptions {
  return {
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 48,
    marginBottom: 40,
    style: { background: 'none', fontSize: '11px' },
    ...options,
    ...(options.color?.domain !== undefined && { color: { range: SERIES, ...options.color } }),
  };
}

/**
 * Draws a plot.
 *
 * @returns An SVG element.
 */
export function svg(ariaLabel: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return Plot.plot({ document, ariaLabel, ...plotOptions(options) }).outerHTML;
}
