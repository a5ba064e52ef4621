import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { memoryFor } from './parquet-bounds.js';
import type { ParquetAnswer } from './parquet-process.js';
import { notReadable, unreadable } from './read-text.js';
import { emptyFile, type Row } from './rows.js';

/** The built module, also where this one is not built. */
const PROCESS = fileURLToPath(new URL('../../dist/data/parquet-process.js', import.meta.url));

/** Longest wait for a group of rows: so many seconds, and one more for every MiB of the file. */
const PATIENCE = 60;

/**
 * The rows of a Parquet file. Holds one row group at a time. A process of its own reads it, with memory and time by the size of
 * the file: a few bytes of Parquet can stand for any number of rows.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`
 */
export async function* streamParquet(path: string, signal?: AbortSignal): AsyncGenerator<Row> {
  const bytes = await sizeOf(path);
  throwIfAborted(signal);
  const memory = Math.min(memoryFor(bytes), Math.ceil(totalmem() / 2 ** 20));
  const child = fork(PROCESS, [path], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [`--max-old-space-size=${memory}`],
  });
  // Whatever becomes of it is seen where an answer is waited for.
  child.on('error', () => undefined);
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  try {
    let number = 0;
    for (;;) {
      const answer = await ask(child, PATIENCE + bytes / 2 ** 20);
      throwIfAborted(signal);
      if (answer === undefined) {
        throw notReadable(path, 'takes more memory or time than a file of its size can: it is broken');
      }
      if (answer.kind === 'fault') throw unreadable(path, Object.assign(new Error(answer.message), answer));
      if (answer.kind === 'end') break;
      for (const values of answer.rows) yield { values, place: `${path}:${++number}` };
    }
    if (number === 0) throw emptyFile(path);
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (found.isFile()) return found.size;
  throw new HalfspaceError('not-readable', `${path} is no file.`);
}

/** The next answer; nothing where the process ended or took longer than it is given. */
async function ask(child: ChildProcess, seconds: number): Promise<ParquetAnswer | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  const over = new AbortController();
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  try {
    const answer = once(child, 'message', { signal: over.signal }).then(([found]) => found as ParquetAnswer);
    const exit = once(child, 'exit', { signal: over.signal }).then(() => undefined);
    // Where the process has ended, its end tells.
    child.send('next', () => undefined);
    return await Promise.race([answer, exit]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
