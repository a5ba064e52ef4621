import type { BoundAttribute } from '../bound-attributes.js';
import type { TracedStep } from '../completion.js';
import { expectMargins } from '../expect-margins.js';
import type { JointStep } from '../optimise/joint-step.js';

/** All steps of a traced completion for a joint problem about some attributes; all their margins must be there. */
export function jointSteps(
  trace: readonly TracedStep[],
  attributes: readonly BoundAttribute[],
  endTokens: ReadonlySet<number>,
): JointStep[] {
  const sums = new Float64Array(attributes.length);
  return trace.map(({ candidates, before }, step) => {
    const margins = attributes.map(({ name }) => before[name]);
    margins.forEach((margin, a) => (sums[a] += margin));
    const levels = sums.map((sum) => sum / (step + 1));
    const tokens = candidates.map(({ token }) => token);
    return {
      logReference: Float64Array.from(candidates, ({ reference }) => Math.log(reference)),
      margins: attributes.map(({ name }) => Float64Array.from(candidates, (each) => each.margins[name])),
      expected: expectMargins(attributes, tokens, endTokens, { margins, levels }),
    };
  });
}
