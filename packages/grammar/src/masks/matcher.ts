import type * as XGrammar from '@mlc-ai/web-xgrammar';
import { byteLevel } from './byte-level.js';
import { loadXGrammar } from './load-xgrammar.js';
import type { Vocabulary } from './vocabulary.js';

/** States of texts that are remembered. */
const MOST_STATES = 512;

/** Says which tokens may follow texts of a grammar. */
export interface Matcher {
  /** The mask after a text, as `TokenMasks.after`; without any token where the text begins no document. */
  after(begun: string, tokens: Int32Array): Promise<Int32Array>;
  /** Whether a text is a whole document. */
  isComplete(text: string): Promise<boolean>;
  /** Frees everything. */
  dispose(): void;
}

/** Makes matchers for a vocabulary. */
export interface MatcherFactory {
  /**
   * The matcher of a grammar.
   *
   * @throws Error that says what is wrong with it; after that the factory is of no more use
   */
  compile(ebnf: string): Promise<Matcher>;
}

/** A text and where the grammar is after it. */
interface State {
  readonly begun: string;
  tokens: Int32Array;
  readonly matcher: XGrammar.GrammarMatcher;
  mask: Int32Array | undefined;
}

/** Loads the library and reads a vocabulary. */
export async function createMatcherFactory({ bytes, ends, endTokens }: Vocabulary): Promise<MatcherFactory> {
  const messages: string[] = [];
  const library = loadXGrammar((message) => messages.push(message));
  const texts = Array.from(ends, (end, token) =>
    byteLevel(bytes.subarray(token === 0 ? 0 : ends[token - 1], end)),
  );
  const info = await library.TokenizerInfo.createTokenizerInfo(texts, 'byte_level', false, texts.length, [
    ...endTokens,
  ]);
  const compiler = await library.GrammarCompiler.createGrammarCompiler(info, false);
  return {
    async compile(ebnf) {
      messages.length = 0;
      try {
        const compiled = await compiler.compileGrammar(ebnf);
        return await createMatcher(library, compiled, endTokens);
      } catch (cause) {
        throw new Error(faultIn(messages) ?? String(cause), { cause });
      }
    },
  };
}

/** What the library says of an error, without where in its own sources. */
function faultIn(messages: readonly string[]): string | undefined {
  const fatal = messages.find((message) => message.includes('[FATAL]'));
  return fatal?.replace(/^.*?\.cc:\d+: /s, '').trim();
}

async function createMatcher(
  { GrammarMatcher }: typeof XGrammar,
  compiled: XGrammar.CompiledGrammar,
  endTokens: readonly number[],
): Promise<Matcher> {
  const states = new Map<string, State>();

  async function startAt(begun: string): Promise<XGrammar.GrammarMatcher | undefined> {
    const matcher = await GrammarMatcher.createGrammarMatcher(compiled);
    if (begun === '' || matcher._acceptString(begun)) return matcher;
    matcher.dispose();
    return undefined;
  }

  /** Takes the state of a text out, which is changed then. */
  function take(begun: string, tokens: Int32Array): State | undefined {
    const key = keyOf(begun, tokens);
    const found = states.get(key);
    if (found === undefined || found.begun !== begun || !equal(found.tokens, tokens)) return undefined;
    states.delete(key);
    return found;
  }

  function put(state: State): void {
    const key = keyOf(state.begun, state.tokens);
    states.get(key)?.matcher.dispose();
    states.set(key, state);
    for (const [oldest, { matcher }] of states) {
      if (states.size <= MOST_STATES) break;
      matcher.dispose();
      states.delete(oldest);
    }
  }

  async function reach(begun: string, tokens: Int32Array): Promise<State | undefined> {
    const same = take(begun, tokens);
    if (same !== undefined) return same;
    const before = tokens.length === 0 ? undefined : take(begun, tokens.subarray(0, -1));
    const matcher = before?.matcher ?? (await startAt(begun));
    if (matcher === undefined) return undefined;
    const missing = before === undefined ? tokens : tokens.subarray(-1);
    if (missing.every((token) => matcher.acceptToken(token)))
      return { begun, tokens, matcher, mask: undefined };
    matcher.dispose();
    return undefined;
  }

  const nothing = new Int32Array(
    (await (await GrammarMatcher.createGrammarMatcher(compiled)).getNextTokenBitmask()).length,
  );

  return {
    async after(begun, tokens) {
      const state = await reach(begun, tokens);
      if (state === undefined) return nothing;
      state.mask ??= await state.matcher.getNextTokenBitmask();
      put(state);
      return state.mask;
    },
    async isComplete(text) {
      const matcher = await startAt(text);
      if (matcher === undefined) return false;
      const mask = await matcher.getNextTokenBitmask();
      matcher.dispose();
      return endTokens.some((token) => ((mask[token >>> 5] >>> (token & 31)) & 1) === 1);
    },
    dispose() {
      for (const { matcher } of states.values()) matcher.dispose();
      states.clear();
      compiled.dispose();
    },
  };
}

/** A text in few characters; others may have the same. */
function keyOf(begun: string, tokens: Int32Array): string {
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ token, 0x01000193);
  return `${tokens.length} ${hash} ${begun}`;
}

function equal(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}
