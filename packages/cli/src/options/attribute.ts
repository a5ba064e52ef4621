import type { Weight } from '@halfspace/core';
import { InvalidArgumentError } from 'commander';
import { readNumber } from './number.js';

/** How an attribute is named on the command line. */
export const ATTRIBUTE_SPEC =
  'an attribute by its name, or by the path of a subspace file, a module or a package';

/** An attribute as the user names it: by its name if it is installed or in the config, else by a path. */
export interface AttributeChoice<W extends Weight = Weight> {
  /** A name or a path (see {@link isAttributePath}). */
  readonly source: string;
  /** Nats per unit of margin, or a schedule of them; absent where none is given. */
  readonly weight?: W;
}

/**
 * Whether an attribute is named by the path of a subspace file, of a module or of a directory with a
 * package: it contains a slash or ends as such a file does.
 */
export function isAttributePath(source: string): boolean {
  return /[\\/]|\.(json|[cm]?[jt]s)$/.test(source);
}

/** Whether loading an attribute runs code: that of a module or of a package does, a subspace file is data. */
export function isModulePath(source: string): boolean {
  return isAttributePath(source) && !source.endsWith('.json');
}

/** A path of a file, also one with a `=` in it, or a name. */
const FILE_OR_NAME = /^(?:.*\.(?:json|[cm]?[jt]s)|[a-z][a-z\d-]*)(?==|$)/;

/**
 * Reads `NAME` or `NAME=WEIGHT`, where the weight is a number or a schedule such as `4 - 3*progress`. A path may have
 * a `=` in it, as in `runs/a=b/formal.json`.
 *
 * @throws InvalidArgumentError
 */
export function parseAttribute(text: string): AttributeChoice {
  const source = FILE_OR_NAME.exec(text)?.[0] ?? directoryIn(text);
  if (source === '') throw new InvalidArgumentError('Name an attribute, or the path of one.');
  if (source === text) return { source };
  const weight = text.slice(source.length + 1);
  if (weight.trim() !== '')
    return { source, weight: Number.isNaN(readNumber(weight)) ? weight : readNumber(weight) };
  throw new InvalidArgumentError(
    "The weight must be a number, as in nontoxic=2, or a schedule in quotes, as in 'nontoxic=4-3*progress'.",
  );
}

/** Up to the first `=` that has no rest of a path behind it: what is divided by in a weight begins with a digit. */
function directoryIn(text: string): string {
  const cut = [...text.matchAll(/=/g)].find(({ index }) => !/[\\/][A-Za-z_.]/.test(text.slice(index)));
  return text.slice(0, cut?.index);
}

/** Collects the values of `--attribute NAME[=WEIGHT]`, which may be given several times. */
export function collectAttributes(text: string, earlier: readonly AttributeChoice[] = []): AttributeChoice[] {
  return [...earlier, parseAttribute(text)];
}

/** Collects the values of an `--attribute NAME[=WEIGHT]` whose weights cannot be schedules. */
export function collectConstant(
  text: string,
  earlier: readonly AttributeChoice<number>[] = [],
): AttributeChoice<number>[] {
  const { source, weight = 1 } = parseAttribute(text);
  if (typeof weight === 'number') return [...earlier, { source, weight }];
  throw new InvalidArgumentError('The weight must be a number here, as in nontoxic=2.');
}

/** Collects the values of an `--attribute NAME` that takes no weight. */
export function collectNames(
  text: string,
  earlier: readonly AttributeChoice[] | undefined,
): AttributeChoice[] {
  const choices = collectAttributes(text, earlier);
  if (choices.at(-1)?.weight !== undefined) {
    throw new InvalidArgumentError('A weight has no meaning here: give the name alone.');
  }
  return choices;
}
