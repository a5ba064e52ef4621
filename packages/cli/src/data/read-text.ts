import { createReadStream } from 'node:fs';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HalfspaceError, isUtf16, utf16Error } from '@halfspace/core';

/** Characters of a text that is kept whole: what one string of the runtime can hold. */
const MOST_CHARACTERS = 2 ** 29 - 2 ** 16;
/** What may be unpacked of a file whatever its size, in bytes, and how often its size beyond that: data packs by five or ten. */
const UNPACKED = { free: 2 ** 28, times: 200 };

/** What messages call a file that the user named. */
export function fileLabel(path: string): string {
  return path === '-' ? 'stdin' : path;
}

/**
 * The text of a file, whole; `-` is stdin.
 *
 * @throws HalfspaceError as {@link streamText}
 */
export async function readText(path: string, signal?: AbortSignal): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const text of streamText(path, signal)) {
    length += text.length;
    if (length > MOST_CHARACTERS) throw notReadable(path, 'is too long to be read as one text');
    parts.push(text);
  }
  return parts.join('');
}

/**
 * The text of a file in parts that need not end at a line; `-` is stdin. It must be UTF-8: a byte-order mark is dropped, a
 * byte of zero refused. A file that ends in `.gz` is unpacked.
 *
 * @param signal - Ends the reading, and the wait for stdin.
 * @throws HalfspaceError `file-not-found`, `not-readable`
 */
export async function* streamText(path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes: Buffer | undefined): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw notReadable(path, 'is no text in UTF-8', error);
    }
  };
  let first = true;
  for await (const bytes of streamBytes(path, signal)) {
    if (first && isUtf16(bytes)) throw utf16Error(fileLabel(path));
    first = false;
    const text = decode(bytes);
    if (text.includes('\0')) throw notReadable(path, 'has a byte of zero in it, as no text has');
    yield text;
  }
  yield decode(undefined);
}

/** Stdin may be a person who thinks better of it, or a program that never ends: the signal ends the wait. */
async function* streamBytes(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path);
  if (signal !== undefined) addAbortSignal(signal, stream);
  try {
    if (!isPacked(path)) yield* stream as AsyncIterable<Buffer>;
    else {
      const packed = { bytes: 0 };
      stream.on('data', (bytes: Buffer) => (packed.bytes += bytes.length));
      // An error of the file comes out of what unpacks it, which is what is being waited for.
      const unpacked = pipeline(stream, createGunzip(), () => undefined);
      yield* bounded(path, packed, unpacked as AsyncIterable<Buffer>);
    }
  } catch (error) {
    throw signal?.aborted === true ? error : unreadable(path, error);
  }
}

/** A few kilobytes can be unpacked to gigabytes: no data does that. */
async function* bounded(
  path: string,
  packed: { readonly bytes: number },
  unpacked: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const bytes of unpacked) {
    length += bytes.length;
    if (length > UNPACKED.free + UNPACKED.times * packed.bytes) {
      throw notReadable(path, `unpacks to more than ${UNPACKED.times} times its size, which no data does`);
    }
    yield bytes;
  }
}

/** Whether a file is packed, by its name. */
export function isPacked(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** The error of a file that cannot be taken, by what is wrong with it. */
export function notReadable(path: string, what: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError('not-readable', `${fileLabel(path)} ${what}.`, { cause });
}

/** Says of a file that could not be read what was wrong with it. */
export function unreadable(path: string, error: unknown): HalfspaceError {
  if (error instanceof HalfspaceError) return error;
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return new HalfspaceError('file-not-found', `There is no file ${path}.`, { cause: error });
  }
  if (error instanceof Error && 'code' in error && error.code === 'EISDIR') {
    return notReadable(path, 'is a folder, and not a file', error);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new HalfspaceError('not-readable', `Cannot read ${fileLabel(path)}: ${reason}.`, { cause: error });
}
