import { InvalidArgumentError } from 'commander';
import { number } from './number.js';

/** Up to which margins candidates are the better for it. */
export interface CapFlags {
  /** Of all attributes without one of their own. */
  readonly all?: number;
  /** Of some, by what `--attribute` names them. */
  readonly own: Readonly<Record<string, number>>;
}

/**
 * Collects the values of `--cap MARGIN` and `--cap NAME=MARGIN`, which may be given several times; `none` stands for no limit.
 *
 * @throws InvalidArgumentError
 */
export function collectCaps(text: string, { all, own }: CapFlags = { own: {} }): CapFlags {
  const end = text.lastIndexOf('=');
  if (end < 0) return { all: readCap(text), own };
  const name = text.slice(0, end);
  if (name === '') throw new InvalidArgumentError('Name the attribute whose cap it is, as in truthful=1.');
  return { ...(all !== undefined && { all }), own: { ...own, [name]: readCap(text.slice(end + 1)) } };
}

function readCap(text: string): number {
  return text === 'none' ? Infinity : number({ min: 0 })(text);
}
