import { HalfspaceError } from '@halfspace/core';

/** What a tokenizer is made of: the shapes of tokenizer.json and tokenizer_config.json, and what stands beside. */
export interface TokenizerFiles {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Text of every id; ids may be left out. */
  readonly tokens: readonly (string | undefined)[];
  /** Ids of tokens that are never split or merged, whose texts are plain. */
  readonly added: ReadonlySet<number>;
  /** The bytes that the text of any other token stands for. */
  readonly spelling: (token: string) => Uint8Array;
  /** Ids of control tokens, which are no text. */
  readonly special: ReadonlySet<number>;
  /** Token put in front of a text: `none`, one of them, or what the tokenizer itself would put there. */
  readonly beginning: number | 'none' | 'as-tokenizer';
  readonly endOfSequence: number | undefined;
  readonly chatTemplate: string | undefined;
}

/** The error for a tokenizer that contradicts itself. */
export function damagedVocabulary(name: string, what: string): HalfspaceError {
  return new HalfspaceError(
    'corrupt-model',
    `The vocabulary of ${name} is damaged: ${what}. Fetch the model again.`,
  );
}
