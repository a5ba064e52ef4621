import { inspect } from 'node:util';

/** A value that came from a file, as an error message shows it: short, whatever it is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  return inspect(value, { depth: 0, maxStringLength: 100, maxArrayLength: 5, breakLength: Infinity });
}
