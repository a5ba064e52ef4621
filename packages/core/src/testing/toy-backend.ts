import {
  type Backend,
  SPECIFICATION_VERSIONS,
  type Context,
  HalfspaceError,
  type LookAhead,
  type NextTokens,
  throwIfAborted,
  type ToolCallFormat,
  type Tokenizer,
} from '@halfspace/contracts';
import { hashTokens } from '../step/draw/noise.js';
import { createRandom } from './random.js';

/** Letters a–g, a space, and an end token: small enough to enumerate. */
export const TOY_VOCABULARY = 'a b c d e f g'.split(' ').concat(' ', '<end>');
const WIDTH = 4;

/** Timers and streams have their turn before it ends, in browsers as well. */
const macrotask = async () =>
  new Promise<void>((resolve) => void (globalThis.setImmediate ?? setTimeout)(() => resolve()));

/** Logits after a text: any function of it will do, as long as it is the same each time. The last token ends. */
export function toyLogits(
  tokens: readonly number[],
  endLogit: number,
  size = TOY_VOCABULARY.length,
): number[] {
  const random = createRandom(hashTokens(tokens));
  return Array.from({ length: size }, (_, token) => (token === size - 1 ? endLogit : random() * 3));
}

/** Log-probability of each token of a text after the first. */
function toyLogProbs(tokens: readonly number[], endLogit: number, size: number): Float64Array {
  return Float64Array.from(tokens.slice(1), (token, i) => {
    const logits = toyLogits(tokens.slice(0, i + 1), endLogit, size);
    return logits[token] - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
}

/** Hidden state after a text. */
export function toyHidden(tokens: readonly number[]): number[] {
  const random = createRandom(hashTokens(tokens) + 1);
  return Array.from({ length: WIDTH }, () => Math.fround(random() * 2 - 1));
}

/** A backend over made-up logits that counts what is asked of it. */
export interface ToyBackend extends Backend {
  readonly calls: { prefill: number; next: number; lookAhead: number; rows: number };
  /** Tokens of prompts that were run. */
  readonly promptRows: number;
  /** Contexts that were not released. */
  readonly open: number;
}

/** Settings of the toy. */
export interface ToyOptions {
  readonly endLogit?: number;
  readonly contextLength?: number;
  /** The bytes of every token; the last is an end token, without any (default: {@link TOY_VOCABULARY}). */
  readonly vocabulary?: readonly Uint8Array[];
  /** How it writes calls of tools (default: it knows none). */
  readonly toolCalls?: ToolCallFormat;
  /** Hidden states after this many calls of `lookAhead` are NaN; below 0 those of prompts are, too. */
  readonly breakAfter?: number;
}

const TOY_BYTES = TOY_VOCABULARY.map((text) => new TextEncoder().encode(text === '<end>' ? '' : text));

/** A tokenizer that writes every byte as the first token that is just this byte; what it has none for is the first token. */
function createToyTokenizer(vocabulary: readonly Uint8Array[], toolCalls?: ToolCallFormat): Tokenizer {
  const tokenOf = (byte: number) =>
    Math.max(
      0,
      vocabulary.findIndex((token) => token.length === 1 && token[0] === byte),
    );
  const bytesOf = (tokens: readonly number[]) =>
    Uint8Array.from(tokens.flatMap((token) => [...vocabulary[token]]));
  return {
    vocabularySize: vocabulary.length,
    endTokens: new Set([vocabulary.length - 1]),
    encode: (text) => Array.from(new TextEncoder().encode(text), tokenOf),
    decode: (tokens) => new TextDecoder().decode(bytesOf(tokens)),
    bytes: (token) => vocabulary[token],
    renderChat: (messages, { tools = [] } = {}) =>
      [
        ...tools.map((tool) => JSON.stringify(tool)),
        ...messages.map(({ content, tool_calls: calls }) => content + (calls ? JSON.stringify(calls) : '')),
      ].join(' '),
    ...(toolCalls && { toolCalls }),
  };
}

/** The tokenizer of {@link TOY_VOCABULARY}. */
export const toyTokenizer = createToyTokenizer(TOY_BYTES);

/** Hidden states after each token of a text, from a position on. */
function statesFrom(tokens: readonly number[], from: number): number[] {
  return tokens.flatMap((_, i) => (i < from ? [] : toyHidden(tokens.slice(0, i + 1))));
}

function nextTokens(logits: readonly number[], topK: number, asked: readonly number[]): NextTokens {
  const logSumExp = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b).slice(0, topK);
  const logProbs = (ids: readonly number[]) => Float64Array.from(ids, (id) => logits[id] - logSumExp);
  return { tokens: Int32Array.from(order), logProbs: logProbs(order), asked: logProbs(asked), logSumExp };
}

/** Contexts with their texts; what cannot be run is refused. */
function createTexts(contextLength: number, vocabularySize: number) {
  const held = new Map<Context, readonly number[]>();
  let disposed = false;
  function assertAlive(): void {
    if (disposed) throw new HalfspaceError('disposed', 'The toy was disposed of. Create a new one.');
  }
  return {
    held,
    assertAlive,
    dispose(): void {
      disposed = true;
      held.clear();
    },
    assertTokens(tokens: readonly number[], before = 0): void {
      assertAlive();
      if (tokens.length === 0) throw new HalfspaceError('empty-prompt', 'There are no tokens. Give some.');
      const wrong = tokens.find(
        (token) => !(Number.isInteger(token) && token >= 0 && token < vocabularySize),
      );
      if (wrong !== undefined) throw new HalfspaceError('unknown-token', `The toy has no token ${wrong}.`);
      if (before + tokens.length <= contextLength) return;
      throw new HalfspaceError('context-overflow', `The toy takes ${contextLength} tokens at most.`);
    },
    assertLayers(layers: readonly number[]): void {
      const wrong = layers.find((layer) => layer !== 0 && layer !== 1);
      if (wrong !== undefined) throw new HalfspaceError('unknown-layer', `The toy has no layer ${wrong}.`);
    },
    open(tokens: readonly number[]): Context {
      const context = { length: tokens.length };
      held.set(context, tokens);
      return context;
    },
    textOf(context: Context): readonly number[] {
      assertAlive();
      const text = held.get(context);
      if (text !== undefined) return text;
      throw new HalfspaceError('invalid-context', 'This context was released, or is none of the toy.');
    },
  };
}

function lookOf(
  texts: ReturnType<typeof createTexts>,
  context: Context,
  tokens: readonly number[],
  broken: boolean,
): LookAhead {
  const after = tokens.map((token) => [...texts.textOf(context), token]);
  return {
    hidden() {
      texts.textOf(context);
      return Float32Array.from(after.flatMap((text) => (broken ? [NaN, 0, 0, 0] : toyHidden(text))));
    },
    commit(candidate) {
      texts.textOf(context);
      const index = tokens.indexOf(candidate);
      if (index >= 0) return texts.open(after[index]);
      throw new HalfspaceError('unknown-token', `${candidate} was not among the candidates.`);
    },
  };
}

/** The toy. */
export function createToyBackend(options: ToyOptions = {}): ToyBackend {
  const { endLogit = -1, contextLength = 64, breakAfter = Infinity, vocabulary = TOY_BYTES } = options;
  const tokenizer = createToyTokenizer(vocabulary, options.toolCalls);
  const texts = createTexts(contextLength, vocabulary.length);
  const open = (tokens: readonly number[]) => texts.open(tokens);
  const textOf = (context: Context) => texts.textOf(context);
  /** Look-aheads follow one another. */
  let turn: Promise<unknown> = Promise.resolve();
  const calls = { prefill: 0, next: 0, lookAhead: 0, rows: 0 };
  let promptRows = 0;

  return {
    specificationVersion: SPECIFICATION_VERSIONS.backend,
    model: { name: 'toy', fingerprint: 'toy-fingerprint', layers: 1, width: WIDTH, contextLength },
    tokenizer,
    exact: true,
    calls,
    get promptRows() {
      return promptRows;
    },
    get open() {
      return texts.held.size;
    },
    async prefill(requests, { maxRows = Infinity } = {}) {
      calls.prefill++;
      let left = maxRows;
      const befores = requests.map(({ tokens, after, layers = [] }) => {
        const before = after === undefined ? [] : textOf(after);
        texts.assertTokens(tokens, before.length);
        texts.assertLayers(layers);
        return before;
      });
      return requests.map(({ tokens, from = 0 }, i) => {
        const before = befores[i];
        const text = [...before, ...tokens.slice(0, left)];
        left -= text.length - before.length;
        promptRows += text.length - before.length;
        const states = breakAfter < 0 ? [NaN] : statesFrom(text, Math.max(from, before.length));
        return { context: open(text), cachedTokens: 0, hidden: () => Float32Array.from(states) };
      });
    },
    async next(requests) {
      calls.next++;
      texts.assertAlive();
      return requests.map(({ context, topK, tokens = [] }) =>
        nextTokens(toyLogits(textOf(context), endLogit, vocabulary.length), topK, tokens),
      );
    },
    async lookAhead(requests) {
      calls.lookAhead++;
      for (const { context, tokens, layers } of requests) {
        const { length } = textOf(context);
        for (const token of tokens) texts.assertTokens([token], length);
        texts.assertLayers(layers);
      }
      const broken = calls.lookAhead > breakAfter;
      turn = turn.then(macrotask);
      await turn;
      calls.rows += requests.reduce((sum, { tokens }) => sum + tokens.length, 0);
      return requests.map(({ context, tokens }) => lookOf(texts, context, tokens, broken));
    },
    async logProbs(tokens, { signal } = {}) {
      texts.assertTokens(tokens);
      throwIfAborted(signal);
      return toyLogProbs(tokens, endLogit, vocabulary.length);
    },
    async states(asked, { layers, signal }) {
      for (const tokens of asked) texts.assertTokens(tokens);
      texts.assertLayers(layers);
      throwIfAborted(signal);
      return asked.map((tokens) => ({
        hidden: () => Float32Array.from(statesFrom(tokens, 0)),
      }));
    },
    fork: (context) => open(textOf(context)),
    release: (context) => void texts.held.delete(context),
    dispose: async () => texts.dispose(),
  };
}
