import { HalfspaceError } from '@halfspace/contracts';

/** Bytes that are looked at to tell UTF-16 by. */
const HEAD = 64;

/**
 * Whether bytes are the beginning of a text in UTF-16, which some programs on Windows write: by its byte-order mark, or by
 * the zero that every other byte is where most letters are Latin.
 *
 * @beta
 */
export function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const head = bytes.subarray(0, HEAD - (HEAD % 2));
  const zeros = [0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]++;
  });
  const pairs = Math.floor(head.length / 2);
  return pairs >= 2 && zeros.some((count, i) => count === pairs && zeros[1 - i] === 0);
}

/**
 * The error of a file whose text is in UTF-16.
 *
 * @beta
 */
export function utf16Error(label: string): HalfspaceError {
  return new HalfspaceError('not-readable', `${label} is text in UTF-16. Save it as UTF-8.`);
}

/**
 * The text of a file's bytes, which must be UTF-8. A byte-order mark at its beginning is dropped.
 *
 * @param label - What messages call the file.
 * @throws HalfspaceError `not-readable`, naming UTF-16 where it is that
 * @beta
 */
export function decodeText(bytes: Uint8Array, label: string): string {
  if (isUtf16(bytes)) throw utf16Error(label);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HalfspaceError('not-readable', `${label} is no text in UTF-8.`, { cause });
  }
}
