import type { Tokenizer } from '@halfspace/core';
import type { ModelFile } from '../model-file.js';
import { tokenizerFromGguf } from './from-gguf.js';
import { tokenizerOf, type TokenizerOptions } from './tokenizer-of.js';

/**
 * The tokenizer of a GGUF file: its vocabulary, merges and chat template.
 *
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`, `pattern-too-slow`; `bad-chat-template` for one that is given
 */
export function createGgufTokenizer(model: ModelFile, options: TokenizerOptions = {}): Tokenizer {
  return tokenizerOf(model.name, tokenizerFromGguf(model), options);
}
