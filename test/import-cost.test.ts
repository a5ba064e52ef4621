import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('../packages/cli/', import.meta.url));

/** The files that a program of Node loads as modules, by what V8 says that it has run; its own is among them. */
async function modulesOf(words: readonly string[]): Promise<string[]> {
  const coverage = await mkdtemp(join(tmpdir(), 'halfspace-coverage-'));
  try {
    await run(process.execPath, words, { cwd: CLI, env: { ...process.env, NODE_V8_COVERAGE: coverage } });
    const reports = await Promise.all(
      (await readdir(coverage)).map(async (name) => readFile(join(coverage, name), 'utf8')),
    );
    return reports
      .flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url))
      .filter((url) => url.startsWith('file:'));
  } finally {
    await rm(coverage, { recursive: true, force: true });
  }
}

const program = (source: string) => ['--input-type=module', '--eval', source];
const among = (modules: readonly string[], name: string) =>
  modules.filter((url) => url.includes(`/node_modules/${name}/`)).length;

/** What takes long to load, and is needed by what is done and not by what is imported. */
const HEAVY = ['inversify', '@inversifyjs/core', 'reflect-metadata', 'ajv', 'mathjs', 'onnxruntime-node'];

// A module costs about a millisecond. A few more are no harm; where a budget is passed by many, ask what has been drawn in.
it.each([
  ['the contracts', program("await import('@halfspace/contracts')"), 25],
  ['core', program("await import('@halfspace/core')"), 150],
  ['the help of the command', ['bin/halfspace.js', '--help'], 100],
])('%s loads few modules', async (_, words, budget) => {
  const modules = await modulesOf(words);
  expect(modules.length).toBeGreaterThan(10);
  expect(modules.length).toBeLessThanOrEqual(budget);
  for (const name of HEAVY) expect({ name, modules: among(modules, name) }).toEqual({ name, modules: 0 });
});

it('what is left out is loaded with the first call that needs it', async () => {
  const modules = await modulesOf(
    program("const { createRegistry } = await import('@halfspace/core'); await createRegistry([]);"),
  );
  expect(among(modules, 'inversify')).toBeGreaterThan(0);
  expect(among(modules, 'ajv')).toBe(0);
});
