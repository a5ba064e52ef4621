import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../examples/custom-attribute/author.js', import.meta.url));

/** The numbers that a pattern finds in a text, one for each of its groups. */
function numbersIn(text: string, pattern: RegExp): number[] {
  return (pattern.exec(text) ?? []).slice(1).map(Number);
}

// The first run on a machine compiles the model.
it(
  'sentences become an attribute that tells unseen topics apart and steers',
  { timeout: 300_000 },
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT]);

    const [auroc, low] = numbersIn(stdout, /^after the last token +(\S+) +(\S+) to/m);
    expect(low).toBeGreaterThan(0.7);
    expect(auroc).toBeGreaterThan(0.85);
    expect(stdout).toMatch(/^# fail 0$/m);

    const [formal, colloquial] = ['Permission', 'Just'].map((word) =>
      numbersIn(stdout, new RegExp(`^ +\\d .* (\\S+) +${word} `, 'm')),
    );
    expect(formal[0]).toBeGreaterThan(0.5);
    expect(colloquial[0]).toBeLessThan(0.5);

    const moved = [...stderr.matchAll(/, KL (\S+) nats, formal/g)].map(([, nats]) => Number(nats));
    expect(moved).toEqual([0, expect.any(Number)]);
    // How far depends on the arithmetic, which is the fastest of the machine.
    expect(moved[1]).toBeGreaterThan(0.5);
  },
);
