import { stepBonus } from '../bonus/step-bonus.js';
import { winnerOf } from '../draw/draw.js';
import type { Way } from '../stages.js';
import type { BonusBounds } from './bonus-bounds.js';
import { estimateDivergence, candidatesToRun } from './lazy-look-ahead.js';

/** The way of a step whose bonuses have a ceiling: candidates are run, best first, until no other can win. */
export function lazy(bounds: BonusBounds): Way {
  return {
    scoresFirst: false,
    candidatesToRun: (step, settings) => candidatesToRun(step.perturbed, stepBonus(step, settings), bounds),
    candidatesToScore: () => [],
    settle(step, settings) {
      const { perturbed } = step;
      const chosen = winnerOf(perturbed, stepBonus(step, settings));
      const kl = estimateDivergence(perturbed, chosen);
      return { chosen, kl, klIsExact: false, logQ: undefined };
    },
  };
}
