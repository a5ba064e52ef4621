import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RunReport } from '@halfspace/evaluate';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../examples/own-evaluation/evaluate.js', import.meta.url));

// The first run on a machine compiles the model.
it("an attribute of one's own is evaluated by a judge of one's own", { timeout: 400_000 }, async () => {
  const out = await mkdtemp(join(tmpdir(), 'halfspace-own-'));
  try {
    const size = ['--limit', '3', '--samples', '2', '--max-tokens', '8'];
    await promisify(execFile)(process.execPath, [SCRIPT, out, ...size]);
    const { units, suites } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as RunReport;
    expect(units).toEqual({ done: 18, total: 18 });
    const [plain, , strong] = suites[0].methods;
    // Steering moves its own margin; whether the judge agrees is what larger runs are for.
    expect(strong.margins['formal'].value).toBeGreaterThan(plain.margins['formal'].value + 0.5);
    expect(plain.judges['casual-words']).toMatchObject({ prompts: 3 });
  } finally {
    await rm(out, { recursive: true, force: true });
  }
});
