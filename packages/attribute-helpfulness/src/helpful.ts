import { defineAttribute, type LinearAttribute } from '@halfspace/contracts';
import { labelBy, subspacesFrom } from '@halfspace/subspace';
import artifacts from '../subspaces/index.cjs';

/**
 * Helpfulness: the positive side is a response that answers what was asked, where the other one evades it, and that
 * people prefer. The package's README is its model card.
 */
export const helpful: LinearAttribute<'helpful'> = defineAttribute({
  name: 'helpful',
  description: 'answers what was asked, as people prefer it',
  subspaces: subspacesFrom(artifacts),
});

/**
 * Which side a row of the judgements of TruthfulQA on whether an answer is informative (Lin et al. 2022, arXiv
 * 2109.07958) is on, by its `helpful`: 1 is the desired side, 0 the other. Pairs of HH-RLHF need no recipe: the response that
 * people chose is on the desired side.
 */
export const labelOf = labelBy({
  column: 'helpful',
  desired: { from: 1 },
  undesired: { to: 0 },
});
