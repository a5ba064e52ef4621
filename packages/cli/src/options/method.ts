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

/** A comma that is not one of a schedule, as in `toxicity=min(2, 4*progress)`. */
const BETWEEN_ATTRIBUTES = /,(?=[^,()]+(?:[=,]|$))/;

/** Collects the values of `--method`: `plain`, `NAME=WEIGHT[,NAME=WEIGHT]`, or `@FILE`. */
export function collectMethods(text: string, earlier: readonly MethodChoice[] = []): MethodChoice[] {
  return [...earlier, parseMethod(text)];
}

/** @throws InvalidArgumentError */
function parseMethod(text: string): MethodChoice {
  if (text.startsWith('@') && text.length > 1) return { file: text.slice(1) };
  if (text === 'plain') return { attributes: [] };
  if (text === '') throw new InvalidArgumentError('Name a method, as in plain, toxicity=2 or @methods.json.');
  return { attributes: text.split(BETWEEN_ATTRIBUTES).map(parseAttribute) };
}
