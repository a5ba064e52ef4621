// A judge that can be called by its name: a completion of no word has the score 1, one of ten words 0.5.
import { defineJudge } from '@halfspace/contracts';

export const brevity = {
  name: 'brevity',
  create: () =>
    defineJudge({
      name: 'brevity',
      description: 'a short text',
      revision: '1',
      desired: 'high',
      score: (texts) =>
        texts.map(({ completion }) => 10 / (10 + completion.split(/\s+/).filter(Boolean).length)),
    }),
};
