import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHalfspaceError } from '@halfspace/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reportRun } from '../report/report.js';
import { smallRun, writeRun, type WrittenRun } from '../testing/written-run.js';
import { judgedLog } from './judge-run.js';
import type { JudgeInfo } from './records.js';
import { mergeRuns } from './merge-runs.js';
import { readRun } from './run-directory.js';
import { readTraces } from './trace-run.js';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'halfspace-foreign-'));
  path = join(root, 'run');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

/** Everything that reads a run. */
async function readAll(): Promise<string> {
  try {
    const run = await readRun(path);
    await reportRun(run);
    for await (const _ of readTraces(run));
    await mergeRuns([path], join(root, 'out'));
    return 'read';
  } catch (error) {
    if (isHalfspaceError(error)) return error.code;
    throw error;
  } finally {
    await rm(join(root, 'out'), { recursive: true, force: true });
  }
}

const REFUSALS = ['corrupt-run', 'other-run', 'other-version'];

test('a run is read', async () => {
  await writeRun(path, smallRun());
  expect(await readAll()).toBe('read');
});

test('a judge that has scored nothing yet is none of its judges', async () => {
  const run = smallRun();
  const [{ judge }] = run.logs['judged-long.jsonl'];
  run.logs['judged-first.jsonl'] = [{ judge: { ...(judge as JudgeInfo), name: 'first' } }];
  await writeRun(path, run);
  const { judges, suites } = await reportRun(await readRun(path));
  expect(judges).toEqual([judge]);
  expect(suites[0].methods[0].worst).not.toEqual([]);
});

describe('a run that was damaged is refused in words', () => {
  test('cut off anywhere: the end of a log is left out, the rest refused', async () => {
    await writeRun(path, smallRun());
    for (const name of await readdir(path)) {
      const whole = await readFile(join(path, name));
      for (let length = 0; length < whole.length; length += 13) {
        await truncate(join(path, name), length);
        const came = await readAll();
        expect([name, came]).toEqual([name, /plan|prompts/.test(name) ? 'corrupt-run' : 'read']);
        await writeFile(join(path, name), whole);
      }
    }
  });

  test('with other bytes', async () => {
    await writeRun(path, smallRun());
    const names = await readdir(path);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.nat(), fc.nat(255), async (name, at, byte) => {
        const whole = await readFile(join(path, name));
        const other = Uint8Array.from(whole);
        other[at % whole.length] = byte;
        await writeFile(join(path, name), other);
        expect(['read', ...REFUSALS]).toContain(await readAll());
        await writeFile(join(path, name), whole);
      }),
      { numRuns: 150 },
    );
  });

  test('with other values, all digests right', async () => {
    const values = fc.oneof(
      fc.constantFrom<unknown>(null, [], {}, '', 'x', -1, 0.5, 1e300, '../../x', '__proto__', true),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), values, async (which, value) => {
        const run = smallRun();
        const places = placesIn(run);
        const { holder, key } = places[which % places.length];
        holder[key] = value;
        try {
          await writeRun(path, run);
        } catch {
          // Not even files can be made of it.
          return;
        }
        expect(['read', ...REFUSALS]).toContain(await readAll());
        await rm(path, { recursive: true, force: true });
      }),
      { numRuns: 600 },
    );
  });
});

/** Every value within a run, as where to put another one. */
function placesIn(value: unknown): { holder: Record<string, unknown>; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

const unit = { method: 'plain', suite: 's', prompt: '0' };

test.each<[string, (run: WrittenRun) => void, RegExp]>([
  [
    'no version',
    ({ plan }) => delete plan['version'],
    /plan\.json is no plan of a run: it must have .*version/,
  ],
  ['no samples', ({ plan }) => (plan['samples'] = 0), /samples must be >= 1/],
  [
    'a path for an attribute',
    ({ plan }) => (plan['attributes'] = { './evil.mjs': 'a' }),
    /attributes .*evil\.mjs/,
  ],
  [
    'two methods of one name',
    ({ plan }) => (plan['methods'] = twice(plan['methods'])),
    /two methods are named "plain"/,
  ],
  [
    'a prompt without text',
    ({ prompts }) => (prompts[1] = { suite: 's', id: '1' }),
    /prompts\.jsonl:2 is no prompt/,
  ],
  ['other counts', ({ plan }) => (plan['suites'] = { s: 3 }), /prompts\.jsonl is not what plan\.json says/],
  [
    'a unit of no plan',
    ({ logs }) => logs['judged-long.jsonl'].push({ ...unit, prompt: '7', scores: [0, 0] }),
    /judged-long\.jsonl:4 .* no prompt 7 of s by the method "plain"/,
  ],
  [
    'a method of no plan',
    ({ logs }) => logs['judged-long.jsonl'].push({ ...unit, method: 'x', scores: [0, 0] }),
    /by the method "x"/,
  ],
  [
    'scores too few',
    ({ logs }) => (logs['judged-long.jsonl'][1] = { ...unit, scores: [0] }),
    /judged-long\.jsonl:2 .*of 1 completions, and the plan wants 2/,
  ],
  [
    'a score that is none',
    ({ logs }) => (logs['judged-long.jsonl'][1] = { ...unit, scores: [0, 2] }),
    /scores\.1 must be <= 1/,
  ],
  [
    'a line that is none',
    ({ logs }) => logs['completions.jsonl'].push(null),
    /completions\.jsonl:4 is no line of a run: it must be object/,
  ],
  [
    'completions cut',
    ({ logs }) => logs['completions.jsonl'].splice(1, 1, { ...unit }),
    /completions\.jsonl:2 .*must have/,
  ],
  [
    'a log with a key of another version',
    ({ logs }) => {
      const [header] = logs['likelihood-other.jsonl'];
      header['reader'] = header['referenceModel'];
      delete header['referenceModel'];
    },
    /likelihood-other\.jsonl .*must be object\. "reader" is now "referenceModel"\./,
  ],
])('%s is told with its place', async (_, change, message) => {
  const run = smallRun();
  change(run);
  await writeRun(path, run);
  await expect(readRun(path).then(reportRun)).rejects.toMatchObject({
    code: 'corrupt-run',
    message: expect.stringMatching(message),
  });
});

function twice(list: unknown): unknown[] {
  return [...(list as unknown[]), ...(list as unknown[])];
}

test('a run of another version that is not understood says so', async () => {
  const run = smallRun();
  Object.assign(run.plan, { version: '9.1.0', samples: { least: 2 } });
  await writeRun(path, run);
  await expect(readRun(path)).rejects.toMatchObject({
    code: 'other-version',
    message: expect.stringMatching(/version 9\.1\.0.*samples must be integer/),
  });
});

describe('names of a run lead nowhere', () => {
  const names = ['../../../stolen', '/tmp/stolen', 'a/../../../stolen', '..', '', 'A b', '__proto__'];

  test.each(names)('a judge named %j', async (name) => {
    const run = smallRun();
    const [header] = run.logs['judged-long.jsonl'];
    Object.assign(header['judge'] as object, { name });
    await writeRun(path, run);
    const before = await listing();
    await expect(mergeRuns([path], join(root, 'deeper', 'out'))).rejects.toMatchObject({
      code: 'corrupt-run',
    });
    expect(await listing()).toEqual(before);
    await writeRun(path, smallRun());
    const whole = await readRun(path);
    expect(() => judgedLog(whole, { ...(header['judge'] as JudgeInfo), name })).toThrow(
      expect.objectContaining({ code: 'bad-judge' }),
    );
  });

  test.each(names)('a reference model, a method, a suite and a prompt named %j', async (name) => {
    const run = smallRun();
    const renamed = JSON.parse(
      JSON.stringify(run)
        .replaceAll('"other"', JSON.stringify(name))
        .replaceAll('"plain"', JSON.stringify(name))
        .replaceAll('"s"', JSON.stringify(name))
        .replaceAll('"0"', JSON.stringify(name)),
    ) as WrittenRun;
    await writeRun(path, renamed);
    const outside = await listing('run');
    await mergeRuns([path], join(path, 'deeper', 'out')).catch((error: unknown) => {
      if (!isHalfspaceError(error)) throw error;
    });
    expect(await listing('run')).toEqual(outside);
  });

  async function listing(except?: string): Promise<string[]> {
    const all = await readdir(root, { recursive: true });
    return all.filter((each) => except === undefined || !each.startsWith(except)).sort();
  }
});
