import {
  createHalfspace,
  createRegistry,
  defineJudge,
  definePluginModule,
  type Register,
  type Registry,
} from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { createToyBackend } from '../../core/src/testing/toy-backend.js';
import { evaluateModule } from './evaluate-module.js';
import { JUDGE, METHOD, SUITE } from './extension-points.js';
import { createJudge } from './judges/create-judge.js';
import type { KnownJudge } from './judges/known-judge.js';
import { defineMethod } from './methods/define-method.js';
import { attributesOfMethod, parseMethodSpec } from './methods/method-spec.js';
import type { MethodKind, OpenMethod, WrittenCompletion } from './methods/method.js';
import { createPlan, type Plan } from './run/plan.js';
import { openUnitRunner } from './run/run-units.js';
import { readSuite } from './suites/read-suite.js';
import type { Suite } from './suites/suite.js';

const registryWith = async (bind: (register: Register) => void) =>
  createRegistry([definePluginModule({ name: 'mine', bind }), evaluateModule]);
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const prompt = { suite: 's', id: '1', text: 'ab' };
const written: WrittenCompletion = {
  text: 'x',
  tokens: [1],
  logprob: -1,
  kl: null,
  evaluations: 1,
  margins: {},
};
const opened = (complete: OpenMethod['complete']): OpenMethod => ({
  extraParameters: 0,
  complete,
  dispose: async () => Promise.resolve(),
});
interface Echo {
  readonly times: number;
}
const echo: MethodKind<Echo> = {
  kind: 'echo',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['times'],
    properties: { times: { type: 'integer' } },
  },
  attributesOf: () => [],
  nameOf: ({ times }) => `echo ${times}`,
  seriesOf: () => 'echo',
  open: async ({ times }) =>
    Promise.resolve(
      opened(async ({ prompt: { text }, samples }) =>
        Promise.resolve(Array.from({ length: samples }, () => ({ ...written, text: text.repeat(times) }))),
      ),
    ),
};
const withMethod = async (changes: Partial<MethodKind<Echo>> = {}) =>
  registryWith((register) => register(METHOD, defineMethod<Echo>({ ...echo, ...changes })));

/** Runs one unit of a plan with the method, as a worker would that has the plan by its names alone. */
async function run(registry: Registry) {
  const halfspace = await createHalfspace({ backend: createToyBackend() });
  const methods = [await parseMethodSpec({ method: 'echo', times: 2 }, { registry })];
  const decoding = { maxTokens: 2, temperature: 1, topP: 1, topK: 0 };
  const parts = { halfspace, precision: 'f32', decoding, samples: 2, seed: 0, methods, prompts: [prompt] };
  const plan = JSON.parse(JSON.stringify(await createPlan({ ...parts, registry }))) as Plan;
  const runner = await openUnitRunner(plan, halfspace, { registry });
  return runner.run('echo 2', prompt);
}

describe('a method of a module', () => {
  it('is read, planned and run by its name', async () => {
    const { completions } = await run(await withMethod());
    expect(completions.map(({ text }) => text)).toEqual(['abab', 'abab']);
  });

  it('is unknown without the module, and told of with it', async () => {
    const spec = { method: 'ecko', times: 2 };
    await expect(parseMethodSpec(spec)).rejects.toThrow(
      refused('bad-method', /no method "ecko"\. There are plain, half/),
    );
    await expect(parseMethodSpec(spec, { registry: await withMethod() })).rejects.toThrow(
      refused('bad-method', /no method "ecko"\. Did you mean "echo"\? There are echo, plain/),
    );
  });

  it('has its parameters checked by its schema', async () => {
    await expect(
      parseMethodSpec({ method: 'echo', time: 2 }, { registry: await withMethod() }),
    ).rejects.toThrow(refused('bad-method', /echo/));
  });

  const boom = () => {
    throw new Error('boom');
  };
  it.each<[string, string, RegExp, Partial<MethodKind<Echo>>]>([
    ['has no schema', 'bad-method', /schema of the method echo is none/, { schema: { type: 'nothing' } }],
    ['throws for a name', 'plugin-failed', /^The method echo failed: boom\.$/, { nameOf: boom }],
    [
      'throws for its attributes',
      'plugin-failed',
      /^The method echo failed: boom\.$/,
      { attributesOf: boom },
    ],
    [
      'throws when it is opened',
      'plugin-failed',
      /"echo 2" cannot be used\. The method echo failed: boom\.$/,
      { open: boom },
    ],
    [
      'throws in its work',
      'plugin-failed',
      /^The method "echo 2" failed: boom\.$/,
      { open: async () => Promise.resolve(opened(boom)) },
    ],
    [
      'gives too few',
      'bad-method',
      /"echo 2" gave .*1 completions where 2/,
      { open: async () => Promise.resolve(opened(async () => Promise.resolve([written]))) },
    ],
    [
      'gives what is none',
      'bad-method',
      /"echo 2" gave .*completions\.0/,
      { open: async () => Promise.resolve(opened(async () => Promise.resolve(['x', 'y'] as never))) },
    ],
  ])('that %s is named', async (_, code, message, changes) => {
    await expect(run(await withMethod(changes))).rejects.toThrow(refused(code, message));
  });

  it('says which attributes it speaks of', async () => {
    const registry = await withMethod({ attributesOf: () => ['calm'] });
    expect(
      await attributesOfMethod(await parseMethodSpec({ method: 'echo', times: 1 }, { registry }), {
        registry,
      }),
    ).toEqual(['calm']);
  });
});

describe('a judge of a module', () => {
  const brevity = defineJudge({
    name: 'brevity',
    description: 'a short text',
    revision: '1',
    desired: 'high',
    score: (texts) => texts.map(({ completion }) => 1 / (1 + completion.length)),
  });
  const withJudge = async (create: () => unknown) =>
    registryWith((register) => register(JUDGE, { name: 'brevity', create: create as KnownJudge['create'] }));

  it('is made by its name', async () => {
    expect(await createJudge('brevity', {}, await withJudge(() => brevity))).toBe(brevity);
    await expect(createJudge('brevty', {}, await withJudge(() => brevity))).rejects.toThrow(
      refused('judge-not-found', /no judge "brevty"\. Did you mean "brevity"\? There are brevity, toxicity/),
    );
  });

  it.each<[string, string, RegExp, () => unknown]>([
    [
      'throws',
      'plugin-failed',
      /^The judge "brevity" failed: boom\.$/,
      () => {
        throw new Error('boom');
      },
    ],
    ['makes none', 'bad-judge', /defineJudge/, () => ({ ...brevity })],
    ['makes nothing', 'bad-judge', /defineJudge/, () => undefined],
  ])('that %s is refused', async (_, code, message, create) => {
    await expect(createJudge('brevity', {}, await withJudge(create))).rejects.toThrow(refused(code, message));
  });

  it('cannot take the name of one that comes with the package', async () => {
    await expect(
      registryWith((register) => register(JUDGE, { name: 'toxicity', create: () => brevity })),
    ).rejects.toThrow(refused('bad-module', /judge "toxicity".*"mine"/));
  });
});

describe('a suite of a module', () => {
  const suite: Suite = {
    name: 'mine',
    description: 'prompts of mine',
    promptsOf: ({ values, place }) => [{ id: place, text: String(values['line']) }],
  };
  const rows = [{ values: { line: 'Hello' }, place: 'a:1' }];

  it('is found by its name, and read', async () => {
    const found = (await registryWith((register) => register(SUITE, suite))).get(SUITE, 'mine');
    expect(await readSuite(found, rows)).toEqual([{ suite: 'mine', id: 'a:1', text: 'Hello' }]);
  });

  it.each<[string, RegExp, () => unknown]>([
    [
      'throws',
      /^The suite "mine" failed: boom\.$/,
      () => {
        throw new Error('boom');
      },
    ],
    ['gives no prompts', /^The suite "mine" makes no prompt of a:1: .*id/, () => [{ text: 'x' }]],
    ['gives no list', /^The suite "mine" failed/, () => undefined],
  ])('that %s is named', async (_, message, promptsOf) => {
    const odd = { ...suite, promptsOf: promptsOf as Suite['promptsOf'] };
    await expect(readSuite(odd, rows)).rejects.toThrow(refused('plugin-failed', message));
  });
});
