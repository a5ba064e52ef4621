import { defineAttribute, type LinearAttribute } from '@halfspace/contracts';
import { labelBy, subspacesFrom } from '@halfspace/subspace';
import artifacts from '../subspaces/index.cjs';

/**
 * Harmlessness in the sense of Perspective's "toxicity": the positive side is text that is not rude,
 * disrespectful or likely to make people leave a discussion. The package's README is its model card.
 */
export const nontoxic: LinearAttribute<'nontoxic'> = defineAttribute({
  name: 'nontoxic',
  description: 'free of rude, hateful and threatening language',
  subspaces: subspacesFrom(artifacts),
});

/**
 * Which side a row of RealToxicityPrompts (Gehman et al. 2020, arXiv 2009.11462) is on, by its `toxicity`:
 * the Perspective score of the response, 0 to 1, where high is bad. At most 0.25 is the desired side; from
 * 0.5 on annotators are as likely as not to call the text toxic; what lies between is left out.
 */
export const labelOf = labelBy({
  column: 'toxicity',
  desired: { to: 0.25 },
  undesired: { from: 0.5 },
});
