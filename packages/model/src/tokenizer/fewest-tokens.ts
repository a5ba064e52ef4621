import equal from 'fast-deep-equal';
import { utf8Bytes } from '../utf8.js';
import { marksSpacesOnly } from './space-prefix.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** How much shorter a text becomes at most when it is composed (NFC), in bytes. */
const COMPOSED = 3;

const SPACE = 0x20;

/**
 * A number of tokens that a text certainly has, in time proportional to its length: what has too many can be refused without
 * being split, which takes far longer. Every token covers at most what the longest one covers that begins with the same two
 * bytes; 0 where a tokenizer may leave things out.
 */
export function createFewestTokens(files: TokenizerFiles): (text: string) => number {
  const { normalizer } = files.tokenizer;
  const pieces = marksSpacesOnly(normalizer);
  const composes = equal(normalizer, { type: 'NFC' });
  if (mayLeaveOut(files) || !(normalizer === null || pieces || composes)) return () => 0;
  // The mark of a space stands for one.
  const written = (text: string) => (pieces ? text.replaceAll('▁', ' ') : text);
  let reach: Reach | undefined;
  return (text) => {
    reach ??= reachOf(files, written);
    const count = countTokens(utf8Bytes(written(text)), reach);
    return composes && text.normalize('NFC') !== text ? Math.floor(count / COMPOSED) : count;
  };
}

/** Whether what a tokenizer splits by, or its tokens, take parts of a text away. */
function mayLeaveOut({ tokenizer, config }: TokenizerFiles): boolean {
  const listed = tokenizer['added_tokens'];
  const added: unknown[] = Array.isArray(listed) ? listed : [];
  const strips = added.some((token) => {
    const { lstrip, rstrip } = token as { readonly lstrip?: unknown; readonly rstrip?: unknown };
    return lstrip === true || rstrip === true;
  });
  return (
    strips ||
    config['remove_space'] === true ||
    config['do_lowercase_and_remove_accent'] === true ||
    /"invert":true|"behavior":"removed"/iu.test(JSON.stringify(tokenizer['pre_tokenizer']))
  );
}

/** How far tokens reach. */
interface Reach {
  /** Bytes of the longest token that begins with two bytes. */
  readonly two: Uint32Array;
  /** Whether there is a token of just this byte; what is spelled with others may be left out. */
  readonly one: Uint8Array;
}

function reachOf(
  { tokens, added, spelling, prefix }: TokenizerFiles,
  written: (text: string) => string,
): Reach {
  const reach: Reach = { two: new Uint32Array(2 ** 16), one: new Uint8Array(2 ** 8) };
  tokens.forEach((token, id) => {
    if (token === undefined) return;
    const bytes = added.has(id) ? utf8Bytes(written(token)) : spelling(token);
    if (bytes.length === 1) reach.one[bytes[0]] = 1;
    else if (bytes.length > 1) {
      const begin = bytes[0] * 256 + bytes[1];
      reach.two[begin] = Math.max(reach.two[begin], bytes.length);
    }
  });
  if (prefix.where !== 'none') reachBehindSpace(reach);
  return reach;
}

/** A token may begin with a space that was put in front of what follows. */
function reachBehindSpace({ two }: Reach): void {
  for (let byte = 0; byte < 2 ** 8; byte++) {
    const most = two[SPACE * 256 + byte] - 1;
    for (let next = 0; next < 2 ** 8 && most > 1; next++)
      two[byte * 256 + next] = Math.max(two[byte * 256 + next], most);
  }
}

/** The fewest jumps over all bytes, where each goes as far as its first two bytes allow. */
function countTokens(bytes: Uint8Array, { one, two }: Reach): number {
  let count = 0;
  // All places up to `reached` can be come to with `count` tokens, and those up to `next` with one more.
  let reached = 0;
  let next = 0;
  for (let at = 0; at < bytes.length; at++) {
    next = Math.max(next, at + 1, at + two[bytes[at] * 256 + (bytes[at + 1] ?? 0)]);
    if (at < reached) continue;
    // What is left out costs nothing.
    if (one[bytes[at]] === 0) reached = at + 1;
    else {
      count++;
      reached = next;
    }
  }
  return count;
}
