import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { openPage } from './open-page.js';

const NONE = 'No browser could be opened. Open the address above yourself.';

/** What is said of an opener. */
async function saidOf(command: string, ...args: string[]): Promise<string[]> {
  const said: string[] = [];
  const start = async () => Promise.resolve(opener);
  const opener = spawn(command, args);
  const closed = new Promise((done) => opener.once('close', done));
  await openPage('http://localhost', (line) => said.push(line), start);
  await closed;
  return said;
}

it('says that no browser opened where the opener ends with a status, or is not there', async () => {
  expect(await saidOf(process.execPath, '-e', 'process.exit(3)')).toEqual([NONE]);
  expect(await saidOf('/no/opener')).toEqual([NONE]);
});

it('says nothing where a browser opened', async () => {
  expect(await saidOf(process.execPath, '-e', '')).toEqual([]);
});

it('says so where nothing could be started', async () => {
  const said: string[] = [];
  await openPage(
    'http://localhost',
    (line) => said.push(line),
    async () => Promise.reject(new Error('no')),
  );
  expect(said).toEqual([NONE]);
});
