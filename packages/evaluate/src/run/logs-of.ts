import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { givenAsBefore, HalfspaceError } from '@halfspace/core';
import { fileFault } from '@halfspace/files';
import type { RunDirectory } from './run-parts.js';
import { type Check, complaintOf } from './run-schema.js';
import { readLogHeader } from './unit-log.js';

/**
 * What the logs of one kind in the directory of a run are about, in the order of their names. A run may come from anywhere: a log
 * whose name is not that of what it is about is refused.
 *
 * @param names - Of such logs.
 * @param key - Under which their first line has it.
 * @param pathOf - Where the log of it must be.
 * @throws HalfspaceError `corrupt-run`, `not-readable`
 */
export async function logsOf<T>(
  run: RunDirectory,
  names: RegExp,
  key: string,
  isInfo: Check<T>,
  pathOf: (info: T) => string,
): Promise<T[]> {
  const found: T[] = [];
  for (const name of await namesIn(run.path)) {
    if (!names.test(name)) continue;
    const path = join(run.path, name);
    const header = await readLogHeader(path);
    if (header === undefined) continue;
    const info = (header as Readonly<Record<string, unknown>> | null)?.[key];
    if (!isInfo(info)) {
      const now = givenAsBefore(key, header).replace(/\.$/, '');
      throw corrupt(path, `of its ${key} ${complaintOf(isInfo)}${now === '' ? '' : `.${now}`}`);
    }
    if (pathOf(info) !== path) throw corrupt(path, `it is of another ${key} than its name says`);
    found.push(info);
  }
  return found;
}

/**
 * The files of a directory, by name.
 *
 * @throws HalfspaceError `not-readable`
 */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    throw fileFault(error, directory, 'read');
  }
}

function corrupt(path: string, complaint: string): HalfspaceError {
  return new HalfspaceError(
    'corrupt-run',
    `${path} is no log of a run: ${complaint}. Move it away to have its work done again.`,
  );
}
