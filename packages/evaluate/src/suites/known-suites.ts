import { attaq } from './attaq.js';
import { boldGender } from './bold.js';
import { hhHelpful } from './hh-helpful.js';
import { rtpChallenging, rtpNontoxic } from './real-toxicity-prompts.js';
import type { Suite } from './suite.js';
import { truthfulQa } from './truthful-qa.js';

/** Every published suite. A further one is a further file and a further entry. */
export const SUITES: readonly Suite[] = [
  rtpChallenging,
  rtpNontoxic,
  boldGender,
  attaq,
  truthfulQa,
  hhHelpful,
];
