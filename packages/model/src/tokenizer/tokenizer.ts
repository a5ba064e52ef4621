import type { Tokenizer } from '@halfspace/core';
import type { ModelFile } from '../weights.js';
import { tokenizerFromDirectory } from './from-directory.js';
import { tokenizerFromGguf } from './from-gguf.js';
import { tokenizerOf, type TokenizerOptions } from './tokenizer-of.js';

export type { TokenizerOptions } from './tokenizer-of.js';

/**
 * The tokenizer that belongs to a model: vocabulary, merges and chat template of the GGUF file, or
 * tokenizer.json, tokenizer_config.json and chat_template.jinja beside safetensors (or tekken.json).
 *
 * @throws HalfspaceError `unsupported-model` when it is neither byte-level BPE nor SentencePiece; `corrupt-model`, also when one of
 * the files is missing; `pattern-too-slow` when a regular expression of its own never ends; `bad-chat-template` for one that is given
 */
export async function createTokenizer(model: ModelFile, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const files = model.format === 'gguf' ? tokenizerFromGguf(model) : await tokenizerFromDirectory(model);
  return tokenizerOf(model.name, files, options);
}
