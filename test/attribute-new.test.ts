import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultsOf } from './support/halfspace.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const run = promisify(execFile);

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => workspace.remove());

describe.each([
  ['linear', ['src/index.d.ts', 'src/index.js', 'subspaces/.gitkeep']],
  ['scoring', ['src/index.d.ts', 'src/index.js']],
])('a new attribute of the kind %s', (kind, published) => {
  const name = `new-${kind}`;
  let made: Record<string, unknown>;
  beforeAll(async () => {
    [made] = resultsOf(await workspace.run(['attribute', 'new', name, '--kind', kind, '--json']));
    // In a directory of its own outside of this repository, with none of its packages above.
    await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: join(workspace.path, name) });
  });

  it('says what it has made', async () => {
    expect(made).toMatchObject({ name, kind, directory: name });
    const files = (made['files'] as string[]).map(async (file) => workspace.read(join(name, file)));
    expect((await Promise.all(files)).join('')).not.toMatch(/my-attribute|\^0\.0\.0|found:/);
  });

  it('says what the positive side is in one place', async () => {
    const index = await workspace.read(join(name, 'src/index.js'));
    const [, description] = /description: '(.*)'/.exec(index) ?? [];
    const telling = (description ?? '').split(' ').slice(0, 3).join(' ');
    for (const file of made['files'] as string[]) {
      const text = await workspace.read(join(name, file));
      expect(text.toLowerCase().split(telling.toLowerCase())).toHaveLength(file === 'src/index.js' ? 2 : 1);
    }
  });

  it('passes its own test', async () => {
    const { stdout } = await run(process.execPath, ['--test'], { cwd: join(workspace.path, name) });
    expect(stdout).toMatch(/^# pass [1-9]/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  it('can be published', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: join(workspace.path, name) });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    expect(files.map(({ path }) => path).sort()).toEqual(['README.md', 'package.json', ...published]);
  });
});

it('a new scoring attribute steers at once', async () => {
  const words = ['generate', 'hi', '--attribute', './new-scoring=2', '--max-tokens', '4', '--json', ...SMALL];
  const [{ margins }] = resultsOf<{ margins: object }>(await workspace.run(words));
  expect(margins).toHaveProperty('new-scoring');
});

it('a new linear attribute asks for a fit, steers after it, and is found by its name', async () => {
  const generate = async (attribute: string) =>
    workspace.run(['generate', 'hi', '--attribute', attribute, '--max-tokens', '4', '--json', ...SMALL]);
  expect(await generate('./new-linear')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error \(subspace-of-another-model\): .*fit one\.\n$/),
  });

  await workspace.write('rows.jsonl', labelledRows(60));
  const output = ['--output', 'new-linear/subspaces/untied.json', '--layer', '1'];
  const fit = ['fit', '--attribute', 'new-linear', '--data', 'rows.jsonl', ...output];
  expect(await workspace.run([...fit, ...SMALL])).toMatchObject({ code: 0 });
  const [steered] = resultsOf(await generate('./new-linear=2'));
  const [alone] = resultsOf(await generate('./new-linear/subspaces/untied.json=2'));
  expect({ ...steered, timing: 0 }).toEqual({ ...alone, timing: 0 });

  await workspace.write('halfspace.config.json', '{"attributes": ["./new-linear", "./new-scoring"]}');
  const [named] = resultsOf(await generate('new-linear=2'));
  expect({ ...named, timing: 0 }).toEqual({ ...alone, timing: 0 });
});

it('what is there already is left alone, and a name that is none is refused', async () => {
  await workspace.write('taken', 'mine');
  const before = await workspace.listing();
  for (const [code, words] of [
    ['bad-attribute', ['New']],
    ['bad-attribute', ['../up']],
    ['directory-not-empty', ['again', '--directory', 'untied']],
    ['not-writable', ['again', '--directory', 'taken']],
  ] as const) {
    const { stderr, ...run } = await workspace.run(['attribute', 'new', ...words]);
    expect({ ...run, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^error \\(${code}\\): .*\\n$`)),
    });
  }
  expect(await workspace.listing()).toEqual(before);
});
