import { readdirSync, readFileSync } from 'node:fs';
import { type Attribute, defineAttribute } from '@halfspace/core';
import { parseSubspace, subspaceOf } from '@halfspace/subspace';

/** One fitted subspace a file, each for another model. */
const SUBSPACES = new URL('../subspaces/', import.meta.url);

/**
 * Harmlessness in the sense of Perspective's "toxicity": the positive side is text that is not rude,
 * disrespectful or likely to make people leave a discussion. The package's README is its model card.
 */
export const toxicity: Attribute = defineAttribute({
  name: 'toxicity',
  description: 'free of rude, hateful and threatening language',
  subspaces: readdirSync(SUBSPACES).map(readFitted),
});

function readFitted(file: string) {
  const place = new URL(file, SUBSPACES);
  return subspaceOf(parseSubspace(JSON.parse(readFileSync(place, 'utf8')), place.pathname));
}
