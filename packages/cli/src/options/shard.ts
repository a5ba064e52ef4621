import { InvalidArgumentError } from 'commander';

/** A part of some rows. */
export interface Shard {
  /** Which one, from 1. */
  readonly index: number;
  /** Of how many. */
  readonly of: number;
}

/** Most parts that rows are cut into. */
const MOST = 10_000;

/**
 * Reads a part of a whole, as in `1/4`.
 *
 * @throws InvalidArgumentError
 */
export function parseShard(text: string): Shard {
  const [, index, of] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= of && of <= MOST) return { index, of };
  throw new InvalidArgumentError('It must be one part of several, as in 1/4.');
}
