import { defineAttribute } from '@halfspace/contracts';
import { subspacesIn } from '@halfspace/subspace';

export default defineAttribute({
  // What is true of the text on its positive side, as an adjective: formal, brief, nontoxic.
  name: 'my-attribute',
  // In one line: text on the positive side is …
  description: 'courteous towards the person spoken to',
  // One file for each model, written by `halfspace fit --output`. There are none yet.
  subspaces: subspacesIn(new URL('../subspaces/', import.meta.url)),
});
