import { checkFields, defineExtensionPoint } from '@halfspace/core';
import type { KnownJudge } from './judges/known-judge.js';
import type { AnyMethodKind } from './methods/define-method.js';
import type { Suite } from './suites/suite.js';

/** Kinds of method, by the name that specs give: what `defineMethod` makes. */
export const METHOD = defineExtensionPoint<AnyMethodKind>('method', {
  nameOf: ({ kind }) => kind,
  check: (value) =>
    checkFields('method', value, {
      kind: 'string',
      schema: 'object',
      attributesOf: 'function',
      nameOf: 'function',
      seriesOf: 'function',
      open: 'function',
    }),
  unknown: 'bad-method',
});

/** Judges that can be called by their name. */
export const JUDGE = defineExtensionPoint<KnownJudge>('judge', {
  check: (value) => checkFields('judge', value, { name: 'string', create: 'function' }),
  unknown: 'judge-not-found',
});

/** Suites of prompts that can be called by their name. */
export const SUITE = defineExtensionPoint<Suite>('suite', {
  check: (value) =>
    checkFields('suite', value, { name: 'string', description: 'string', promptsOf: 'function' }),
  unknown: 'unknown-suite',
});
