import { isScoring } from '../step/margins/bound-attributes.js';
import type { PlannedStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';

/** Notes which scoring attributes tell the candidates of a step apart, so that one that never does is warned of. */
export function noteDifferences(
  live: LiveCompletion,
  { weighted, distances, reference }: PlannedStep,
  { marginReader, formula, options }: DecodeRun,
): void {
  if (marginReader.scorers.length === 0 || formula !== undefined || options.control.mode === 'constraints')
    return;
  if (reference.tokens.length === 1) return;
  weighted.forEach(({ name, source, weight }, a) => {
    if (weight === 0 || !isScoring(source)) return;
    const [first] = distances[a];
    const differs = distances[a].some((margin) => margin !== first);
    live.differed.set(name, differs || live.differed.get(name) === true);
  });
}
