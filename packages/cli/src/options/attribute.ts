import { InvalidArgumentError } from 'commander';
import { readNumber } from './number.js';

/** How an attribute is named on the command line. */
export const ATTRIBUTE_SPEC =
  'an attribute by its name, or by the path of a subspace file, a module or a package';

/** An attribute as the user names it: by its name if it is installed or in the config, else by a path. */
export interface AttributeChoice {
  /** A name or a path (see {@link isAttributePath}). */
  readonly source: string;
  /** Nats per unit of margin, at least 0. */
  readonly weight: number;
}

/**
 * Whether an attribute is named by the path of a subspace file, of a module or of a directory with a
 * package: it contains a slash or ends as such a file does.
 */
export function isAttributePath(source: string): boolean {
  return /[\\/]|\.(json|[cm]?[jt]s)$/.test(source);
}

/**
 * Reads `NAME` or `NAME=WEIGHT` (default 1). The weight stands behind the last `=`, unless what stands
 * there is the rest of a path, as in `runs/a=b/formality.json`.
 *
 * @throws InvalidArgumentError
 */
export function parseAttribute(text: string): AttributeChoice {
  const cut = text.lastIndexOf('=');
  const hasWeight = cut >= 0 && !isAttributePath(text.slice(cut + 1));
  const source = hasWeight ? text.slice(0, cut) : text;
  if (source === '') throw new InvalidArgumentError('Name an attribute, or the path of one.');
  return { source, weight: hasWeight ? parseWeight(text.slice(cut + 1)) : 1 };
}

/** Collects the values of `--attribute NAME[=WEIGHT]`, which may be given several times. */
export function collectAttributes(text: string, earlier: readonly AttributeChoice[] = []): AttributeChoice[] {
  return [...earlier, parseAttribute(text)];
}

/** Collects the values of an `--attribute NAME` that takes no weight. */
export function collectNames(
  text: string,
  earlier: readonly AttributeChoice[] | undefined,
): AttributeChoice[] {
  const choices = collectAttributes(text, earlier);
  if (choices.at(-1)?.source !== text) {
    throw new InvalidArgumentError('A weight has no meaning here: give the name alone.');
  }
  return choices;
}

function parseWeight(text: string): number {
  const weight = readNumber(text);
  if (weight >= 0) return weight;
  throw new InvalidArgumentError('The weight must be a number of at least 0, as in toxicity=2.');
}
