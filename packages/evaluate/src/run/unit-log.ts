import { createReadStream } from 'node:fs';
import { open, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { givenAsBefore, HalfspaceError } from '@halfspace/core';
import { fileFault, flushDirectory, lockFile, type Unlock } from '@halfspace/files';
import type { RecordCheck } from './record-check.js';
import { complaintOf, isUnit } from './run-schema.js';
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
 * @param check - Of the records that are there.
 * @throws HalfspaceError `run-in-use`, `other-run` when it is about something else, `corrupt-run`, `not-readable`,
 * and from here on `not-writable`, `disk-full`
 */
export async function openUnitLog<R extends Unit>(
  path: string,
  header: LogHeader,
  check?: RecordCheck,
): Promise<UnitLog<R>> {
  const unlock = await locked(path);
  let file: FileHandle | undefined;
  try {
    const done = new Set<string>();
    let whole = 0;
    for await (const { record, end } of readLines(path, header, check)) {
      whole = end;
      if (record !== undefined) done.add(unitKey(record));
    }
    const append = async (value: object) => {
      const line = Buffer.from(`${JSON.stringify(value)}\n`);
      try {
        await file?.appendFile(line);
        await file?.datasync();
        whole += line.length;
      } catch (error) {
        // What was written of the line must not be gone on with.
        await truncate(path, whole).catch(() => undefined);
        throw error;
      }
    };
    file = await open(path, 'a');
    await truncate(path, whole);
    if (whole === 0) {
      await append(header);
      // A log that is new is kept with its name.
      await flushDirectory(dirname(path));
    }
    return {
      has: (unit) => done.has(unitKey(unit)),
      get size() {
        return done.size;
      },
      async append(record) {
        if (done.has(unitKey(record))) return;
        await append(record).catch(refuseToWrite(path));
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
    throw fileFault(error, path, 'write');
  }
}

async function locked(path: string): Promise<Unlock> {
  return lockFile(path).catch(refuseToWrite(path));
}

function refuseToWrite(path: string): (error: unknown) => never {
  return (error) => {
    throw fileFault(error, path, 'write');
  };
}

/**
 * The records of some logs in order, each unit once. A log that is not there has none; a torn last line is left out.
 *
 * @param check - Of each record.
 * @throws HalfspaceError `other-run`, `corrupt-run`, `not-readable`
 */
export async function* readUnitLogs<R extends Unit>(
  paths: readonly string[],
  header: LogHeader,
  check?: RecordCheck,
): AsyncGenerator<R> {
  const seen = new Set<string>();
  for (const path of paths) {
    for await (const { record } of readLines(path, header, check)) {
      if (record === undefined || seen.has(unitKey(record))) continue;
      seen.add(unitKey(record));
      yield record as R;
    }
  }
}

/**
 * What a log says that it is about, whatever that is; undefined where it has not come to say anything of it.
 *
 * @throws HalfspaceError `corrupt-run`, `not-readable`
 */
export async function readLogHeader(path: string): Promise<unknown> {
  let first: Buffer | undefined;
  for await (const { line } of wholeLines(path)) {
    if (first !== undefined) return parse(first, `${path}:1`);
    first = line;
  }
  return undefined;
}

/** A line, its record if it is not the header, and where it ends, in bytes. */
interface LogLine {
  readonly record: Unit | undefined;
  readonly end: number;
}

async function* readLines(
  path: string,
  header: LogHeader,
  check: RecordCheck | undefined,
): AsyncGenerator<LogLine> {
  let number = 0;
  for await (const { line, end } of wholeLines(path)) {
    number++;
    const value = parse(line, `${path}:${number}`);
    if (number === 1 && !isDeepStrictEqual(value, JSON.parse(JSON.stringify(header)))) {
      const now = Object.keys(header).map((key) => givenAsBefore(key, value));
      throw new HalfspaceError(
        'other-run',
        `${path} belongs to another run: it begins with ${UTF_8.decode(line).slice(0, 200)}.${now.join('')} Move it away, or name another directory.`,
      );
    }
    yield { record: number === 1 ? undefined : unitOf(value, `${path}:${number}`, check), end };
  }
}

function unitOf(value: unknown, place: string, check: RecordCheck | undefined): Unit {
  if (!isUnit(value)) throw corrupt(place, complaintOf(isUnit));
  const complaint = check?.(value);
  if (complaint !== undefined) throw corrupt(place, complaint);
  return value;
}

function parse(line: Buffer, place: string): unknown {
  try {
    return JSON.parse(UTF_8.decode(line));
  } catch (error) {
    throw corrupt(place, 'it is no JSON', error);
  }
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

function corrupt(place: string, complaint: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError(
    'corrupt-run',
    `${place} is no line of a run: ${complaint}. Remove it to have its work done again.`,
    { cause },
  );
}

const NEWLINE = 10;

/** Lines that have an end. By bytes, because a torn line may end within a character. */
async function* wholeLines(path: string): AsyncGenerator<{ line: Buffer; end: number }> {
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
        yield { line, end };
      }
      rest.push(chunk.subarray(from));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileFault(error, path, 'read');
  }
}
