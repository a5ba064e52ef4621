import { stepBonus } from '../bonus/step-bonus.js';
import { perturb, winnerOf } from '../draw/draw.js';
import type { Way, WeightedStep } from '../stages.js';
import type { BonusBounds } from './bonus-bounds.js';
import { estimateDivergence, candidatesToRun } from './lazy-look-ahead.js';

/**
 * The way of a step whose bonuses have a ceiling: candidates are run, best first, until no other can win. KL is estimated from the
 * draw at temperature 1 by the same noise, whose winner has to be known, too, at any other temperature.
 */
export function lazy(step: WeightedStep, bounds: BonusBounds, temperature: number): Way {
  const { text, reference, perturbed } = step;
  const noise = { key: text.key, step: text.tokens.length };
  const atOne = temperature === 1 ? perturbed : perturb(reference.logReference, reference.tokens, noise);
  return {
    scoresFirst: false,
    candidatesToRun(now, settings) {
      const bonus = stepBonus(now, settings);
      const drawn = candidatesToRun(perturbed, bonus, bounds);
      if (atOne === perturbed) return drawn;
      const both = new Set([...drawn, ...candidatesToRun(atOne, bonus, bounds)]);
      return [...both].sort((a, b) => a - b);
    },
    candidatesToScore: () => [],
    settle(now, settings) {
      const bonus = stepBonus(now, settings);
      const kl = estimateDivergence(atOne, winnerOf(atOne, bonus));
      return { chosen: winnerOf(perturbed, bonus), kl, klIsExact: false, logQ: undefined };
    },
  };
}
