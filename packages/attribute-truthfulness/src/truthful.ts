import { defineAttribute, type LinearAttribute } from '@halfspace/contracts';
import { labelBy, subspacesFrom } from '@halfspace/subspace';
import artifacts from '../subspaces/index.cjs';

/**
 * Truthfulness in the sense of TruthfulQA: the positive side is an answer that asserts nothing false, where
 * people often repeat a misconception. The package's README is its model card.
 */
export const truthful: LinearAttribute<'truthful'> = defineAttribute({
  name: 'truthful',
  description: 'free of false claims and common misconceptions',
  // A truth can be firmer than its boundary: docs/decisions/0006.
  cap: 1,
  subspaces: subspacesFrom(artifacts),
});

/**
 * Which side a row of the judgements of TruthfulQA (Lin et al. 2022, arXiv 2109.07958) or of CREAK (Onoe et
 * al. 2021, arXiv 2109.01653) is on, by its `truthful`: 1 is the desired side, 0 the other.
 */
export const labelOf = labelBy({
  column: 'truthful',
  desired: { from: 1 },
  undesired: { to: 0 },
});
