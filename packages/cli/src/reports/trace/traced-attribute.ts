import { didYouMean, HalfspaceError } from '@halfspace/core';
import type { TracedCompletion } from './trace-line.js';

/** The attribute that is drawn where none is named: the first that is steered by, else the first. */
export function firstAttribute(trace: readonly TracedCompletion[]): string | undefined {
  const weights = trace.flatMap(({ weights }) => Object.entries(weights));
  return (weights.find(([, weight]) => weight !== 0) ?? weights[0])?.[0];
}

/**
 * Makes sure that a trace has an attribute.
 *
 * @throws HalfspaceError `unknown-attribute`
 */
export function assertTraced(trace: readonly TracedCompletion[], name: string): void {
  const names = [...new Set(trace.flatMap(({ weights }) => Object.keys(weights)))];
  if (names.includes(name)) return;
  throw new HalfspaceError(
    'unknown-attribute',
    `There is no attribute "${name}" in this trace.${didYouMean(name, names)} There ${names.length === 0 ? 'is none' : `are: ${names.join(', ')}`}.`,
  );
}
