import { winnerOf } from '../draw/draw.js';
import type { Way, WeightedStep } from '../stages.js';
import { onlyWinner } from './only-winner.js';

/** The way of a step that nothing steers: the model's own draw, of which only the winner is run. */
export function plain({ perturbed }: WeightedStep): Way {
  const chosen = winnerOf(perturbed, new Float64Array(perturbed.length));
  return {
    scoresFirst: false,
    candidatesToRun: onlyWinner(chosen),
    candidatesToScore: () => [],
    settle: ({ reference }) => ({ chosen, kl: 0, klIsExact: true, logQ: reference.logReference }),
  };
}
