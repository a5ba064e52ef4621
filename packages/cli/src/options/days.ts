import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { d: 1, w: 7, m: 30, y: 365 };

/**
 * Days of a length of time such as `30d`, `4w`, `6m` or `1y`; a number alone is one of days.
 *
 * @throws InvalidArgumentError
 */
export function days(text: string): number {
  const [, count, unit = 'd'] = /^(\d+(?:\.\d+)?)([dwmy])?$/.exec(text.trim()) ?? [];
  if (count !== undefined) return Number(count) * (UNITS[unit] ?? 1);
  throw new InvalidArgumentError('It must be a length of time, such as 30d, 4w, 6m or 1y.');
}
