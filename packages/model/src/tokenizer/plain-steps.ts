import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { DIGITS, GPT_2, PUNCTUATION, RUNS } from './known-patterns.js';
import { splitBy } from './pre-tokenizers.js';

/**
 * The steps of a pre-tokenizer in the few kinds that the tokenizers library does as the one of Hugging Face does: its own
 * classes of digits, punctuation and white space are others, and of the behaviours of a split it knows two.
 *
 * @throws HalfspaceError `unsupported-model` for a split that puts what it finds to its neighbours
 */
export function plainSteps(steps: readonly unknown[], marksSpaces: boolean): unknown[] {
  return steps.flatMap((step) => {
    if (!isJsonObject(step)) return [step];
    const { type } = step;
    if (type === 'Digits') return [splitBy(step['individual_digits'] === true ? DIGITS : RUNS.digits)];
    if (type === 'Punctuation') return [plainPunctuation(step)];
    if (type === 'ByteLevel' && (step['use_regex'] ?? true) === true)
      return [splitBy(GPT_2), { ...step, use_regex: false }];
    return type === 'Split' ? plainSplit(step, marksSpaces) : [step];
  });
}

function plainPunctuation(step: JsonObject): unknown {
  const behaviour = step['behavior'] ?? 'Isolated';
  if (behaviour === 'Isolated') return splitBy(PUNCTUATION);
  if (behaviour === 'Contiguous') return splitBy(RUNS.punctuation);
  throw unsupported(`punctuation, ${describeValue(behaviour)}`);
}

function plainSplit(step: JsonObject, marksSpaces: boolean): unknown[] {
  const { pattern, behavior: behaviour } = step;
  const { Regex: regex, String: text } = isJsonObject(pattern) ? pattern : {};
  // There is none left where marks stand for spaces.
  if (marksSpaces && text === ' ') return [];
  if (behaviour === 'Contiguous' && typeof regex === 'string') return [splitBy(`(?:${regex})+`)];
  if (typeof behaviour === 'string' && /^(?:MergedWith|Contiguous)/u.test(behaviour))
    throw unsupported(`a split, ${behaviour}`);
  return [step];
}

function unsupported(what: string): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `The tokenizer.json splits text by ${what}, which Halfspace does not do. Take a GGUF file of the model.`,
  );
}
