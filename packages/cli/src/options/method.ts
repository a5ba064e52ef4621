import { InvalidArgumentError } from 'commander';
import { parseAttribute, type AttributeChoice } from './attribute.js';

/** A method as the user names it. */
export type MethodChoice =
  | {
      /** Specs in a file. */
      readonly file: string;
    }
  | {
      /** Steering by attributes; none for the plain model. */
      readonly attributes: readonly AttributeChoice[];
    };

/** Collects the values of `--method`: `plain`, `NAME=WEIGHT[,NAME=WEIGHT]`, or `@FILE`. */
export function collectMethods(text: string, earlier: readonly MethodChoice[] = []): MethodChoice[] {
  return [...earlier, parseMethod(text)];
}

/** @throws InvalidArgumentError */
function parseMethod(text: string): MethodChoice {
  if (text.startsWith('@') && text.length > 1) return { file: text.slice(1) };
  if (text === 'plain') return { attributes: [] };
  if (text === '') throw new InvalidArgumentError('Name a method, as in plain, nontoxic=2 or @methods.json.');
  return { attributes: splitAtCommas(text).map(parseAttribute) };
}

/** The parts between commas; those in the parentheses of a schedule, as in `nontoxic=min(2, 4*progress)`, part nothing. */
function splitAtCommas(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
