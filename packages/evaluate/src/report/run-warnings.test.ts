import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../run/run-directory.js';
import { smallRun, writeRun } from '../testing/written-run.js';
import { runWarnings } from './run-warnings.js';

it('tells what all completions of a method warn of, and nothing that some do', async () => {
  const root = await mkdtemp(join(tmpdir(), 'halfspace-warnings-'));
  try {
    const run = smallRun();
    const [, ...units] = run.logs['completions.jsonl'] as [object, ...{ completions: object[] }[]];
    for (const [u, unit] of units.entries()) {
      unit.completions = unit.completions.map((each, i) => ({
        ...each,
        warnings: ['of all', ...(u === 0 && i === 0 ? ['of one'] : [])],
      }));
    }
    await writeRun(root, run);
    expect(await runWarnings(await readRun(root))).toEqual([{ method: 'plain', warning: 'of all' }]);
  } finally {
    await rm(root, { recursive: true });
  }
});
