import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const BACKEND = new URL('../packages/backend-onnx/dist/', import.meta.url);
const module = (name: string) => JSON.stringify(new URL(name, BACKEND).href);

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  // Compiles the model, so that what is ended is the work itself.
  expect(await workspace.run(['generate', 'hi', '--max-tokens', '1', ...SMALL])).toMatchObject({ code: 0 });
});
afterAll(async () => workspace.remove());

/** The beginning of a program with a backend in a worker that has more to do than any test waits for. */
const BUSY = `
  const { createOnnxBackend } = await import(${module('index.js')});
  const backend = await createOnnxBackend({ model: './untied', precision: 'f32', threads: 1 });
  const texts = Array.from({ length: 100_000 }, (_, i) => Array.from({ length: 32 }, (__, k) => 3 + ((i + k) % 50)));
  const work = backend.states(texts, { layers: [0] });
  work.catch((error) => console.log('work:', error.code));
  const soon = (then) => setTimeout(then, Number(process.env.DELAY ?? 30));
`;

/** Runs a program, and says how it ended. */
async function run(source: string, settings: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: workspace.path,
    env: { ...process.env, HALFSPACE_CACHE: `${workspace.path}/cache`, ...settings },
  });
  const [stdout, stderr, ended] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  const [code, signal] = ended as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

describe('a program that has a backend in a worker', () => {
  it.each(['0', '10', '30', '100'])(
    'ends by process.exit in the middle of a call, %s ms on',
    async (DELAY) => {
      const ended = await run(`${BUSY} soon(() => process.exit(7));`, { DELAY });
      expect(ended).toEqual({ code: 7, signal: null, stdout: '', stderr: '' });
    },
  );

  it.each(['0', '50', '150', '400'])('ends by process.exit while it loads, %s ms on', async (DELAY) => {
    const ended = await run(
      `setTimeout(() => process.exit(7), ${DELAY}); ${BUSY} soon(() => process.exit(7));`,
    );
    expect(ended).toEqual({ code: 7, signal: null, stdout: '', stderr: '' });
  });

  it.each([
    ['an exception that nobody catches', "throw new Error('of the app')"],
    ['a rejection that nobody handles', "void Promise.reject(new Error('of the app'))"],
  ])('ends by %s, which is what it tells of', async (_, fault) => {
    const ended = await run(`${BUSY} soon(() => { ${fault}; });`);
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ended.stderr).toContain('Error: of the app');
    expect(ended.stderr).not.toContain('Napi');
  });

  it('ends by a signal, handled or not', async () => {
    const kill = "soon(() => process.kill(process.pid, 'SIGINT'));";
    expect(await run(BUSY + kill)).toEqual({ code: null, signal: 'SIGINT', stdout: '', stderr: '' });
    const handled = "process.once('SIGINT', () => process.exit(130));";
    expect(await run(BUSY + handled + kill)).toEqual({ code: 130, signal: null, stdout: '', stderr: '' });
  });

  it('ends when it has nothing left to do, disposed of or not, and not before', async () => {
    const program = `
      const { createOnnxBackend } = await import(${module('index.js')});
      const backend = await createOnnxBackend({ model: './untied', precision: 'f32', threads: 1 });
      console.log((await backend.logProbs([3, 4, 5])).length);`;
    const done = { code: 0, signal: null, stdout: '2\n', stderr: '' };
    expect(await run(program)).toEqual(done);
    expect(await run(`${program} await backend.dispose();`)).toEqual(done);
  });

  it('has calls that are going on refused when it disposes of it, and loads it again', async () => {
    const again = `
      soon(async () => {
        await backend.dispose();
        const next = await createOnnxBackend({ model: './untied', precision: 'f32', threads: 1 });
        console.log((await next.logProbs([3, 4, 5])).length);
        await next.dispose();
      });`;
    const ended = await run(BUSY + again);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'work: disposed\n2\n', stderr: '' });
  });

  it('goes on after a worker that ran out of memory', async () => {
    const ended = await run(`
      const { openInWorker } = await import(${module('worker/open-in-worker.js')});
      const { compileModel, createTokenizer, openModelFile } = await import(${JSON.stringify(new URL('../../model/dist/index.js', BACKEND).href)});
      const file = await openModelFile('./untied');
      const cache = process.env.HALFSPACE_CACHE;
      const request = { name: file.name, fingerprint: file.fingerprint, cache, threads: 1, cacheBytes: 0, precision: 'f32' };
      const compile = (precision) => compileModel(file, { precision, cache });
      const tools = { compile, compileAgain: async () => undefined, makeTokenizer: async () => createTokenizer(file) };
      const backend = await openInWorker(request, tools, { resourceLimits: { maxOldGenerationSizeMb: 64 } });
      const text = Array.from({ length: 32 }, (_, i) => 3 + i);
      const failed = async (work) => work().then(() => 'done', (error) => error.code);
      console.log(await failed(() => backend.logProbs(text)));
      const calls = Array.from({ length: 8 }, () => failed(() => backend.states(Array.from({ length: 300_000 }, () => [...text]), { layers: [0] })));
      console.log([...new Set(await Promise.all(calls))].join());
      console.log(await failed(() => backend.logProbs(text)));
      await backend.dispose();
      await file.close();
      console.log(await failed(() => backend.logProbs(text)));`);
    expect(ended).toMatchObject({
      code: 0,
      signal: null,
      stdout: 'done\nout-of-memory\nout-of-memory\ndisposed\n',
    });
  });
});
