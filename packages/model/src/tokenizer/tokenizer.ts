import { HalfspaceError, type Tokenizer } from '@halfspace/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { compileChatTemplate, type ChatTemplate } from '../chat-template/chat-template.js';
import { isJsonObject } from '../json-file.js';
import type { ModelFile } from '../weights.js';
import { boundPatterns } from './foreign-patterns.js';
import { tokenizerFromDirectory } from './from-directory.js';
import { tokenizerFromGguf } from './from-gguf.js';
import { damagedVocabulary, type TokenizerFiles } from './tokenizer-files.js';

/** What chat models end a turn with, besides the end of sequence that the file names. */
const TURN_ENDS: ReadonlySet<string | undefined> = new Set([
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|end_of_text|>',
  '<|end|>',
  '<end_of_turn>',
  '</s>',
]);

/** Special tokens that transformers tells templates of. */
const SPECIAL_TOKENS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];

/** Texts of special tokens; a file may give them as objects, or say that there is none. */
function specialTokens({ config }: TokenizerFiles): Record<string, unknown> {
  const textOf = (entry: unknown) => (isJsonObject(entry) ? entry['content'] : entry);
  return Object.fromEntries(SPECIAL_TOKENS.map((token) => [token, textOf(config[token]) ?? undefined]));
}

function createChat(files: TokenizerFiles, name: string): Tokenizer['renderChat'] {
  let template: ChatTemplate | undefined;
  return (messages) => {
    if (files.chatTemplate === undefined) {
      throw new HalfspaceError('no-chat-template', `${name} has no chat template. Give it a prompt as text.`);
    }
    template ??= compileChatTemplate(files.chatTemplate, `The chat template of ${name}`);
    return template.render({
      ...specialTokens(files),
      messages,
      tools: null,
      documents: null,
      add_generation_prompt: true,
    });
  };
}

/** The token that a tokenizer puts in front of a text by itself. */
function firstAdded(ids: (text: string, whole?: boolean) => number[]): number | 'none' {
  const [first] = ids('a', true);
  return first === undefined || first === ids('a', false)[0] ? 'none' : first;
}

function createEncoder({ name }: ModelFile, files: TokenizerFiles): Tokenizer['encode'] {
  try {
    const inner = new HuggingFaceTokenizer(files.tokenizer, files.config);
    // A byte that no token stands for is left out, as by the tokenizers library.
    const ids = boundPatterns(name, files.tokenizer, (text: string, whole = false) =>
      inner.encode(text, { add_special_tokens: whole }).ids.filter(Number.isInteger),
    );
    // Asked in any case: what a tokenizer stumbles over shows when it is first used.
    const own = firstAdded(ids);
    const beginning = files.beginning === 'as-tokenizer' ? own : files.beginning;
    return (text) => {
      // A lone surrogate is no text; encoding makes it U+FFFD.
      const found = ids(Buffer.from(text, 'utf8').toString('utf8'));
      // Chat templates often write the beginning themselves.
      return beginning === 'none' || found[0] === beginning ? found : [beginning, ...found];
    };
  } catch (error) {
    if (error instanceof HalfspaceError) throw error;
    throw damagedVocabulary(name, (error as Error).message);
  }
}

/**
 * The tokenizer that belongs to a model: vocabulary, merges and chat template of the GGUF file, or
 * tokenizer.json, tokenizer_config.json and chat_template.jinja beside safetensors.
 *
 * @throws HalfspaceError `unsupported-model` when it is neither byte-level BPE nor like Gemma's; `corrupt-model`, also when one of
 * the files is missing; `pattern-too-slow` when a regular expression of its own never ends
 */
export async function createTokenizer(model: ModelFile): Promise<Tokenizer> {
  const files = model.format === 'gguf' ? tokenizerFromGguf(model) : await tokenizerFromDirectory(model);
  const { tokens, special, added, spelling } = files;
  const ends = tokens.flatMap((token, id) => (special.has(id) && TURN_ENDS.has(token) ? [id] : []));
  if (files.endOfSequence !== undefined) ends.push(files.endOfSequence);
  const bytes = (token: number): Uint8Array => {
    if (special.has(token)) return new Uint8Array();
    const text = tokens[token] ?? '';
    return added.has(token) ? Buffer.from(text, 'utf8') : spelling(text);
  };
  return {
    vocabularySize: tokens.length,
    endTokens: new Set(ends),
    encode: createEncoder(model, files),
    decode: (ids) => Buffer.concat(ids.map(bytes)).toString('utf8'),
    bytes,
    renderChat: createChat(files, model.name),
  };
}
