import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Of the desired side. Colours are variables of the page, so that plots follow it from light to dark. */
export const DESIRED = 'var(--desired)';
/** Of the other side. */
export const OTHER = 'var(--other)';
/** Of what stays in the background. */
export const QUIET = 'var(--quiet)';

const WIDTH = 440;
const HEIGHT = 300;

/**
 * Draws a plot.
 *
 * @returns An SVG element.
 */
export function svg(ariaLabel: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 48,
    marginBottom: 40,
    style: { background: 'none', fontSize: '11px' },
    ariaLabel,
    ...options,
  });
  return plot.outerHTML;
}
