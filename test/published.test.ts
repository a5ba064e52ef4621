import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSmallModel } from './support/small-model.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = readdirSync(join(ROOT, 'packages'));
const run = promisify(execFile);

/** The text of `path` in a package. */
const textOf = (name: string, path: string) => readFileSync(join(ROOT, 'packages', name, path), 'utf8');
const manifestOf = (name: string) => JSON.parse(textOf(name, 'package.json')) as { name: string };

let directory: string;
let tarballs: Map<string, string>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-published-'));
  const words = ['pack', '--json', '--pack-destination', directory];
  tarballs = new Map();
  for (const name of PACKAGES) {
    const { stdout } = await run('npm', words, { cwd: join(ROOT, 'packages', name) });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    tarballs.set(name, join(directory, filename));
  }
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

it('every package says alike where the project is and how it is published', async () => {
  const { stderr } = await run(process.execPath, ['scripts/manifests.js', '--check'], { cwd: ROOT });
  expect(stderr).toBe('');
});

describe.each(PACKAGES)('the package of %s', (name) => {
  it('is one that npm and bundlers read without a warning', async () => {
    const pkgDir = join(ROOT, 'packages', name);
    const { messages, pkg } = await publint({ pkgDir, strict: true, pack: 'npm' });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that TypeScript finds', async () => {
    const attw = join(ROOT, 'node_modules/.bin/attw');
    const words = ['--profile', 'esm-only', '--no-emoji', '--no-color', tarballs.get(name) ?? ''];
    const { code, stdout } = await run(attw, words).then(
      () => ({ code: 0, stdout: '' }),
      (error: { code: number; stdout: string }) => error,
    );
    expect(code, stdout).toBe(0);
  });

  it('comes with licence, notice and changes, and links that lead somewhere', async () => {
    const { stdout } = await run('tar', ['-tf', tarballs.get(name) ?? '']);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(
        ['LICENSE', 'NOTICE', 'README.md', 'CHANGELOG.md'].map((each) => `package/${each}`),
      ),
    );
    const links = [...textOf(name, 'README.md').matchAll(/\]\(([^)#\s]+)/g)].map(([, to]) => to ?? '');
    expect(links.filter((to) => !/^https?:\/\//.test(to))).toEqual([]);
    for (const to of links) {
      const [, path] = /\/blob\/main\/(.*)$/.exec(to) ?? [];
      if (path !== undefined) expect((await stat(join(ROOT, path))).isFile()).toBe(true);
    }
  });
});

describe('what is installed in an empty directory', () => {
  let app: string;
  beforeAll(async () => {
    app = join(directory, 'app');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{"type": "module"}');
    await makeSmallModel('untied', join(app, 'untied'));
  });

  // Nothing listens there, so that the runtime's install script cannot download.
  const NO_DOWNLOADS = {
    GLOBAL_AGENT_HTTP_PROXY: 'http://127.0.0.1:9',
    GLOBAL_AGENT_HTTPS_PROXY: 'http://127.0.0.1:9',
  };
  const npm = async (words: readonly string[], env: NodeJS.ProcessEnv) => {
    const { ONNXRUNTIME_NODE_INSTALL: _, ...inherited } = process.env;
    return run('npm', [...words, '--no-audit', '--no-fund'], { cwd: app, env: { ...inherited, ...env } });
  };
  const halfspace = async (...words: string[]) =>
    run(join(app, 'node_modules/.bin/halfspace'), words, {
      cwd: app,
      env: { ...process.env, HALFSPACE_CACHE: join(directory, 'cache') },
    }).catch((error: { code: number; stdout: string; stderr: string }) => error);
  const generate = () =>
    halfspace('generate', 'hi', '--model', './untied', '--max-tokens', '4', '--precision', 'f32');

  it('explains itself where the install script of the runtime failed, and then runs', async () => {
    const all = [...tarballs.values()];
    await npm(['install', ...all], { ...NO_DOWNLOADS, npm_config_ignore_scripts: 'false' });
    const isThere = (await readdir(join(app, 'node_modules'))).includes('onnxruntime-node');
    // The package for some platforms lacks nothing, and there is nothing to download.
    if (!isThere) {
      expect(await generate()).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^error \(runtime-missing\): .*ONNXRUNTIME_NODE_INSTALL=skip npm install/,
        ),
      });
      await npm(['install', 'onnxruntime-node@1.30.0'], { ONNXRUNTIME_NODE_INSTALL: 'skip' });
    }
    expect(await generate()).toMatchObject({ stderr: expect.not.stringContaining('error') });
    expect((await halfspace('--version')).stdout).toBe(
      `${(manifestOf('cli') as { version?: string }).version}\n`,
    );
  });

  it('takes no more of the disk than the README says', async () => {
    const megabytes = async (path: string) => {
      const { stdout } = await run('du', ['-sm', join(app, 'node_modules', path)]);
      return Number.parseInt(stdout, 10);
    };
    const [all, runtime, ofPages] = [
      await megabytes('.'),
      await megabytes('onnxruntime-node'),
      await megabytes('onnxruntime-web'),
    ];
    expect(runtime).toBeLessThan(300);
    expect(ofPages).toBeLessThan(160);
    expect(all - runtime - ofPages).toBeLessThan(140);
  });
});
