import { describeValue } from '../describe-value.js';
import { damagedVocabulary } from './damaged-vocabulary.js';
import type { SpacePrefix } from './space-prefix.js';

/** What a tokenizer is made of: the shapes of tokenizer.json and tokenizer_config.json, and what stands beside. */
export interface TokenizerFiles {
  /** tokenizer.json, in which nothing puts a space in front of texts: {@link prefix} says where one belongs. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Text of every id; ids may be left out. */
  readonly tokens: readonly (string | undefined)[];
  /** Ids of tokens that are never split or merged, whose texts are plain. */
  readonly added: ReadonlySet<number>;
  /** The bytes that the text of any other token stands for. */
  readonly spelling: (token: string) => Uint8Array;
  /** Where a space is put in front. */
  readonly prefix: SpacePrefix;
  /** Whether added tokens that are marked as `normalized` are looked for in a text after its normalization alone. */
  readonly normalizes: boolean;
  /** Ids of control tokens, which are no text. */
  readonly special: ReadonlySet<number>;
  /** Token put in front of a text: `none`, one of them, or what the tokenizer itself would put there. */
  readonly beginning: number | 'none' | 'as-tokenizer';
  /** Ids that the files name as ends of a text or a turn. */
  readonly ends: readonly number[];
  readonly chatTemplate: string | undefined;
}

/** Ids are places in a list; no vocabulary is that long. */
const LARGEST_ID = 2 ** 24;
/** Ids that may be left out, whatever the size of a vocabulary, and for each of its tokens. */
const HOLES = 2 ** 16;
const HOLES_A_TOKEN = 4;

/**
 * Sees to it that ids are places in a list about as long as the vocabulary, or as what the model has vectors for: a list takes
 * memory for those left out, too.
 *
 * @param rows - Ids that the model has vectors for.
 * @throws HalfspaceError `corrupt-model`
 */
export function checkIds(
  name: string,
  entries: readonly (readonly [token: string, id: unknown])[],
  rows: number,
): asserts entries is readonly (readonly [token: string, id: number])[] {
  const most = Math.min(LARGEST_ID, Math.max(rows, HOLES + HOLES_A_TOKEN * entries.length));
  const wrong = entries.find(([, id]) => !Number.isInteger(id) || Number(id) < 0 || Number(id) > most);
  if (wrong !== undefined)
    throw damagedVocabulary(
      name,
      `the token ${describeValue(wrong[0])} has the id ${describeValue(wrong[1])}`,
    );
}
