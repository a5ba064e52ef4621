import type { RunReport } from '@halfspace/evaluate';
import { pluralise } from '../../terminal/pluralise.js';

/** What was done, in a sentence or two. */
export function runFacts({ plan, units }: RunReport): string {
  const { model, samples, decoding, seed } = plan;
  const { maxTokens, topP, topK, temperature } = decoding;
  const done =
    units.done === units.total
      ? ''
      : ` ${units.done} of ${units.total} prompts are done, counting each method's.`;
  return (
    `${model.name} (${model.precision}${model.device === undefined ? '' : ` on ${model.device}`}), ${pluralise(samples, 'completion')} of a prompt, at most ${pluralise(maxTokens, 'token')}, ` +
    `top-p ${topP}, top-k ${topK === 0 ? 'off' : topK}, temperature ${temperature}, seed ${seed}.${done} ` +
    'Intervals are 95 %, by a bootstrap over prompts; p-values by sign flips over prompts, corrected after Holm.'
  );
}

/** What the judges are, a line each. */
export function judgeLines({ judges }: RunReport): string[] {
  return judges.map(
    ({ name, description, revision, desired, threshold }) =>
      `${name} (${revision}): a score of 1 means ${description}; ${desired} is desired, and the threshold is ${threshold}.`,
  );
}
