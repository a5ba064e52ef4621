import { stepBonus } from '../bonus/step-bonus.js';
import { winnerOf } from '../draw/draw.js';
import { projectStep } from '../project/project-step.js';
import type { PlannedStep, StepSettings, Way } from '../stages.js';
import { onlyWinner } from './only-winner.js';

/**
 * The way of a step that scoring attributes steer which read texts alone: they are asked about every candidate first, and
 * only the winner is run. Once they have answered, {@link chooseFirst} goes on.
 */
export const textFirst: Way = {
  scoresFirst: true,
  candidatesToRun: () => [],
  candidatesToScore: ({ reference }) => [...reference.tokens.keys()],
  settle: projectStep,
};

/** Chooses by what scoring attributes said of the texts. */
export function chooseFirst(step: PlannedStep, settings: StepSettings): PlannedStep {
  const chosen = winnerOf(step.perturbed, stepBonus(step, settings));
  const way: Way = { ...textFirst, candidatesToRun: onlyWinner(chosen), candidatesToScore: () => [] };
  return { ...step, way };
}
