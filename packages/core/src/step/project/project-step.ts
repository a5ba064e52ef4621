import { stepBonus } from '../bonus/step-bonus.js';
import { winnerOf } from '../draw/draw.js';
import { marginColumns } from '../margins/margins-of.js';
import type { SettledStep, StepSettings, WeightedStep } from '../stages.js';
import { stepBudget, controlStep } from './control-step.js';

/**
 * Finds q, the closest distribution to the reference that does what was asked for, and draws from it.
 *
 * @throws HalfspaceError `formula-not-finite`
 */
export function projectStep(step: WeightedStep, settings: StepSettings): SettledStep {
  const { text, reference, weighted, distances, perturbed } = step;
  const { attributes, options } = settings;
  const bonus = stepBonus(step, settings);
  const { logReference } = reference;
  const { control, maxTokens } = options;
  const margins = marginColumns(distances, attributes);
  const controlled = controlStep(control, {
    logReference,
    bonus,
    attributes: weighted.map(({ name, weight }, a) => ({ name, weight, margins: margins[a] })),
    nats: stepBudget(control, text.tokens.length, text.kl, maxTokens),
  });
  const { logQ, kl, gain } = controlled;
  return { chosen: winnerOf(perturbed, gain), kl, klIsExact: true, logQ, controlled };
}
