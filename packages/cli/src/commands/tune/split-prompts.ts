import { createHash } from 'node:crypto';
import { HalfspaceError } from '@halfspace/core';

/** Prompts to tune on, and others to measure on. */
export interface PromptSplit {
  readonly sample: readonly string[];
  readonly heldOut: readonly string[];
}

/** Prompts that are tuned on if nothing else is said: half of them, and not more than this. */
const MOST_BY_DEFAULT = 50;
/** On fewer prompts an interval means nothing. */
const LEAST = 2;

/**
 * Splits prompts by a hash of prompt and seed, each different prompt once: both splits are in the same order each time.
 *
 * @param size - Prompts to tune on (default: half of them, at most 50).
 * @throws HalfspaceError `too-few-prompts`
 */
export function splitPrompts(
  prompts: readonly string[],
  seed: number,
  size: number | undefined,
): PromptSplit {
  const distinct = [...new Set(prompts)];
  const taken = size ?? Math.min(MOST_BY_DEFAULT, Math.floor(distinct.length / 2));
  const left = distinct.length - taken;
  if (taken < LEAST || left < LEAST) {
    throw new HalfspaceError(
      'too-few-prompts',
      `There are ${distinct.length} different prompts, which leaves ${Math.max(0, left)} to measure on besides ${taken} to tune on. Give at least ${LEAST} for each, and better dozens.`,
    );
  }
  const placeOf = (prompt: string) => createHash('sha256').update(`${seed}:${prompt}`).digest('hex');
  const order = distinct
    .map((prompt) => ({ prompt, place: placeOf(prompt) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ prompt }) => prompt);
  return { sample: order.slice(0, taken), heldOut: order.slice(taken) };
}
