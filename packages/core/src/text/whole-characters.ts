import type { TextStep, Tokenizer } from '@halfspace/contracts';
import { candidateOf } from './candidate.js';
import { continuationTokens } from './continuations.js';
import type { TextAssembler } from './text-assembler.js';

/** Tokens that a character, or a few that begin within one another, may take from its first byte on. */
const MOST_TOKENS = 8;
/** How many continuations are asked about first; four times as many the next time. One that is allowed is soon found. */
const FIRST_ASKED = 4;

/** Whether each candidate of a text is allowed. */
export type Allows = (text: Pick<TextStep, 'prefix' | 'candidates'>) => readonly boolean[];

/**
 * Makes a judge of candidates by whether the text stays one of whole characters: a token that breaks one is refused, and so is
 * one that leaves a character open which no tokens can complete as far as is allowed. So a text that follows it is
 * never stuck within a character, and none that goes on has U+FFFD for what was broken off. An end token is refused within
 * a character, too.
 *
 * What was found of a text is remembered.
 */
export function keepWhole(
  tokenizer: Tokenizer,
  allows: Allows,
): (token: number, assembler: TextAssembler) => boolean {
  const found = new Map<string, boolean>();

  function keeps(token: number, assembler: TextAssembler): boolean {
    return leaves(token, assembler) !== 'broken' && canGoOn(token, assembler, MOST_TOKENS);
  }

  function leaves(token: number, assembler: TextAssembler) {
    if (!tokenizer.endTokens.has(token)) return assembler.stateWith(tokenizer.bytes(token));
    return assembler.stateWith(NOTHING) === 'whole' ? 'whole' : 'broken';
  }

  /** Of a token that breaks nothing and is allowed. */
  function canGoOn(token: number, assembler: TextAssembler, most: number): boolean {
    if (leaves(token, assembler) === 'whole') return true;
    const after = assembler.fork();
    after.push(tokenizer.bytes(token));
    return after.stopped || canComplete(after, most - 1);
  }

  /** Whether what the open character of a text needs is allowed. */
  function canComplete(open: TextAssembler, most: number): boolean {
    if (most === 0) return false;
    const key = keyOf(open);
    const answer = found.get(key) ?? isCompleted(open, most);
    found.set(key, answer);
    return answer;
  }

  function isCompleted(open: TextAssembler, most: number): boolean {
    const tokens = continuationTokens(tokenizer).filter((token) => leaves(token, open) !== 'broken');
    for (let start = 0, size = FIRST_ASKED; start < tokens.length; start += size, size *= 4) {
      const some = tokens.slice(start, start + size);
      const candidates = some.map((token) => candidateOf(token, open, tokenizer));
      const allowed = allows({ prefix: open.text, candidates: Object.freeze(candidates) });
      const left = some.filter((_, i) => allowed[i]);
      if (left.some((token) => leaves(token, open) === 'whole')) return true;
      if (left.some((token) => canGoOn(token, open, most))) return true;
    }
    return false;
  }

  return keeps;
}

const NOTHING = new Uint8Array();

/** A text and the bytes of its open character. */
function keyOf(open: TextAssembler): string {
  return `${open.pending.join()} ${open.text}${open.preview(NOTHING).text}`;
}
