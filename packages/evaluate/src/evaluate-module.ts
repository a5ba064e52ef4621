import { createRegistry, definePluginModule, type Registry } from '@halfspace/core';
import { JUDGE, METHOD, SUITE } from './extension-points.js';
import { createHelpfulnessJudge } from './judges/helpfulness-judge.js';
import type { KnownJudge } from './judges/known-judge.js';
import { createPerspectiveJudge } from './judges/perspective-judge.js';
import { createProfanityCheckJudge } from './judges/profanity-check-judge.js';
import { createToxicityJudge } from './judges/toxicity-judge.js';
import { createTruthfulnessJudge } from './judges/truthfulness-judge.js';
import { bestOfN } from './methods/best-of-n.js';
import { fudge } from './methods/fudge.js';
import { plain } from './methods/plain.js';
import { rad } from './methods/rad.js';
import { sasa } from './methods/sasa.js';
import { steered } from './methods/steered.js';
import { systemPrompt } from './methods/system-prompt.js';
import { unigramExperts } from './methods/unigram-experts.js';
import { wordFilter } from './methods/word-filter.js';
import { attaq } from './suites/attaq.js';
import { boldGender } from './suites/bold.js';
import { hhHelpful } from './suites/hh-helpful.js';
import { rtpChallenging, rtpNontoxic } from './suites/real-toxicity-prompts.js';
import { truthfulQa } from './suites/truthful-qa.js';

const METHODS = [plain, steered, sasa, wordFilter, systemPrompt, bestOfN, rad, fudge, unigramExperts];

const JUDGES: readonly KnownJudge[] = [
  { name: 'toxicity', create: createToxicityJudge },
  { name: 'truthfulness', create: createTruthfulnessJudge },
  { name: 'helpfulness', create: createHelpfulnessJudge },
  { name: 'profanity-check', create: () => createProfanityCheckJudge() },
  { name: 'perspective', create: () => createPerspectiveJudge() },
];

const SUITES = [rtpChallenging, rtpNontoxic, boldGender, attaq, truthfulQa, hhHelpful];

/** What comes with this package: its methods, judges and suites. */
export const evaluateModule = definePluginModule({
  name: '@halfspace/evaluate',
  bind(register) {
    for (const method of METHODS) register(METHOD, method);
    for (const judge of JUDGES) register(JUDGE, judge);
    for (const suite of SUITES) register(SUITE, suite);
  },
});

let registry: Promise<Registry> | undefined;

/** What is looked up in where nothing else is given: {@link evaluateModule} alone. */
export async function evaluateRegistry(): Promise<Registry> {
  return (registry ??= createRegistry([evaluateModule]));
}
