import { type Attribute, defineAttribute } from '@halfspace/core';
import { subspacesIn } from '@halfspace/subspace';

/**
 * Harmlessness in the sense of Perspective's "toxicity": the positive side is text that is not rude,
 * disrespectful or likely to make people leave a discussion. The package's README is its model card.
 */
export const toxicity: Attribute = defineAttribute({
  name: 'toxicity',
  description: 'free of rude, hateful and threatening language',
  subspaces: subspacesIn(new URL('../subspaces/', import.meta.url)),
});
