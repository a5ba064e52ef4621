import type { TracedStep } from '../decode/completion.js';
import type { JointStep } from './joint-step.js';

/** Traced steps for a joint problem about some attributes; all their margins must be there. */
export function jointSteps(trace: readonly TracedStep[], names: readonly string[]): JointStep[] {
  return trace.map(({ candidates }) => ({
    logReference: Float64Array.from(candidates, ({ reference }) => Math.log(reference)),
    margins: names.map((name) => Float64Array.from(candidates, ({ margins }) => margins[name])),
  }));
}
