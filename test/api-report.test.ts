import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../scripts/api-report.js', import.meta.url));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'halfspace-api-test-'));
  const types = join(root, 'packages/kept/dist');
  await mkdir(types, { recursive: true });
  await mkdir(join(root, 'packages/own'), { recursive: true });
  await writeFile(
    join(root, 'tsconfig.base.json'),
    '{ "compilerOptions": { "module": "NodeNext", "skipLibCheck": true } }',
  );
  const exports = {
    '.': { types: './dist/index.d.ts' },
    './more': { types: './dist/more.d.ts' },
    './x.json': {},
  };
  await writeFile(
    join(root, 'packages/kept/package.json'),
    JSON.stringify({ name: 'kept', type: 'module', exports }),
  );
  await writeFile(
    join(root, 'packages/own/package.json'),
    JSON.stringify({ name: 'own', private: true, exports }),
  );
  await writeFile(join(types, 'more.d.ts'), 'export declare const more: 1;\n');
  await writeIndex('a: string');
});
afterAll(async () => rm(root, { recursive: true, force: true }));

async function writeIndex(parameters: string): Promise<void> {
  const text = `/** Says it. */\nexport declare function say(${parameters}): void;\n/** @beta */\nexport type Perhaps = 1;\n`;
  await writeFile(join(root, 'packages/kept/dist/index.d.ts'), text);
}

async function run(...words: string[]): Promise<{ code: number; stdout: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--root', root, ...words]);
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, stdout };
  }
}

const report = async (entry: string) =>
  readFile(join(root, `packages/kept/api/${entry}.api.md`), 'utf8').catch(() => undefined);

it('writes what every entry point exports, and tells where that has changed', async () => {
  const missing = await run('--check');
  expect(missing).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('packages/kept/api/more.api.md') as string,
  });
  expect(await report('index')).toBeUndefined();

  expect(await run()).toMatchObject({ code: 0 });
  expect(await report('index')).toContain('export function say(a: string): void;');
  expect(await report('index')).toContain('// @beta (undocumented)\nexport type Perhaps = 1;');
  expect(await report('more')).toContain('const more: 1;');
  expect(await run('--check')).toEqual({ code: 0, stdout: '' });

  await writeIndex('a: string, b?: number');
  const changed = await run('--check');
  expect(changed.code).toBe(1);
  expect(changed.stdout).toContain('packages/kept/api/index.api.md');
  expect(changed.stdout).not.toContain('more.api.md');
  expect(await report('index')).not.toContain('b?: number');
  expect(await run()).toMatchObject({ code: 0 });
  expect(await report('index')).toContain('b?: number');
});
