import {
  HalfspaceError,
  type ChatMessage,
  type ToolCallFormat,
  type ToolDefinition,
  type Tokenizer,
} from '@halfspace/core';
import { compileChatTemplate, type ChatTemplate } from '../chat-template/chat-template.js';
import type { Marks } from '../chat-template/work.js';
import { isJsonObject } from '../json-object.js';
import { concatBytes } from '../onnx/protobuf.js';
import { utf8Bytes, utf8Text } from '../utf8.js';
import { endsInBegunTurn, renderBegunTurn } from './begun-turn.js';
import { renderMarked, type RenderChat } from './chat-origin.js';
import { createEncoder } from './encoder.js';
import { createFewestTokens } from './fewest-tokens.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { toolCallFormat } from './tool-format.js';
import { rolesOf } from './turn-ends.js';

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

const SPACE = 0x20;

/** Texts of special tokens; a file may give them as objects, or say that there is none. */
function specialTokens({ config }: TokenizerFiles): Record<string, unknown> {
  const textOf = (entry: unknown) => (isJsonObject(entry) ? entry['content'] : entry);
  return Object.fromEntries(SPECIAL_TOKENS.map((token) => [token, textOf(config[token]) ?? undefined]));
}

/** Settings of {@link createTokenizer}. */
export interface TokenizerOptions {
  /** Chat template in the Jinja that transformers uses, in place of the model's own (default: that). */
  readonly chatTemplate?: string;
}

/** A chat template at work. */
interface Chat {
  readonly render: RenderChat;
  /** Whole turns, and the beginning of another one if that is asked for. */
  readonly renderTurns: (
    messages: readonly ChatMessage[],
    tools: readonly ToolDefinition[],
    begin: boolean,
  ) => string;
}

function createChat(files: TokenizerFiles, name: string, given: string | undefined): Chat {
  const label = given === undefined ? `The chat template of ${name}` : 'The chat template that was given';
  // One that somebody has just given is read at once, so that its faults show before work starts.
  let template: ChatTemplate | undefined = given === undefined ? given : compileChatTemplate(given, label);
  const readTemplate = (): ChatTemplate => {
    if (files.chatTemplate !== undefined) return compileChatTemplate(files.chatTemplate, label);
    throw new HalfspaceError(
      'no-chat-template',
      `${name} has no chat template. Give it one (chatTemplate, on the command line --chat-template FILE), or a prompt as text.`,
    );
  };
  const renderTurns = (
    messages: readonly ChatMessage[],
    tools: readonly ToolDefinition[],
    add_generation_prompt: boolean,
    marks?: Marks,
  ) => {
    const read = (template ??= readTemplate());
    const variables = {
      messages,
      tools: tools.length > 0 ? tools : null,
      documents: null,
      add_generation_prompt,
    };
    return read.render({ ...specialTokens(files), ...variables }, marks);
  };
  return {
    renderTurns,
    render({ messages, tools = [] }, marks) {
      if (!endsInBegunTurn(messages)) return renderTurns(messages, tools, true, marks);
      return renderBegunTurn((each) => renderTurns(each, tools, false, marks), messages, label);
    },
  };
}

/**
 * The tokenizer of a vocabulary, merges and chat template that were read.
 *
 * @param name - Of the model, for messages.
 * @throws HalfspaceError `corrupt-model`; `pattern-too-slow`; `bad-chat-template` for one that is given
 */
export function tokenizerOf(
  name: string,
  files: TokenizerFiles,
  { chatTemplate }: TokenizerOptions = {},
): Tokenizer {
  const { tokens, added, spelling, prefix } = files;
  const { ends, control, silent } = rolesOf(files);
  const encoder = createEncoder(name, files, control);
  const bytes = (token: number): Uint8Array => {
    if (silent.has(token)) return new Uint8Array();
    const text = tokens[token] ?? '';
    return added.has(token) ? utf8Bytes(text) : spelling(text);
  };
  const chat = createChat(files, name, chatTemplate);
  const isText = (text: string) => encoder.controls.find(text).every(({ token }) => !token.control);
  let found: { readonly format: ToolCallFormat | undefined } | undefined;
  return {
    vocabularySize: tokens.length,
    endTokens: ends,
    encode: (text, options) => encoder.encode(text, options),
    fewestTokens: createFewestTokens(files),
    decode(ids) {
      const text = utf8Text(concatBytes(ids.map(bytes)));
      // What begins with the token of a beginning is a whole text, which was given a space in front.
      const isWhole = prefix.where !== 'none' && ids.length > 1 && ids[0] === encoder.beginning;
      return isWhole && bytes(ids[1])[0] === SPACE ? text.slice(1) : text;
    },
    bytes,
    encodeChat(messages, options) {
      const { text, isWritten } = renderMarked(chat.render, { messages, ...options }, encoder.controls);
      return encoder.encodeWritten(text, isWritten);
    },
    renderChat: (messages, options) => chat.render({ messages, ...options }),
    get toolCalls() {
      found ??= { format: toolCallFormat(chat.renderTurns, isText) };
      return found.format;
    },
  };
}
