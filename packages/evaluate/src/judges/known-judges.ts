import type { Judge } from '@halfspace/core';
import { createHelpfulnessJudge } from './helpfulness-judge.js';
import { createPerspectiveJudge } from './perspective-judge.js';
import { createProfanityCheckJudge } from './profanity-check-judge.js';
import type { RegressionJudgeOptions } from './regression-judge.js';
import { createToxicityJudge } from './toxicity-judge.js';
import { createTruthfulnessJudge } from './truthfulness-judge.js';

/** What those who make a judge by its name may want to know and to stop. */
export type KnownJudgeOptions = Pick<RegressionJudgeOptions, 'signal' | 'onProgress'>;

/** Makes a judge that needs no options. */
export type MakeJudge = (options: KnownJudgeOptions) => Promise<Judge>;

/** The judges that can be called by their name. A further one is a further entry. */
export const JUDGES: ReadonlyMap<string, MakeJudge> = new Map<string, MakeJudge>([
  ['toxicity', async (options) => createToxicityJudge(options)],
  ['truthfulness', async (options) => createTruthfulnessJudge(options)],
  ['helpfulness', async (options) => createHelpfulnessJudge(options)],
  ['profanity-check', async () => createProfanityCheckJudge()],
  ['perspective', async () => createPerspectiveJudge()],
]);
