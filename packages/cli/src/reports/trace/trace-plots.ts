import * as Plot from '@observablehq/plot';
import { DESIRED, OTHER, QUIET, svg } from '../svg.js';
import { marginsOf } from './traced-margins.js';
import type { TracedCompletion } from './trace-line.js';

/** KL(q‖p) of each step. */
export function klPlot({ steps }: TracedCompletion): string {
  return svg('KL of each step', {
    x: { label: 'step' },
    y: { label: 'KL (nats)', grid: true },
    marks: [
      Plot.rectY(steps, { x1: stepStart, x2: stepEnd, y: 'kl', fill: DESIRED, inset: 0.5 }),
      Plot.ruleY([0]),
    ],
  });
}

/** The margin of the text after each step. */
export function marginPlot(completion: TracedCompletion, attribute: string): string {
  const points = marginsOf(completion, attribute).flatMap((margin, step) =>
    margin === undefined ? [] : [{ step, margin }],
  );
  return svg('Margin after each step', {
    x: { label: 'step' },
    y: { label: `${attribute} (log-odds)`, grid: true },
    marks: [
      Plot.ruleY([0], { stroke: QUIET, strokeDasharray: '4,4' }),
      Plot.line(points, { x: 'step', y: 'margin', stroke: QUIET }),
      Plot.dot(points, {
        x: 'step',
        y: 'margin',
        fill: ({ margin }: { margin: number }) => (margin < 0 ? OTHER : DESIRED),
        r: 3.5,
      }),
    ],
    color: { type: 'identity' },
  });
}

const stepStart = ({ step }: { step: number }) => step - 0.5;
const stepEnd = ({ step }: { step: number }) => step + 0.5;
