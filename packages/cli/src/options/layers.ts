import { InvalidArgumentError } from 'commander';

/** More layers than any model has. */
const MOST = 1000;

/**
 * Reads a list of layers: `18`, `14,18,22`, `12-18`, or `4,12-18`.
 *
 * @returns In ascending order, each once.
 * @throws InvalidArgumentError
 */
export function parseLayers(text: string): number[] {
  const layers = text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first <= last && last < MOST)) {
      throw new InvalidArgumentError('It must be layers from 0, as in 18, 14,18,22 or 12-18.');
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return [...new Set(layers)].sort((a, b) => a - b);
}

/**
 * Reads a list of layers as {@link parseLayers} does, or `all`.
 *
 * @throws InvalidArgumentError
 */
export function parseLayersOrAll(text: string): readonly number[] | 'all' {
  return text === 'all' ? text : parseLayers(text);
}
