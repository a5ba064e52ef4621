import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, createRegistry } from '@halfspace/core';
import type { RunReport } from '@halfspace/evaluate';
import { describeArchitecture, modelModule, openModelFile } from '@halfspace/model';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { resultsOf } from './support/halfspace.js';
import { findRedis, startRedis } from './support/redis.js';
import { makeWorkspace, type Workspace } from './support/workspace.js';

const EXAMPLE = fileURLToPath(new URL('../examples/own-module', import.meta.url));
/** Checkpoints of families, among them one that has what the family of the example has. */
const CHECKPOINTS = fileURLToPath(new URL('../packages/model/fixtures/families', import.meta.url));
const SMALL = ['--model', 'untied', '--precision', 'f32', '--threads', '1'];

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await workspace.remove();
});

/** The directory of the example, whose shelf is the folder of a small model. */
const here = () => ({ cwd: EXAMPLE, env: { MODELS: workspace.path } });
const run = async (...words: readonly string[]) => workspace.run(words, here());

it('a source of a module is asked by every command, and its models are listed', async () => {
  const listed = resultsOf(await run('model', 'list', '--json'));
  const path = join(workspace.path, 'untied');
  expect(listed).toContainEqual({ name: 'untied', kind: 'language model', licence: null, path, bytes: null });
  expect(listed).toContainEqual(expect.objectContaining({ name: 'smollm2-135m-instruct' }));
  expect(resultsOf(await run('model', 'pull', 'untied', '--json'))).toEqual([{ path, source: 'shelf' }]);
  expect(resultsOf(await run('model', 'inspect', 'untied', '--json'))).toMatchObject([{ path }]);
  const [completion] = resultsOf(await run('generate', 'hi', '--max-tokens', '3', '--json', ...SMALL));
  expect(completion['tokens']).toHaveLength(3);
  const { stderr } = await run('generate', 'hi', '--model', 'unteid');
  expect(stderr).toMatch(/model-not-found.*"unteid"\. Did you mean "untied"\? Looked at: shelf, local path/);
});

it('a model of a family of a module is run as others are', async () => {
  // The shelf looks at the variable when it is imported.
  vi.stubEnv('MODELS', workspace.path);
  const path = join(workspace.path, 'alpaca');
  await cp(join(CHECKPOINTS, 'qwen2-tied'), path, { recursive: true });
  const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as object;
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, model_type: 'alpaca' }));
  const { default: ownModule } = await import('../examples/own-module/module.js');
  const registry = await createRegistry([ownModule, modelModule]);
  const model = await openModelFile(path);
  const found = await describeArchitecture(model, registry);
  await model.close();
  expect(found).toMatchObject({ family: 'alpaca', layers: 2, heads: 4, keyValueHeads: 2 });
  expect(found.weights.blocks[0]?.map(({ role }) => role)).toContain('query.bias');
});

it('a method and a judge of a module are named as others are, and a run that names them is traced', async () => {
  const out = join(workspace.path, 'run');
  const sizes = ['--samples', '2', '--max-tokens', '3', '--explain-worst', '1'];
  const what = ['--suite', 'prompts.jsonl', '--method', '@methods.json', '--judge', 'brevity'];
  resultsOf(await run('evaluate', ...what, ...sizes, '--out', out, '--json', ...SMALL));
  const { units, suites } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as RunReport;
  expect(units).toEqual({ done: 9, total: 9 });
  expect(suites[0].methods.map(({ method }) => method)).toEqual(['plain', 'cautious 0.3', 'cautious 0']);
  expect(suites[0].methods[0].judges['brevity']).toMatchObject({ prompts: 3 });
  // Names alone: what a plan says loads no code.
  expect(await readFile(join(out, 'plan.json'), 'utf8')).not.toContain('module');
});

it('help has the names that a module adds', async () => {
  const { stdout } = await run('evaluate', '--help');
  const line =
    'The modules of halfspace.config.ts add: model family alpaca; model source shelf; method cautious; judge brevity.';
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(line);
});

it('without the module the names mean nothing, and it is said which there are', async () => {
  const elsewhere = async (...words: readonly string[]) =>
    workspace.run(['evaluate', '--out', join(workspace.path, 'none'), ...words]);
  const judged = await elsewhere('--judge', 'brevity');
  expect(judged.stderr).toMatch(/judge-not-found.*brevity.*toxicity, truthfulness/);
  const methods = join(EXAMPLE, 'methods.json');
  const suite = join(EXAMPLE, 'prompts.jsonl');
  const written = await elsewhere('--suite', suite, '--method', `@${methods}`, '--model', './untied');
  expect(written.stderr).toMatch(/bad-method.*methods\.json.*no method "cautious".*plain, halfspace/);
});

it('a program has what a module adds, too', async () => {
  vi.stubEnv('MODELS', workspace.path);
  vi.stubEnv('HALFSPACE_CACHE', join(workspace.path, 'cache'));
  const { default: ownModule } = await import('../examples/own-module/module.js');
  const options = { model: 'untied', precision: 'f32', threads: 1 } as const;
  await expect(createOnnxBackend({ ...options, model: 'none', modules: [ownModule] })).rejects.toThrow(
    /Looked at: shelf/,
  );
  const halfspace = await createHalfspace({
    backend: await createOnnxBackend({ ...options, modules: [ownModule] }),
  });
  expect(await halfspace.generate({ prompt: 'hi', maxTokens: 2 })).toHaveLength(1);
  await halfspace.dispose();
});

const REDIS = findRedis();

it.skipIf(REDIS === undefined)(
  'a worker knows the methods of its own config, and another is told which it lacks (needs redis-server)',
  { timeout: 120_000 },
  async () => {
    const redis = await startRedis(REDIS ?? '', workspace.path);
    try {
      const out = join(workspace.path, 'queued');
      const what = ['--suite', 'prompts.jsonl', '--method', '@methods.json', '--samples', '1'];
      const sizes = ['--max-tokens', '3', '--out', out, '--queue', redis.url, '--json', ...SMALL];
      let begun = (): void => undefined;
      const waiting = new Promise<void>((resolve) => (begun = resolve));
      const queued = workspace.run(['evaluate', ...what, ...sizes], {
        ...here(),
        onOutput: ({ stderr }) => stderr.includes('Waiting for workers') && begun(),
      });
      // One that ends without waiting has failed, and says why below.
      await Promise.race([waiting, queued]);
      const worker = ['evaluate-worker', '--queue', redis.url, '--threads', '1', '--model'];
      const lacking = async () => workspace.run([...worker, './untied']);
      await vi.waitFor(async () => expect((await lacking()).stderr).toMatch(/no method "cautious"/), 60_000);
      expect(await run(...worker, 'untied')).toMatchObject({ code: 0 });
      expect(JSON.parse((await queued).stdout)).toMatchObject({ units: { done: 9, total: 9 } });
    } finally {
      await redis.stop();
    }
  },
);
