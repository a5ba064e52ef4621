import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const LOCK = new URL('../packages/files/dist/file-lock.js', import.meta.url).href;
const PROCESSES = 6;
const ROUNDS = 200;

/** Tries for a lock when it is told a path, and gives it back when it is told so. */
const CHILD = `
import { lockFile } from ${JSON.stringify(LOCK)};
let unlock;
process.on('message', async (path) => {
  if (path === '') {
    await unlock?.();
    unlock = undefined;
    return process.send('done');
  }
  try {
    unlock = await lockFile(path);
    process.send('held');
  } catch (error) {
    process.send(error.code === 'run-in-use' ? 'refused' : String(error));
  }
});`;

let directory: string;
let children: ChildProcess[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-locks-'));
  await writeFile(join(directory, 'child.mjs'), CHILD);
  children = Array.from({ length: PROCESSES }, () => fork(join(directory, 'child.mjs')));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

async function ask(child: ChildProcess, message: string): Promise<unknown> {
  const answer = Promise.race([once(child, 'message'), once(child, 'exit')]) as Promise<[unknown]>;
  child.send(message);
  return (await answer)[0];
}

const askAll = async (message: string) => Promise.all(children.map(async (child) => ask(child, message)));
const count = (answers: readonly unknown[], wanted: string) =>
  answers.filter((each) => each === wanted).length;

it(
  'one of six processes gets a lock, whether it is free or left by one that has ended',
  { timeout: 300_000 },
  async () => {
    const path = join(directory, 'log');
    const left = JSON.stringify({ host: hostname(), pid: 2 ** 30 });
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 4 !== 0) await writeFile(`${path}.lock`, left);
      const answers = await askAll(path);
      expect([count(answers, 'held'), count(answers, 'refused')]).toEqual([1, PROCESSES - 1]);
      expect(new Set(await askAll(''))).toEqual(new Set(['done']));
    }
    expect(await readdir(directory)).toEqual(['child.mjs']);
  },
);

it('a lock of a process that was killed goes to the next', async () => {
  const path = join(directory, 'other');
  for (;;) {
    const child = children.pop();
    if (child === undefined) return;
    expect(await ask(child, path)).toBe('held');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
