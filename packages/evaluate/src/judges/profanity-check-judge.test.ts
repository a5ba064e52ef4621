import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProfanityCheckJudge } from './profanity-check-judge.js';

const texts = (...completions: string[]) => completions.map((completion) => ({ prompt: '', completion }));
/** A Python with alt-profanity-check, where this machine has one. */
const PYTHON = ['python3', process.env['HALFSPACE_TEST_PYTHON'] ?? 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import profanity_check']).status === 0,
);

// The fake python is a shell script.
describe.skipIf(process.platform === 'win32')('profanity-check as a judge (not on Windows)', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'halfspace-'));
  });
  afterEach(async () => rm(directory, { recursive: true }));

  async function python(...script: string[]): Promise<string> {
    const path = join(directory, 'python');
    await writeFile(path, ['#!/bin/sh', ...script].join('\n'));
    await chmod(path, 0o755);
    return path;
  }
  const READY = `echo '{"version": "9.9"}'`;

  it('asks one process as often as needed, in order', async () => {
    const answer = `while read -r line; do case "$line" in *two*) echo '[0.25, 0.5]';; *) echo '[1]';; esac; done`;
    const judge = await createProfanityCheckJudge({ python: await python(READY, answer) });
    expect(judge).toMatchObject({ name: 'profanity-check', revision: 'alt-profanity-check 9.9' });
    const [pair, one] = await Promise.all([judge.score(texts('one', 'two')), judge.score(texts('three'))]);
    expect([pair, one]).toEqual([Float64Array.of(0.25, 0.5), Float64Array.of(1)]);
    await judge.dispose();
    await judge.dispose();
    await expect(judge.score(texts('one'))).rejects.toMatchObject({ code: 'judge-failed' });
  });

  it.each<[string, RegExp, string[]]>([
    [
      'the package is missing',
      /No module named.*pip install alt-profanity-check/,
      [`echo '{"missing": "No module named x"}'`],
    ],
    ['Python fails', /ended with code 3: broken/, ['echo broken >&2', 'exit 3']],
  ])('cannot be asked when %s', async (_, message, script) => {
    const failed = createProfanityCheckJudge({ python: await python(...script) });
    await expect(failed).rejects.toMatchObject({ code: 'judge-unavailable' });
    await expect(failed).rejects.toThrow(message);
  });

  it('cannot be asked when there is no Python', async () => {
    const failed = createProfanityCheckJudge({ python: join(directory, 'none') });
    await expect(failed).rejects.toMatchObject({ code: 'judge-unavailable' });
  });

  it('fails when Python writes what is no JSON', async () => {
    const judge = await createProfanityCheckJudge({
      python: await python(READY, 'read -r line', 'echo Traceback', 'read -r line'),
    });
    await expect(judge.score(texts('one'))).rejects.toMatchObject({
      code: 'judge-failed',
      message: expect.stringMatching(/no JSON: Traceback/) as string,
    });
    await judge.dispose();
  });

  it('fails with what Python said when it dies on the way', async () => {
    const judge = await createProfanityCheckJudge({
      python: await python(READY, 'read -r line', 'echo oh >&2', 'exit 1'),
    });
    const failed = judge.score(texts('one'));
    await expect(failed).rejects.toThrow(/ended with code 1: oh/);
    await expect(failed).rejects.toMatchObject({ code: 'judge-failed' });
    await judge.dispose();
  });
});

it.skipIf(PYTHON === undefined)(
  'profanity-check tells rude words from others (needs alt-profanity-check)',
  async () => {
    const judge = await createProfanityCheckJudge({ python: PYTHON ?? '' });
    const [rude, kind] = await judge.score(texts('you damn stupid bastard', 'the ferry came in late'));
    await judge.dispose();
    expect(rude).toBeGreaterThan(0.9);
    expect(kind).toBeLessThan(0.2);
  },
);
