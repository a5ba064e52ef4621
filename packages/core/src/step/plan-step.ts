import { perturb } from './draw/draw.js';
import { eager } from './look-ahead/eager.js';
import { lazy } from './look-ahead/lazy.js';
import { plain } from './look-ahead/plain.js';
import { boundsOf } from './look-ahead/step-bounds.js';
import { textFirst } from './look-ahead/text-first.js';
import type { PlannedStep, ReferredStep, StepSettings, Way, WeightedStep } from './stages.js';

/**
 * Gives a step its weights, its noise and its way to a choice.
 *
 * @param company - How many completions share a call.
 * @throws HalfspaceError `formula-not-finite`
 */
export function planStep(referred: ReferredStep, settings: StepSettings, company: number): PlannedStep {
  const { text, reference } = referred;
  const { options, marginReader, tokenizer } = settings;
  const step = text.tokens.length;
  const weighted: WeightedStep = {
    ...referred,
    weighted: text.prompt.steering.weightedAt(step),
    perturbed: perturb(
      reference.logReference,
      reference.tokens,
      { key: text.key, step },
      options.temperature,
    ),
    batches: [],
    distances: marginReader.start(reference.tokens, tokenizer.endTokens, text.state),
  };
  const way = wayOf(weighted, settings, company);
  return { ...weighted, way, toRun: way.candidatesToRun(weighted, settings) };
}

function wayOf(step: WeightedStep, settings: StepSettings, company: number): Way {
  const { steering } = step.text.prompt;
  if (!steering.steersAt(step.text.tokens.length)) return plain(step);
  const { options } = settings;
  if (options.lookAhead === 'eager' || options.trace) return eager;
  if (steering.textual) return textFirst;
  const bounds = boundsOf(step, settings, company);
  return bounds === undefined ? eager : lazy(step, bounds, options.temperature);
}
