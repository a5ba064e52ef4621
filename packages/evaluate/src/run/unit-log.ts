import { createReadStream } from 'node:fs';
import { open, truncate, type FileHandle } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { HalfspaceError } from '@halfspace/core';
import { lockFile } from './file-lock.js';
import { unitKey, type Unit } from './unit.js';

/** What a log is about; its first line. */
export type LogHeader = Readonly<Record<string, unknown>>;

/** A file that records what was done, a line a unit, while it is being written. */
export interface UnitLog<R extends Unit> {
  /** Whether the unit is recorded. */
  has(unit: Unit): boolean;
  /** Units recorded. */
  readonly size: number;
  /** Records a unit: on disk when the promise is fulfilled. One that is recorded already is left as it is. */
  append(record: R): Promise<void>;
  /** Lets others write. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a log to be written on, or makes one. A last line that was not written to its end, because the process was killed,
 * is dropped.
 *
 * @param header - What the log must be about.
 * @throws HalfspaceError `run-in-use`, `other-run` when it is about something else, `corrupt-run`
 */
export async function openUnitLog<R extends Unit>(path: string, header: LogHeader): Promise<UnitLog<R>> {
  const unlock = await lockFile(path);
  let file: FileHandle | undefined;
  try {
    const done = new Set<string>();
    let whole = 0;
    for await (const { record, end } of readLines(path, header)) {
      whole = end;
      if (record !== undefined) done.add(unitKey(record));
    }
    file = await open(path, 'a');
    await truncate(path, whole);
    const append = async (value: object) => {
      await file?.appendFile(`${JSON.stringify(value)}\n`);
      await file?.datasync();
    };
    if (whole === 0) await append(header);
    return {
      has: (unit) => done.has(unitKey(unit)),
      get size() {
        return done.size;
      },
      async append(record) {
        if (done.has(unitKey(record))) return;
        await append(record);
        done.add(unitKey(record));
      },
      async close() {
        await file?.close();
        file = undefined;
        await unlock();
      },
    };
  } catch (error) {
    await file?.close();
    await unlock();
    throw error;
  }
}

/**
 * The records of some logs in order, each unit once. A log that is not there has none; a torn last line is left out.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export async function* readUnitLogs<R extends Unit>(
  paths: readonly string[],
  header: LogHeader,
): AsyncGenerator<R> {
  const seen = new Set<string>();
  for (const path of paths) {
    for await (const { record } of readLines(path, header)) {
      if (record === undefined || seen.has(unitKey(record))) continue;
      seen.add(unitKey(record));
      yield record as R;
    }
  }
}

/** What a log says that it is about; undefined where it has not come to say so. */
export async function readLogHeader(path: string): Promise<LogHeader | undefined> {
  for await (const { text } of wholeLines(path)) return parse(text, `${path}:1`) as LogHeader;
  return undefined;
}

/** A line, its record if it is not the header, and where it ends, in bytes. */
interface LogLine {
  readonly record: Unit | undefined;
  readonly end: number;
}

async function* readLines(path: string, header: LogHeader): AsyncGenerator<LogLine> {
  let number = 0;
  for await (const { text, end } of wholeLines(path)) {
    number++;
    const value = parse(text, `${path}:${number}`);
    if (number === 1 && !isDeepStrictEqual(value, JSON.parse(JSON.stringify(header)))) {
      throw new HalfspaceError(
        'other-run',
        `${path} belongs to another run: it begins with ${text.slice(0, 200)}. Move it away, or name another directory.`,
      );
    }
    yield { record: number === 1 ? undefined : (value as Unit), end };
  }
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HalfspaceError(
      'corrupt-run',
      `${place} is no line of a run. Remove it to have its work done again.`,
      {
        cause: error,
      },
    );
  }
}

const NEWLINE = 10;

/** Lines that have an end. By bytes, because a torn line may end within a character. */
async function* wholeLines(path: string): AsyncGenerator<{ text: string; end: number }> {
  let rest: Buffer[] = [];
  let end = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        const line = Buffer.concat([...rest, chunk.subarray(from, at)]);
        rest = [];
        from = at + 1;
        end += line.length + 1;
        yield { text: line.toString('utf8'), end };
      }
      rest.push(chunk.subarray(from));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
