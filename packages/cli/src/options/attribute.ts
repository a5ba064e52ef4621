import { InvalidArgumentError } from 'commander';
import { readNumber } from './number.js';

/** An attribute as the user names it: an installed one, or a subspace file. */
export interface AttributeChoice {
  /** Name of an installed attribute, or path of a file (see {@link isSubspacePath}). */
  readonly source: string;
  /** Nats per unit of margin, at least 0. */
  readonly weight: number;
}

/** Whether an attribute is named by a path: it contains a slash or ends in `.json`. */
export function isSubspacePath(source: string): boolean {
  return source.includes('/') || source.endsWith('.json');
}

/**
 * Reads `NAME` or `NAME=WEIGHT` (default 1). The weight stands behind the last `=`, unless what stands
 * there is the rest of a path, as in `runs/a=b/formality.json`.
 *
 * @throws InvalidArgumentError
 */
export function parseAttribute(text: string): AttributeChoice {
  const cut = text.lastIndexOf('=');
  const hasWeight = cut >= 0 && !isSubspacePath(text.slice(cut + 1));
  const source = hasWeight ? text.slice(0, cut) : text;
  if (source === '') throw new InvalidArgumentError('Name an attribute, or a subspace file.');
  return { source, weight: hasWeight ? parseWeight(text.slice(cut + 1)) : 1 };
}

/** Collects the values of `--attribute NAME[=WEIGHT]`, which may be given several times. */
export function collectAttributes(text: string, earlier: readonly AttributeChoice[] = []): AttributeChoice[] {
  return [...earlier, parseAttribute(text)];
}

function parseWeight(text: string): number {
  const weight = readNumber(text);
  if (weight >= 0) return weight;
  throw new InvalidArgumentError('The weight must be a number of at least 0, as in toxicity=2.');
}
