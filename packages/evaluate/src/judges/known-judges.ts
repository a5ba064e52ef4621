import type { Judge } from '@halfspace/core';
import { createPerspectiveJudge } from './perspective-judge.js';
import { createProfanityCheckJudge } from './profanity-check-judge.js';
import { createToxicityJudge } from './toxicity-judge.js';

/** The judges that can be called by their name, because they need no options. A further one is a further entry. */
export const JUDGES: ReadonlyMap<string, () => Judge | Promise<Judge>> = new Map<
  string,
  () => Judge | Promise<Judge>
>([
  ['toxicity', async () => createToxicityJudge()],
  ['profanity-check', async () => createProfanityCheckJudge()],
  ['perspective', () => createPerspectiveJudge()],
]);
