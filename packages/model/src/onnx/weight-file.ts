import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Bytes, WeightSink } from './graph.js';

/** ONNX Runtime maps constants into memory where they start on a page. */
const PAGE = 4096;
/** The most that one call of the system writes is a little less than two of these. */
const LARGEST_WRITE = 2 ** 30;

/** Bytes that a constant takes in a file of weights: whole pages. */
export function pagesOf(length: number): number {
  return Math.ceil(length / PAGE) * PAGE;
}

async function* partsOf(data: Bytes): AsyncGenerator<Uint8Array> {
  if (data instanceof Uint8Array) yield data;
  else yield* data;
}

async function write(file: FileHandle, data: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const length = Math.min(data.length - done, LARGEST_WRITE);
    done += (await file.write(data, done, length, at + done)).bytesWritten;
  }
}

/**
 * Makes a file of weights; it is closed when `use` has ended, however it did. A part is written while the next one is made.
 *
 * @returns its sha-256 (hex), known without reading it again
 */
export async function writeWeightFile(
  path: string,
  use: (sink: WeightSink) => Promise<void>,
): Promise<string> {
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  let end = 0;
  async function append(data: Bytes, length: number): Promise<number> {
    const offset = end;
    let at = offset;
    let writing = Promise.resolve();
    try {
      for await (const part of partsOf(data)) {
        await writing;
        writing = write(file, part, at);
        // A failure is met below; until then it must not end the program.
        writing.catch(() => undefined);
        hash.update(part);
        at += part.length;
      }
    } finally {
      await writing;
    }
    if (at !== offset + length) throw new Error(`A constant of ${length} bytes has ${at - offset}.`);
    end = offset + pagesOf(length);
    hash.update(new Uint8Array(end - at));
    return offset;
  }
  // Constants that are given together are written one after the other.
  let last: Promise<unknown> = Promise.resolve();
  try {
    await use({
      location: basename(path),
      async append(data, length) {
        const appended = last.then(async () => append(data, length));
        last = appended.catch(() => undefined);
        return appended;
      },
    });
    await file.truncate(end);
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
