import { describeValue, HalfspaceError, type ModelInfo } from '@halfspace/contracts';

/**
 * How much of a backend is used at once, by all who share it. No limit changes a text.
 *
 * @beta
 */
export interface EngineLimits {
  /**
   * The budget of a call of the model: the most candidates that are run in one (default: what the backend has measured, see
   * `ModelInfo.rowsPerCall`, or else 128). Those of one step stay together, however many they are; those that have waited longest are
   * run first. The second and further completions of a `generate` are started while the steps of all are expected to fit in.
   */
  readonly maxRows: number;
  /**
   * The most tokens of prompts that are run between two rounds of decoding (default 256), if {@link EngineLimits.maxSlowdown} lets
   * as many be run.
   */
  readonly maxPromptRows: number;
  /**
   * How many times as long as by itself a round of decoding may take with the slice of prompts before it, by what calls took until
   * now (default 3; above 1). At least one token of a prompt is run in a round.
   */
  readonly maxSlowdown: number;
  /**
   * The most completions that are written at once (default 256); others wait until some have ended. Each holds memory. Second and further
   * completions of calls get a quarter of the places, so that a call that comes finds one.
   */
  readonly maxCompletions: number;
  /** The most calls of `generate`, `stream` and the like that are served or wait (default 1024); others are refused with `busy`. */
  readonly maxCalls: number;
  /**
   * Milliseconds after which a stream that nobody reads may be given up, with the error `busy`, when others wait for its place
   * (default 30,000).
   */
  readonly maxStallMs: number;
}

/** The limits of an engine of which nobody has said anything. */
export const DEFAULT_LIMITS: EngineLimits = {
  maxRows: 128,
  maxPromptRows: 256,
  maxSlowdown: 3,
  maxCompletions: 256,
  maxCalls: 1024,
  maxStallMs: 30_000,
};

/** The limits for a model, as far as its backend has measured something. */
export function limitsFor({ rowsPerCall }: Pick<ModelInfo, 'rowsPerCall'>): EngineLimits {
  return { ...DEFAULT_LIMITS, ...(rowsPerCall !== undefined && { maxRows: rowsPerCall }) };
}

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
    if (value === undefined) continue;
    const factor = name === 'maxSlowdown';
    if (factor ? value > 1 : isCount(value)) continue;
    throw new HalfspaceError(
      'bad-option',
      `The limit ${name} must be a ${factor ? 'number above 1' : 'whole number above 0'}; got ${describeValue(value)}.`,
    );
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...limits, ...Object.fromEntries(given) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
