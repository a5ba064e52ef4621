import { HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { type FitState, mergeFitStates, readFitState } from '@halfspace/subspace';
import { pluralise } from '../../terminal/pluralise.js';
import { note } from '../../terminal/output.js';

/** What an earlier run of the same fit left when it was interrupted. */
export async function readState(path: string): Promise<FitState | undefined> {
  try {
    const state = await readFitState(path);
    const rows = state.counted.reduce((sum, counted) => sum + counted.rows, 0);
    note(`Going on after ${pluralise(rows, 'row')}, from ${path}.`);
    return state;
  } catch (error) {
    if (isHalfspaceError(error, 'state-not-found')) return undefined;
    throw error;
  }
}

/**
 * What shards have summed up, as one state.
 *
 * @param paths - In the order of the data.
 * @throws HalfspaceError `state-not-found`, `bad-state`, and `other-state` naming a file that does not go with the first
 */
export async function mergeStates(paths: readonly string[]): Promise<FitState> {
  const [first, ...others] = paths;
  let merged = await readFitState(first);
  for (const path of others) {
    const state = await readFitState(path);
    try {
      merged = mergeFitStates(merged, state);
    } catch (error) {
      throw explained(error, `${path} does not go with ${first}:`);
    }
  }
  return merged;
}

/**
 * Says more of the error `other-state`. Other errors pass as they are.
 *
 * @param before - Where the state is from.
 * @param after - What to do.
 */
export function explained(error: unknown, before: string, after = ''): unknown {
  if (!isHalfspaceError(error, 'other-state')) return error;
  return new HalfspaceError(error.code, `${before} ${error.message} ${after}`.trim(), { cause: error });
}
