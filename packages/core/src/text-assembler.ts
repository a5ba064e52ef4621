/** Puts the bytes of tokens together to text that can be shown as it grows. */
export interface TextAssembler {
  /** Whether a stop string was reached. */
  readonly stopped: boolean;
  /** All text given out so far. */
  readonly text: string;
  /** Adds a token's bytes; returns the text that is now certain, which may be empty. */
  push(bytes: Uint8Array): string;
  /** No more will come: returns what was held back. */
  end(): string;
}

/**
 * Holds back what may turn out to be part of a character or of a stop string; at a stop string the text
 * ends before it.
 */
export function createTextAssembler(stop: readonly string[]): TextAssembler {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let held = '';
  let text = '';
  let stopped = false;

  function give(length: number): string {
    const given = held.slice(0, length);
    held = held.slice(length);
    text += given;
    return given;
  }

  function advance(more: string, last: boolean): string {
    if (stopped) return '';
    held += more;
    const found = stop.map((each) => held.indexOf(each)).filter((index) => index >= 0);
    if (found.length > 0) {
      stopped = true;
      return give(Math.min(...found));
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
    push: (bytes) => advance(decoder.decode(bytes, { stream: true }), false),
    end: () => advance(decoder.decode(), true),
  };
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
