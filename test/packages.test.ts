import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSmallModel } from './support/small-model.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = readdirSync(join(ROOT, 'packages'));
const run = promisify(execFile);

describe.each(PACKAGES)('what is published of %s', (name) => {
  const directory = join(ROOT, 'packages', name);
  let files: string[];
  beforeAll(async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: directory });
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    files = packed.files.map(({ path }) => path);
  });

  it('has what its package.json names, and none of its tests', async () => {
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
      exports: Record<string, Record<string, string>>;
    };
    const named = Object.values(manifest.exports).flatMap((conditions) => Object.values(conditions));
    expect(files).toEqual(expect.arrayContaining(named.map((path) => posix.normalize(path))));
    const others = files.filter((path) => !path.startsWith('templates/'));
    expect(others).not.toContainEqual(
      expect.stringMatching(/\.test\.|fixtures|tsbuildinfo|chi-square|duality/),
    );
    // Core publishes a toy and checks of backends for the tests of others.
    const isForTests = Object.keys(manifest.exports).includes('./testing');
    if (!isForTests) expect(others).not.toContainEqual(expect.stringMatching(/testing\//));
  });

  it('has the sources that its maps lead to', async () => {
    const maps = files.filter((path) => path.endsWith('.map'));
    expect(maps).not.toEqual([]);
    for (const map of maps) {
      const { sources } = JSON.parse(await readFile(join(directory, map), 'utf8')) as { sources: string[] };
      expect(files).toEqual(
        expect.arrayContaining(sources.map((each) => posix.join(posix.dirname(map), each))),
      );
    }
  });

  it('says its version where a bundle needs no file for it', async () => {
    const { version } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
      version: string;
    };
    const source = await readFile(join(directory, 'src/version.ts'), 'utf8').catch(() => `'${version}'`);
    expect(source).toContain(`'${version}'`);
  });
});

/** All that is installed with a package, by what the packages of the repository depend on. */
async function installedWith(name: string, found = new Set<string>()): Promise<Set<string>> {
  const { dependencies = {} } = JSON.parse(
    await readFile(join(ROOT, 'packages', name, 'package.json'), 'utf8'),
  ) as { dependencies?: Record<string, string> };
  for (const each of Object.keys(dependencies)) {
    if (found.has(each)) continue;
    found.add(each);
    const own = each.replace('@halfspace/', '');
    if (PACKAGES.includes(own) && own !== each) await installedWith(own, found);
  }
  return found;
}

it.each([
  ['evaluate', ['bullmq', 'ioredis', '@halfspace/backend-onnx']],
  ['backend-onnx', ['@halfspace/encoders', '@halfspace/subspace']],
  ['subspace', ['onnxruntime-node', '@halfspace/model']],
  ['core', ['@halfspace/files', 'onnxruntime-node']],
  ['encoders', ['@halfspace/subspace']],
  ['files', ['@halfspace/core', 'inversify']],
  ['onnx-runtime', ['@halfspace/core', 'inversify']],
])('%s is installed without %j', async (name, others) => {
  const installed = await installedWith(name);
  expect(installed.size).toBeGreaterThan(0);
  for (const other of others) expect(installed).not.toContain(other);
});

it('the command loads clients of Redis for a queue alone', async () => {
  const loaded = async (path: string) => {
    const program = `import { createRequire } from 'node:module';
      await import(${JSON.stringify(pathToFileURL(join(ROOT, 'packages', path)).href)});
      console.log(Object.keys(createRequire(import.meta.url).cache).some((name) => /node_modules.ioredis/.test(name)));`;
    return (await run(process.execPath, ['--input-type=module', '--eval', program])).stdout.trim();
  };
  expect(await loaded('cli/dist/commands/evaluate/run.js')).toBe('false');
  expect(await loaded('evaluate-queue/dist/index.js')).toBe('true');
});

it('a plugin needs nothing but the contracts, which need nothing', async () => {
  expect(await installedWith('contracts')).toEqual(new Set());
});

describe('a program that is bundled and runs elsewhere', () => {
  let elsewhere: string;
  beforeAll(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), 'halfspace-bundle-'));
    await mkdir(join(elsewhere, 'node_modules'));
    const runtime = 'node_modules/onnxruntime-node';
    await symlink(join(ROOT, runtime), join(elsewhere, runtime));
  });
  afterAll(async () => rm(elsewhere, { recursive: true, force: true }));

  async function bundled(source: string, banner = ''): Promise<string> {
    const outfile = join(elsewhere, 'bundle.mjs');
    await build({
      stdin: { contents: source, resolveDir: dirname(fileURLToPath(import.meta.url)) },
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['onnxruntime-node'],
      banner: { js: banner },
      outfile,
      logLevel: 'error',
    });
    const { stdout, stderr } = await run(process.execPath, [outfile], {
      cwd: elsewhere,
      env: { ...process.env, HALFSPACE_CACHE: join(elsewhere, 'cache') },
    });
    expect(stderr).toBe('');
    return stdout;
  }

  it('has the subspaces of the attributes', async () => {
    const packages = { nontoxic: 'toxicity', helpful: 'helpfulness', truthful: 'truthfulness' };
    const imports = Object.entries(packages)
      .map(([name, of]) => `import { ${name} } from '@halfspace/attribute-${of}';`)
      .join('\n');
    const show = `console.log([${Object.keys(packages).join()}].map(({ name, subspaces }) => name + ' ' + subspaces.length).join());`;
    expect(await bundled(`${imports}\n${show}`)).toBe('nontoxic 2,helpful 2,truthful 2\n');
  });

  it('completes a prompt, with what packages of CommonJS require at hand', async () => {
    await makeSmallModel('untied', join(elsewhere, 'untied'));
    await writeFile(join(elsewhere, 'package.json'), '{"version": "9.9.9"}');
    const stdout = await bundled(
      `import { nontoxic } from '@halfspace/attribute-toxicity';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { createToxicityJudge } from '@halfspace/evaluate';
import { harmless } from 'halfspace';

const backend = await createOnnxBackend({ model: './untied', precision: 'f32', threads: 1 });
const halfspace = await createHalfspace({ backend, attributes: [] });
const [{ tokens }] = await halfspace.generate({ prompt: 'hi', maxTokens: 4 });
console.log(tokens.length, nontoxic.subspaces.length, typeof createToxicityJudge, harmless('\\u001b'));
await halfspace.dispose();
// The file of the worker is not beside the bundle.
console.log(await createOnnxBackend({ model: './untied', worker: true }).catch(({ code }) => code));`,
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    );
    expect(stdout).toBe('4 2 function \\u001b\nworker-unavailable\n');
  });
});
