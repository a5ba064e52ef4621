import equal from 'fast-deep-equal';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { AT_SPACES, WHITE_SPACE } from './known-patterns.js';
import { plainSteps } from './plain-steps.js';
import { PIECE_NORMALIZER, SPACE } from './pieces.js';

/**
 * Where a tokenizer puts a space in front: nowhere, at the beginning of a text (`first`), or of every stretch of text between
 * tokens that stand for themselves (`each`). A text that goes on from another one never gets it at its beginning.
 */
export interface SpacePrefix {
  readonly where: 'none' | 'first' | 'each';
  /** What a stretch of text may begin with so that it gets no further space. */
  readonly unless: readonly string[];
}

/** What most tokenizers do. */
export const NO_PREFIX: SpacePrefix = { where: 'none', unless: [] };

/** The parts of a tokenizer.json that split a text, with nothing in them that puts a space in front. */
export interface PlainSplitting {
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly prefix: SpacePrefix;
  /** Whether the file has a normalizer, so that some added tokens are looked for in what it makes of a text. */
  readonly normalizes: boolean;
}

/** A piece begins with each mark of a space. */
export const SPLIT_AT_SPACES = {
  type: 'Split',
  pattern: { Regex: AT_SPACES },
  behavior: 'Isolated',
  invert: false,
};

/**
 * Takes what puts a space in front out of a tokenizer.json, because the same parts cannot be told that a text goes on: a
 * `Prepend` of the mark of a space, a `Metaspace`, or `ByteLevel` with `add_prefix_space`.
 */
export function takeSpacePrefix({ normalizer, pre_tokenizer: given }: JsonObject): PlainSplitting {
  const normalizers = listOf(normalizer, 'normalizers');
  const normalizes = normalizers.length > 0;
  const steps = plainSteps(listOf(given, 'pretokenizers'), normalizers.some(marksSpacesOnly));
  const preTokenizer = isJsonObject(given) ? sequenceOf(steps, 'pretokenizers') : given;
  const [first, second, ...others] = steps;
  if (isOfType(first, 'Metaspace') && second === undefined)
    return { ...fromMetaspace(normalizers, first), normalizes };
  if (isOfType(first, 'WhitespaceSplit') && isOfType(second, 'Metaspace') && others.length === 0)
    return { ...fromMetaspace([...normalizers, ...ONE_SPACE], second, ANY_SPACE), normalizes };
  const [outer] = listOf(given, 'pretokenizers');
  if (isOfType(outer, 'ByteLevel') && outer['add_prefix_space'] === true) {
    const plain = steps.map((step) =>
      isOfType(step, 'ByteLevel') ? { ...step, add_prefix_space: false } : step,
    );
    return {
      normalizer,
      preTokenizer: sequenceOf(plain, 'pretokenizers'),
      prefix: { where: 'each', unless: [' '] },
      normalizes,
    };
  }
  const without = normalizers.filter((each) => !isPrepend(each));
  return {
    normalizer: isJsonObject(normalizer) ? sequenceOf(without, 'normalizers') : normalizer,
    preTokenizer,
    prefix: without.length === normalizers.length ? NO_PREFIX : { where: 'each', unless: [] },
    normalizes,
  };
}

/** White space of any kind and number is one space, and none at the end. */
export const ONE_SPACE = [
  { type: 'Strip', strip_left: false, strip_right: true },
  { type: 'Replace', pattern: { Regex: WHITE_SPACE }, content: ' ' },
];
const ANY_SPACE = [
  ' ',
  SPACE,
  '\t',
  '\n',
  '\r',
  '\f',
  '\v',
  '\u0085',
  '\u00a0',
  '\u3000',
  '\u2028',
  '\u2029',
];

function fromMetaspace(
  normalizers: readonly unknown[],
  { add_prefix_space: adds, prepend_scheme: scheme = 'always', split }: JsonObject,
  unless: readonly string[] = [' ', SPACE],
): Omit<PlainSplitting, 'normalizes'> {
  const where = adds === false || scheme === 'never' ? 'none' : scheme === 'first' ? 'first' : 'each';
  return {
    normalizer: sequenceOf([...normalizers, PIECE_NORMALIZER], 'normalizers'),
    preTokenizer: split === false ? null : SPLIT_AT_SPACES,
    prefix: where === 'none' ? NO_PREFIX : { where, unless },
  };
}

function isOfType(part: unknown, type: string): part is JsonObject {
  if (!isJsonObject(part) || part['type'] !== type) return false;
  return type !== 'Metaspace' || (part['replacement'] ?? SPACE) === SPACE;
}

function isPrepend(part: unknown): boolean {
  return isJsonObject(part) && part['type'] === 'Prepend' && part['prepend'] === SPACE;
}

/** The parts of a sequence, those of sequences in it included, or the one that there is. */
export function listOf(part: unknown, key: string): unknown[] {
  if (!isJsonObject(part)) return [];
  const inner: unknown = part['type'] === 'Sequence' ? part[key] : undefined;
  return Array.isArray(inner)
    ? inner.flatMap((each) => (isJsonObject(each) ? listOf(each, key) : [each]))
    : [part];
}

function sequenceOf(parts: readonly unknown[], key: string): unknown {
  if (parts.length === 0) return null;
  return parts.length === 1 ? parts[0] : { type: 'Sequence', [key]: parts };
}

/** Whether a normalizer does nothing but write the marks of spaces. */
export function marksSpacesOnly(normalizer: unknown): boolean {
  return equal(normalizer, PIECE_NORMALIZER);
}
