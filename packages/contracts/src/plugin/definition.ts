import type { PluginKind } from './check-plugin.js';
import { describeValue } from '../complaint-of.js';
import { HalfspaceError } from '../errors.js';

/**
 * Refuses what cannot be the definition of a plugin before anything is read of it.
 *
 * @throws HalfspaceError `bad-attribute`, `bad-filter`, `bad-judge` or `bad-module` for anything but an object
 */
export function checkDefinition(kind: PluginKind | 'module', definition: unknown): void {
  if (typeof definition === 'object' && definition !== null && !Array.isArray(definition)) return;
  const what = kind === 'attribute' ? 'An attribute' : `A ${kind}`;
  throw new HalfspaceError(
    `bad-${kind}`,
    `${what} is declared by an object with a name and more, and this is ${describeValue(definition)}.`,
  );
}

/** The longest delay of a timer. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** What is wrong with a time limit; undefined where nothing is. */
export function timeoutFault(timeoutMs: unknown): string | undefined {
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS) return undefined;
  return `has the timeoutMs ${describeValue(timeoutMs)}; it must be milliseconds above 0, at most 2^31 − 1.`;
}
