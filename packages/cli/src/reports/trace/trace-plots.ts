import { htmlOf, stepPlot } from '@halfspace/playground/parts';
import { marginsOf } from './traced-margins.js';
import type { TracedCompletion } from './trace-line.js';

/** KL(q‖p) of each step. */
export function klPlot({ steps }: TracedCompletion): string {
  return htmlOf(stepPlot({ label: 'KL (nats)', kind: 'bars', values: steps.map(({ kl }) => kl) }));
}

/** The margin of the text after each step. */
export function marginPlot(completion: TracedCompletion, attribute: string): string {
  return htmlOf(
    stepPlot({ label: `${attribute} (log-odds)`, kind: 'dots', values: marginsOf(completion, attribute) }),
  );
}
