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

/**
 * Chooses by what scoring attributes said of the texts.
 *
 * @throws HalfspaceError `formula-not-finite`
 */
export function chooseFirst(step: PlannedStep, settings: StepSettings): PlannedStep {
  const settled = projectStep(step, settings);
  const way: Way = {
    scoresFirst: false,
    candidatesToRun: onlyWinner(settled.chosen),
    candidatesToScore: () => [],
    settle: () => settled,
  };
  return { ...step, way, toRun: way.candidatesToRun(step, settings) };
}
