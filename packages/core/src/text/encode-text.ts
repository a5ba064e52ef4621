import {
  type Backend,
  type ChatMessage,
  type ChatOptions,
  HalfspaceError,
  type Tokenizer,
} from '@halfspace/contracts';

/** What a model goes on with: a text, or a conversation that its chat template renders. */
export type Prompt = string | readonly ChatMessage[];

/** A prompt as text and as the tokens that the model sees. */
export interface PromptTokens {
  /** The prompt; of a conversation, as it is rendered. */
  readonly text: string;
  /** Its tokens. */
  readonly tokens: readonly number[];
  /** What the assistant has said already, at the end of `text`: only where a conversation ends in a turn of the assistant. */
  readonly begun?: string;
}

/**
 * A prompt as the model sees it. Control tokens that a text or a message spells out are text: only a chat template writes
 * them, and {@link withControlTokens}. A conversation that ends in a turn of the assistant is open at its end: the turn is gone on with.
 *
 * @param chat - How a conversation is rendered.
 * @throws HalfspaceError `no-chat-template`; `cannot-continue-turn` where the template does not leave a turn open
 */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt, chat: ChatOptions = {}): PromptTokens {
  if (typeof prompt === 'string')
    return { text: prompt, tokens: copied(tokenizer.encode(prompt, { controlTokens: false })) };
  const text = tokenizer.renderChat(prompt, chat);
  const begun = begunIn(text, prompt);
  const tokens = copied(tokenizer.encodeChat?.(prompt, chat) ?? tokenizer.encode(text));
  return { text, tokens, ...(begun !== undefined && { begun }) };
}

/** The begun turn at the end of a rendered conversation, which may have been trimmed there. */
function begunIn(text: string, messages: readonly ChatMessage[]): string | undefined {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return undefined;
  const { content } = last;
  const begun = [content, content.trimEnd(), content.trimStart(), content.trim()].find((each) =>
    text.endsWith(each),
  );
  if (begun !== undefined) return begun;
  throw new HalfspaceError(
    'cannot-continue-turn',
    'The messages end in a turn of the assistant, and this backend does not render them up to where that goes on. ' +
      'End them with a turn of the user, or write the whole prompt by hand, with controlTokens.',
  );
}

/** Tokens by which a text goes on from a prompt: those that the model would write, and control tokens are text. */
export function encodeContinuation(tokenizer: Tokenizer, text: string): number[] {
  return copied(tokenizer.encode(text, { controlTokens: false, continues: true }));
}

/** A tokenizer may use its list for the next text again. */
function copied(tokens: readonly number[]): number[] {
  return [...tokens];
}

/**
 * A number of tokens that texts certainly come to together, where that is cheap to know and may matter; else 0. Texts that are
 * far too long are refused by it, because to encode them would take long.
 *
 * @param most - What they may come to.
 * @beta
 */
export function fewestTokens(
  { tokenizer }: Pick<Backend, 'tokenizer'>,
  texts: readonly string[],
  most: number,
): number {
  // Short ones are encoded in no time.
  if (texts.reduce((sum, text) => sum + text.length, 0) <= most) return 0;
  return texts.reduce((sum, text) => sum + (tokenizer.fewestTokens?.(text) ?? 0), 0);
}

/**
 * A backend for people who mean it: control tokens that prompts, messages, responses and any other texts spell out
 * (`<|im_start|>`) are control tokens. Whoever writes such a text can end its turn and speak as somebody else, so give it no text of
 * others.
 *
 * @param backend - Stays as it is, and is what runs.
 */
export function withControlTokens(backend: Backend): Backend {
  const { specificationVersion, model, exact } = backend;
  return {
    specificationVersion,
    model,
    tokenizer: readingControlTokens(backend.tokenizer),
    exact,
    prefill: async (requests, options) => backend.prefill(requests, options),
    next: async (requests) => backend.next(requests),
    lookAhead: async (requests) => backend.lookAhead(requests),
    logProbs: async (tokens, options) => backend.logProbs(tokens, options),
    states: async (texts, options) => backend.states(texts, options),
    fork: (context) => backend.fork(context),
    release: (context) => backend.release(context),
    dispose: async () => backend.dispose(),
  };
}

/** A tokenizer to which control tokens are control tokens wherever they stand. */
function readingControlTokens(tokenizer: Tokenizer): Tokenizer {
  const { vocabularySize, endTokens } = tokenizer;
  return {
    vocabularySize,
    endTokens,
    encode: (text, options) => tokenizer.encode(text, { ...options, controlTokens: true }),
    encodeChat: (messages, options) => tokenizer.encode(tokenizer.renderChat(messages, options)),
    fewestTokens: (text) => tokenizer.fewestTokens?.(text) ?? 0,
    decode: (tokens) => tokenizer.decode(tokens),
    bytes: (token) => tokenizer.bytes(token),
    renderChat: (messages, options) => tokenizer.renderChat(messages, options),
    get toolCalls() {
      return tokenizer.toolCalls;
    },
  };
}
