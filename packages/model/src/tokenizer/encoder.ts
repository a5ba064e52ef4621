import { HalfspaceError, type EncodeOptions } from '@halfspace/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { ControlTokens, type IsWritten, type StandingToken } from './control-tokens.js';
import { assertShortPatterns, boundPatterns } from './foreign-patterns.js';
import { damagedVocabulary, type TokenizerFiles } from './tokenizer-files.js';

/** Makes token ids of texts. */
export interface Encoder {
  /** As `Tokenizer.encode`. */
  encode(text: string, options?: EncodeOptions): number[];
  /** As `encode`, where control tokens are some of those that are spelled out. */
  encodeWritten(text: string, isWritten: IsWritten): number[];
  /** Finds control tokens. */
  readonly controls: ControlTokens;
}

/** The part of the tokenizers library that knows a vocabulary. */
interface Vocabulary {
  readonly tokens_to_ids: Map<string, number>;
}

/**
 * The encoder of a tokenizer. The library splits text, and knows nothing of control tokens, which are found before it sees
 * what is between them: so that no text becomes one.
 *
 * @param control - Ids of control tokens.
 * @throws HalfspaceError `corrupt-model` for what the library stumbles over; `pattern-too-slow`
 */
export function createEncoder(name: string, files: TokenizerFiles, control: ReadonlySet<number>): Encoder {
  assertShortPatterns(name, files.tokenizer);
  try {
    const inner = createTextTokenizer(files, control);
    // A byte that no token stands for is left out, as by the tokenizers library.
    const idsOf = boundPatterns(name, files.tokenizer, (text: string) =>
      inner.encode(text, { add_special_tokens: false }).ids.filter(Number.isInteger),
    );
    // Asked in any case: what a tokenizer stumbles over shows when it is first used.
    const own = boundPatterns(name, files.tokenizer, () => firstAdded(inner, files.tokens))('a');
    const beginning = files.beginning === 'as-tokenizer' ? own : files.beginning;
    const controls = new ControlTokens(standingTokens(files, control));
    const idsBetween = (text: string, isWritten?: IsWritten) =>
      encodeBetween(text, controls, isWritten, idsOf);
    const begun = (ids: number[]) => (beginning === 'none' ? ids : [beginning, ...ids]);
    // Chat templates often write the beginning themselves.
    const begunOnce = (ids: number[]) => (ids[0] === beginning ? ids : begun(ids));
    return {
      encode(text, { controlTokens = true, continues = false } = {}) {
        const ids = controlTokens ? idsBetween(whole(text)) : idsOf(whole(text));
        if (continues) return ids;
        return controlTokens ? begunOnce(ids) : begun(ids);
      },
      encodeWritten: (text, isWritten) => begunOnce(idsBetween(whole(text), isWritten)),
      controls,
    };
  } catch (error) {
    if (error instanceof HalfspaceError) throw error;
    throw damagedVocabulary(name, (error as Error).message);
  }
}

/** Ids of a text, control tokens among them. */
function encodeBetween(
  text: string,
  controls: ControlTokens,
  isWritten: IsWritten | undefined,
  idsOf: (text: string) => number[],
): number[] {
  const ids: number[][] = [];
  let from = 0;
  let strips = false;
  const take = (to: number, lstrip: boolean) => {
    const right = strips ? text.slice(from, to).trimStart() : text.slice(from, to);
    ids.push(idsOf(lstrip ? right.trimEnd() : right));
  };
  for (const { token, start, end } of controls.find(text, isWritten)) {
    take(start, token.lstrip);
    ids.push([token.id]);
    from = end;
    strips = token.rstrip;
  }
  take(text.length, false);
  return ids.flat();
}

/** A lone surrogate is no text; encoding makes it U+FFFD. */
function whole(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** The library's tokenizer without control tokens: whatever it is given, none of them comes out. */
function createTextTokenizer(files: TokenizerFiles, control: ReadonlySet<number>): HuggingFaceTokenizer {
  const { added_tokens: listed, ...rest } = files.tokenizer;
  const added = (listed as readonly { readonly id: number }[]).filter(({ id }) => !control.has(id));
  const inner = new HuggingFaceTokenizer({ ...rest, added_tokens: added }, files.config);
  const { tokens_to_ids: ids } = inner.model as unknown as Vocabulary;
  const unknown = (files.tokenizer['model'] as { readonly unk_token?: unknown }).unk_token;
  for (const id of control) {
    const token = files.tokens[id];
    if (token !== undefined && token !== unknown && ids.get(token) === id) ids.delete(token);
  }
  return inner;
}

/** The token that a tokenizer puts in front of a text by itself. */
function firstAdded(inner: HuggingFaceTokenizer, tokens: TokenizerFiles['tokens']): number | 'none' {
  const [first] = inner.tokenize('a', { add_special_tokens: true });
  const [plain] = inner.tokenize('a');
  const id = first === undefined || first === plain ? -1 : tokens.indexOf(first);
  return id < 0 ? 'none' : id;
}

/** Control tokens, and the others that are found in a text before it is normalized. */
function standingTokens(
  { tokenizer, tokens }: TokenizerFiles,
  control: ReadonlySet<number>,
): StandingToken[] {
  const listed = tokenizer['added_tokens'] as readonly Readonly<Record<string, unknown>>[];
  const normalizes = tokenizer['normalizer'] !== null;
  const found = new Map<number, StandingToken>();
  for (const { id, content, lstrip, rstrip, special, normalized = special !== true } of listed) {
    if (!control.has(id as number) && normalizes && normalized !== false) continue;
    found.set(id as number, {
      id: id as number,
      content: content as string,
      control: control.has(id as number),
      lstrip: lstrip === true,
      rstrip: rstrip === true,
    });
  }
  for (const id of control) {
    const content = tokens[id] ?? '';
    if (!found.has(id)) found.set(id, { id, content, control: true, lstrip: false, rstrip: false });
  }
  return [...found.values()];
}
