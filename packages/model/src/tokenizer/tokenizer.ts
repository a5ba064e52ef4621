import { HalfspaceError, type Tokenizer } from '@halfspace/core';
import { Template } from '@huggingface/jinja';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import type { ModelFile } from '../weights.js';
import { tokenBytes } from './byte-alphabet.js';
import { readVocabulary, type TokenizerFiles } from './vocabulary.js';

/** What chat models end a turn with, besides the end of sequence that the file names. */
const TURN_ENDS = new Set([
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|end_of_text|>',
  '<|end|>',
  '</s>',
]);

function createChat(files: TokenizerFiles, name: string): Tokenizer['renderChat'] {
  let template: Template | undefined;
  return (messages) => {
    if (files.chatTemplate === undefined) {
      throw new HalfspaceError('no-chat-template', `${name} has no chat template. Give it a prompt as text.`);
    }
    try {
      template ??= new Template(files.chatTemplate);
      return template.render({
        messages,
        add_generation_prompt: true,
        bos_token: files.config['bos_token'],
        eos_token: files.config['eos_token'],
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      throw new HalfspaceError(
        'bad-chat-template',
        `The chat template of ${name} does not take these messages: ${reason}`,
        { cause: error },
      );
    }
  };
}

/**
 * The tokenizer that belongs to a model file: its own vocabulary, merges and chat template.
 *
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`
 */
export async function createTokenizer(model: ModelFile): Promise<Tokenizer> {
  const files = await readVocabulary(model);
  const { tokens, special, beginning } = files;
  const inner = new HuggingFaceTokenizer(files.tokenizer, files.config);
  const ends = tokens.flatMap((token, id) => (special.has(id) && TURN_ENDS.has(token) ? [id] : []));
  if (files.endOfSequence !== undefined) ends.push(files.endOfSequence);

  const bytes = (token: number): Uint8Array =>
    special.has(token) ? new Uint8Array() : tokenBytes(tokens[token] ?? '');
  return {
    vocabularySize: tokens.length,
    endTokens: new Set(ends),
    encode(text) {
      // A lone surrogate is no text; encoding makes it U+FFFD.
      const wellFormed = Buffer.from(text, 'utf8').toString('utf8');
      const { ids } = inner.encode(wellFormed, { add_special_tokens: false });
      return beginning === undefined ? ids : [beginning, ...ids];
    },
    decode: (ids) => Buffer.concat(ids.map(bytes)).toString('utf8'),
    bytes,
    renderChat: createChat(files, model.name),
  };
}
