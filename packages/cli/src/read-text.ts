import { createReadStream } from 'node:fs';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HalfspaceError } from '@halfspace/core';

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
  let whole = '';
  for await (const text of streamText(path, signal)) whole += text;
  return whole;
}

/**
 * The text of a file in parts that need not end at a line; `-` is stdin. A byte-order mark is dropped, and a file that
 * ends in `.gz` is unpacked.
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
      throw new HalfspaceError('not-readable', `${fileLabel(path)} is no text in UTF-8.`, { cause: error });
    }
  };
  for await (const bytes of streamBytes(path, signal)) yield decode(bytes);
  yield decode(undefined);
}

/** Stdin may be a person who thinks better of it, or a program that never ends: the signal ends the wait. */
async function* streamBytes(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path);
  if (signal !== undefined) addAbortSignal(signal, stream);
  try {
    // An error of the file comes out of what unpacks it, which is what is being waited for.
    const plain = path.endsWith('.gz') ? pipeline(stream, createGunzip(), () => undefined) : stream;
    for await (const bytes of plain) yield bytes as Buffer;
  } catch (error) {
    throw signal?.aborted === true ? error : unreadable(path, error);
  }
}

/** Says of a file that could not be read what was wrong with it. */
export function unreadable(path: string, error: unknown): HalfspaceError {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return new HalfspaceError('file-not-found', `There is no file ${path}.`, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new HalfspaceError('not-readable', `Cannot read ${fileLabel(path)}: ${reason}.`, { cause: error });
}
