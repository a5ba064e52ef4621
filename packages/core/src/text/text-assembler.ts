import { utf8StateOf, type Utf8State } from './utf8-state.js';

/** Puts the bytes of tokens together to text that can be shown as it grows. */
export interface TextAssembler {
  /** Whether a stop string was reached. */
  readonly stopped: boolean;
  /** All text given out so far. */
  readonly text: string;
  /** Bytes of a character that is not complete. */
  readonly pending: Uint8Array;
  /** Adds a token's bytes; returns the text that is now certain, which may be empty. */
  push(bytes: Uint8Array): string;
  /** No more will come: returns what was held back. */
  end(): string;
  /** What `push` and then `end` would give out together, and whether a stop string would be reached. */
  preview(bytes: Uint8Array): { readonly text: string; readonly stopped: boolean };
  /** What the bytes of the text would be with these, from the last whole character on. */
  stateWith(bytes: Uint8Array): Utf8State;
  /** Another one with the same text, to be continued in its own way. */
  fork(): TextAssembler;
}

const NOTHING = new Uint8Array();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Holds back what may turn out to be part of a character or of a stop string; at a stop string the text
 * ends before it.
 */
export function createTextAssembler(stop: readonly string[]): TextAssembler {
  return assemblerAt({ pending: NOTHING, held: '', text: '', stopped: false }, stop);
}

/** Where an assembler is. */
interface Place {
  /** Bytes of a character that is not complete. */
  readonly pending: Uint8Array;
  /** What may be part of a stop string. */
  readonly held: string;
  readonly text: string;
  readonly stopped: boolean;
}

function assemblerAt(place: Place, stop: readonly string[]): TextAssembler {
  let { pending, held, text, stopped } = place;

  function give(length: number): string {
    const given = held.slice(0, length);
    held = held.slice(length);
    text += given;
    return given;
  }

  function advance(more: string, last: boolean): string {
    if (stopped) return '';
    held += more;
    const found = firstStop(held, stop);
    if (found !== undefined) {
      stopped = true;
      return give(found);
    }
    return give(last ? held.length : held.length - undecided(held, stop));
  }

  return {
    get stopped() {
      return stopped;
    },
    get text() {
      return text;
    },
    get pending() {
      return pending;
    },
    push(bytes) {
      const all = join(pending, bytes);
      const complete = all.length - incomplete(all);
      pending = all.slice(complete);
      return advance(utf8.decode(all.subarray(0, complete)), false);
    },
    end() {
      const rest = utf8.decode(pending);
      pending = NOTHING;
      return advance(rest, true);
    },
    preview(bytes) {
      const whole = held + utf8.decode(join(pending, bytes));
      const found = firstStop(whole, stop);
      return { text: whole.slice(0, found), stopped: found !== undefined };
    },
    stateWith: (bytes) => utf8StateOf(join(pending, bytes)),
    fork: () => assemblerAt({ pending, held, text, stopped }, stop),
  };
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  return first.length === 0 ? second : Uint8Array.of(...first, ...second);
}

/** How many bytes at the end begin a character and do not complete it. */
function incomplete(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Where the first stop string begins. */
function firstStop(text: string, stop: readonly string[]): number | undefined {
  const found = stop.map((each) => text.indexOf(each)).filter((index) => index >= 0);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** Length of the longest end of the text that begins a stop string. */
function undecided(text: string, stop: readonly string[]): number {
  const longest = Math.max(0, ...stop.map((each) => each.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const tail = text.slice(-length);
    if (stop.some((each) => each.startsWith(tail))) return length;
  }
  return 0;
}
