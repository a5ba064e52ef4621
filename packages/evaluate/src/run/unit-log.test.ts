import { mkdtemp, open, readdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openUnitLog, readUnitLogs } from './unit-log.js';
import type { Unit } from './unit.js';

interface Record extends Unit {
  readonly text: string;
}

const HEADER = { plan: 'abc' };
const RECORDS = Array.from({ length: 6 }, (_, i): Record => ({
  method: `m${i % 2}`,
  suite: 's',
  prompt: String(i >> 1),
  text: 'é'.repeat(i),
}));

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-log-'));
  path = join(directory, 'log.jsonl');
});
afterEach(async () => rm(directory, { recursive: true }));

async function record(records: readonly Record[], header: object = HEADER): Promise<void> {
  const log = await openUnitLog<Record>(path, { ...header });
  for (const each of records) await log.append(each);
  await log.close();
}

async function recorded(): Promise<Record[]> {
  const found: Record[] = [];
  for await (const each of readUnitLogs<Record>([path], HEADER)) found.push(each);
  return found;
}

describe('a log', () => {
  test('that is cut off anywhere loses the torn line alone, and goes on', async () => {
    await record(RECORDS);
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        await writeFile(path, whole.subarray(0, length));
        const before = await recorded();
        expect(before).toEqual(RECORDS.slice(0, before.length));
        await record(RECORDS);
        expect(await readFile(path)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
    expect(await readdir(directory)).toEqual(['log.jsonl']);
  });

  test('takes a unit once', async () => {
    await record([RECORDS[0], { ...RECORDS[0], text: 'other' }, RECORDS[1]]);
    expect(await recorded()).toEqual(RECORDS.slice(0, 2));
  });

  test('is refused to a second writer, and taken over from one that was killed', async () => {
    const log = await openUnitLog<Record>(path, HEADER);
    await expect(openUnitLog(path, HEADER)).rejects.toMatchObject({ code: 'run-in-use' });
    await log.close();
    // No process has this number: it is above what the system gives.
    await writeFile(`${path}.lock`, JSON.stringify({ host: hostname(), pid: 2 ** 30 }));
    await record(RECORDS);
    expect(await recorded()).toEqual(RECORDS);
    await writeFile(`${path}.lock`, JSON.stringify({ host: 'elsewhere', pid: 1 }));
    await expect(openUnitLog(path, HEADER)).rejects.toThrow(/\(1 on elsewhere\).*remove .*log\.jsonl\.lock/);
  });

  test('of something else is refused, as is one with a line that is none', async () => {
    await record(RECORDS, { plan: 'other' });
    await expect(openUnitLog(path, HEADER)).rejects.toMatchObject({ code: 'other-run' });
    await expect(recorded()).rejects.toMatchObject({ code: 'other-run' });
    await writeFile(path, '{"reader":"a"}\n');
    await expect(openUnitLog(path, { referenceModel: 'a' })).rejects.toThrow(
      /"reader" is now "referenceModel"\. Move it away/,
    );
    await writeFile(path, `${JSON.stringify(HEADER)}\nwhat?\n${JSON.stringify(RECORDS[0])}\n`);
    await expect(recorded()).rejects.toMatchObject({
      code: 'corrupt-run',
      message: expect.stringContaining('log.jsonl:2 '),
    });
    expect(await readdir(directory)).toEqual(['log.jsonl']);
  });

  test('on a full disk keeps what is whole, says so, and goes on when there is room', async () => {
    const log = await openUnitLog<Record>(path, HEADER);
    await log.append(RECORDS[0]);
    const whole = await readFile(path);
    const handle = await open(path);
    await handle.close();
    // Half of a line finds room.
    const full = vi
      .spyOn(Object.getPrototypeOf(handle) as FileHandle, 'appendFile')
      .mockImplementation(async function (this: FileHandle, data) {
        await this.write((data as Buffer).subarray(0, 9));
        throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' });
      });
    await expect(log.append(RECORDS[1])).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/log\.jsonl \(ENOSPC\)\. Free some space/),
    });
    expect(await readFile(path)).toEqual(whole);
    full.mockRestore();
    await log.append(RECORDS[1]);
    await log.close();
    expect(await recorded()).toEqual(RECORDS.slice(0, 2));
    expect(await readdir(directory)).toEqual(['log.jsonl']);
  });

  test('where nothing can be written or read says so', async () => {
    const missing = join(directory, 'none', 'log.jsonl');
    await expect(openUnitLog(missing, HEADER)).rejects.toMatchObject({ code: 'not-writable' });
    await expect(openUnitLog(join(directory, 'a'.repeat(300)), HEADER)).rejects.toMatchObject({
      code: 'not-writable',
      message: expect.stringContaining('too long'),
    });
    const within = readUnitLogs([directory], HEADER);
    await expect(within.next()).rejects.toMatchObject({ code: 'not-readable' });
  });

  test('that is not there is empty', async () => {
    expect(await recorded()).toEqual([]);
  });
});
