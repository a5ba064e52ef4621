import { availableParallelism } from 'node:os';
import { HalfspaceError } from '@halfspace/contracts';

/**
 * The threads of a call: what was asked for, but no more than there are cores. More would wait for each other, and a text has
 * the same numbers with any number of them.
 *
 * @param wanted - A whole number from 1 (default: the cores of the machine).
 * @throws HalfspaceError `bad-option`
 */
export function usefulThreads(wanted = availableParallelism()): number {
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new HalfspaceError(
      'bad-option',
      `The option threads must be a whole number from 1; got ${wanted}.`,
    );
  }
  return Math.min(wanted, availableParallelism());
}
