import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { HalfspaceError } from '@halfspace/core';

/** What messages call a file that the user named. */
export function fileLabel(path: string): string {
  return path === '-' ? 'stdin' : path;
}

/**
 * The text of a file; `-` is stdin.
 *
 * @param signal - Ends the wait for stdin.
 * @throws HalfspaceError `file-not-found`, `not-readable`
 */
export async function readText(path: string, signal?: AbortSignal): Promise<string> {
  const bytes = path === '-' ? await readStdin(signal) : await readFile(path).catch(explain(path));
  try {
    // A byte-order mark at the beginning is dropped.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HalfspaceError('not-readable', `${fileLabel(path)} is no text in UTF-8.`, { cause: error });
  }
}

/** Stdin may be a person who thinks better of it, or a program that never ends. */
async function readStdin(signal?: AbortSignal): Promise<Buffer> {
  return buffer(signal === undefined ? process.stdin : addAbortSignal(signal, process.stdin));
}

function explain(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'ENOENT')
      throw new HalfspaceError('file-not-found', `There is no file ${path}.`, { cause: error });
    throw new HalfspaceError('not-readable', `Cannot read ${path}: ${error.message}.`, { cause: error });
  };
}
