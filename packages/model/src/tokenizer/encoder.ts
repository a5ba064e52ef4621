import { utf8Bytes, utf8Text } from '../utf8.js';
import { HalfspaceError, type EncodeOptions } from '@halfspace/core';
import { ControlTokens, type IsWritten, type StandingToken } from './control-tokens.js';
import { assertShortPatterns, boundPatterns } from './foreign-patterns.js';
import type { SpacePrefix } from './space-prefix.js';
import { createStretchEncoder } from './stretch-encoder.js';
import { damagedVocabulary } from './damaged-vocabulary.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** Makes token ids of texts. */
export interface Encoder {
  /** As `Tokenizer.encode`. */
  encode(text: string, options?: EncodeOptions): number[];
  /** As `encode`, where control tokens are some of those that are spelled out. */
  encodeWritten(text: string, isWritten: IsWritten): number[];
  /** Finds control tokens. */
  readonly controls: ControlTokens;
  /** The token that is put in front of a text. */
  readonly beginning: number | undefined;
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
    // Made and asked within bounds: what a tokenizer stumbles over shows when it is first used.
    const inner = boundPatterns(name, files.tokenizer, () => createStretchEncoder(files, control))('a');
    const idsOf = boundPatterns(name, files.tokenizer, (text: string, spaced?: boolean) =>
      inner.idsOf(text, spaced === true),
    );
    idsOf('a');
    const beginning = files.beginning === 'as-tokenizer' ? (inner.beginning ?? 'none') : files.beginning;
    const controls = new ControlTokens(standingTokens(files, control));
    const idsBetween = (text: string, isWritten?: IsWritten, continues = false) =>
      encodeBetween(text, { controls, isWritten, idsOf, where: files.prefix.where, continues });
    const begun = (ids: number[]) => (beginning === 'none' ? ids : [beginning, ...ids]);
    // Chat templates often write the beginning themselves.
    const begunOnce = (ids: number[]) => (ids[0] === beginning ? ids : begun(ids));
    return {
      beginning: beginning === 'none' ? undefined : beginning,
      encode(text, { controlTokens = true, continues = false } = {}) {
        const ids = idsBetween(whole(text), controlTokens ? undefined : NOT_WRITTEN, continues);
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

/** What spells a control token is text. */
const NOT_WRITTEN: IsWritten = () => false;

/** How a text with tokens that stand for themselves is encoded. */
interface Between {
  readonly controls: ControlTokens;
  readonly isWritten: IsWritten | undefined;
  /** Ids of a stretch of text; `spaced`, with a space in front. */
  readonly idsOf: (text: string, spaced: boolean) => number[];
  /** Which stretches get a space in front. */
  readonly where: SpacePrefix['where'];
  /** Whether the text goes on from another one. */
  readonly continues: boolean;
}

/** Ids of a text, control tokens among them. */
function encodeBetween(text: string, { controls, isWritten, idsOf, where, continues }: Between): number[] {
  const ids: number[][] = [];
  let from = 0;
  let strips = false;
  const take = (to: number, lstrip: boolean) => {
    const right = strips ? text.slice(from, to).trimStart() : text.slice(from, to);
    const spaced = from === 0 ? where !== 'none' && !continues : where === 'each';
    ids.push(idsOf(lstrip ? right.trimEnd() : right, spaced));
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
  return utf8Text(utf8Bytes(text));
}

/** Control tokens, and the others that are found in a text before it is normalized. */
function standingTokens(
  { tokenizer, tokens, normalizes }: TokenizerFiles,
  control: ReadonlySet<number>,
): StandingToken[] {
  const listed = tokenizer['added_tokens'] as readonly Readonly<Record<string, unknown>>[];
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
