import { describeValue, HalfspaceError } from '@halfspace/contracts';

/**
 * How much of a backend is used at once, by all who share it. No limit changes a text.
 *
 * @beta
 */
export interface EngineLimits {
  /**
   * The most candidates that are run in one call of the model (default 512). Those of one step stay together, however many they are.
   * Fewer make calls shorter, and completions wait for one another.
   */
  readonly maxRows: number;
  /**
   * The most tokens of prompts that are run between two rounds of decoding (default 64): completions wait for them, and so
   * does whoever aborts.
   */
  readonly maxPromptRows: number;
  /** The most completions that are written at once (default 256); others wait until some have ended. Each holds memory. */
  readonly maxCompletions: number;
  /** The most calls of `generate`, `stream` and the like that are served or wait (default 1024); others are refused with `busy`. */
  readonly maxCalls: number;
}

/** The limits of an engine of which nobody has said anything. */
export const DEFAULT_LIMITS: EngineLimits = {
  maxRows: 512,
  maxPromptRows: 64,
  maxCompletions: 256,
  maxCalls: 1024,
};

/**
 * Limits with others in their place, as far as those are given.
 *
 * @throws HalfspaceError `bad-option`
 */
export function changeLimits(limits: EngineLimits, changes: Partial<EngineLimits>): EngineLimits {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in DEFAULT_LIMITS)) {
      const known = Object.keys(DEFAULT_LIMITS).join(', ');
      throw new HalfspaceError('bad-option', `There is no limit ${name}. There are ${known}.`);
    }
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new HalfspaceError(
        'bad-option',
        `The limit ${name} must be a whole number above 0; got ${describeValue(value)}.`,
      );
    }
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...limits, ...Object.fromEntries(given) };
}
