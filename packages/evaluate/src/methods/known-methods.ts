import { bestOfN } from './best-of-n.js';
import type { AnyMethodKind } from './define-method.js';
import { fudge } from './fudge.js';
import { plain } from './plain.js';
import { rad } from './rad.js';
import { sasa } from './sasa.js';
import { steered } from './steered.js';
import { systemPrompt } from './system-prompt.js';
import { unigramExperts } from './unigram-experts.js';
import { wordFilter } from './word-filter.js';

/** Every kind of method. A further one is a further file and a further entry. */
export const METHODS: readonly AnyMethodKind[] = [
  plain,
  steered,
  sasa,
  wordFilter,
  systemPrompt,
  bestOfN,
  rad,
  fudge,
  unigramExperts,
];
