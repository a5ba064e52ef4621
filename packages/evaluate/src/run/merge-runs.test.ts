import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJudge } from '@halfspace/core';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MethodSpec } from '../methods/method.js';
import { judgeRun, judgesOf, readScores } from './judge-run.js';
import { mergeRuns } from './merge-runs.js';
import { digest, type Plan } from './plan.js';
import { completionsPath, readCompletions, startRun } from './run-directory.js';
import type { RunDirectory } from './run-parts.js';
import { promptsOfShard } from './run-units.js';
import { openUnitLog } from './unit-log.js';
import type { UnitResult } from './unit.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-merge-'));
});
afterEach(async () => rm(directory, { recursive: true }));

const PROMPTS = Array.from({ length: 5 }, (_, i) => ({ suite: 's', id: String(i), text: `p${i}` }));

const plain: MethodSpec = { name: 'plain', kind: 'plain', series: 'plain', parameters: {} };
const other: MethodSpec = { ...plain, name: 'other' };

function planOf(methods: readonly MethodSpec[], seed = 0): Plan {
  return {
    version: '0',
    model: { name: 'm', fingerprint: 'f', precision: 'f32' },
    attributes: {},
    decoding: { maxTokens: 4, temperature: 1, topP: 1, topK: 0 },
    samples: 1,
    seed,
    methods,
    suites: { s: 5 },
    prompts: digest(PROMPTS),
  };
}

const judge = defineJudge({
  name: 'length',
  description: 'is long',
  revision: '1',
  desired: 'low',
  score: (texts) => texts.map(({ completion }) => completion.length / 10),
});

/** A run that has completed some prompts by its methods. */
async function runOf(name: string, plan: Plan, ids: readonly string[], text = 'x'): Promise<RunDirectory> {
  const run = await startRun(join(directory, name), plan, PROMPTS);
  const log = await openUnitLog<UnitResult>(completionsPath(run), run.header);
  for (const prompt of ids) {
    for (const { name: method } of plan.methods) {
      const completion = {
        text: `${text}${prompt}`,
        tokens: [1],
        logprob: -1,
        kl: 0,
        evaluations: 1,
        margins: {},
      };
      const cost = { ms: Number(prompt) + 1, peakMemory: ids.length, extraParameters: 0 };
      await log.append({ method, suite: 's', prompt, ...cost, completions: [completion] });
    }
  }
  await log.close();
  return run;
}

async function unitsOf(run: RunDirectory): Promise<string[]> {
  const units: string[] = [];
  for await (const { method, prompt } of readCompletions(run)) units.push(`${method} ${prompt}`);
  return units.sort();
}

const paths = (...runs: readonly RunDirectory[]) => runs.map(({ path }) => path);

test('parts are put together with what judges said, also where they overlap', async () => {
  const parts = [
    await runOf('a', planOf([plain]), ['0', '2']),
    await runOf('b', planOf([plain]), ['1', '2', '3']),
  ];
  for (const part of parts) await judgeRun(part, judge);
  const merged = await mergeRuns(paths(...parts), join(directory, 'out'));
  expect(await unitsOf(merged)).toEqual(['plain 0', 'plain 1', 'plain 2', 'plain 3']);
  const [info] = await judgesOf(merged);
  const scores: number[] = [];
  for await (const each of readScores(merged, info)) scores.push(...each.scores);
  expect(scores).toEqual([0.2, 0.2, 0.2, 0.2]);
  // Once more changes nothing; a further part is added.
  await mergeRuns([...paths(...parts), (await runOf('c', planOf([plain]), ['4'])).path], merged.path);
  expect(await unitsOf(merged)).toHaveLength(5);
});

test('methods that were run apart become one plan', async () => {
  const merged = await mergeRuns(
    paths(await runOf('a', planOf([plain]), ['0']), await runOf('b', planOf([plain, other]), ['0'])),
    join(directory, 'out'),
  );
  expect(merged.plan.methods).toEqual([plain, other]);
  expect(await unitsOf(merged)).toEqual(['other 0', 'plain 0']);
});

test.each([
  ['another seed', async () => runOf('b', planOf([plain], 1), ['0']), 'other-plan'],
  [
    'other parameters',
    async () => runOf('b', planOf([{ ...plain, parameters: { a: 1 } }]), ['0']),
    'other-plan',
  ],
  ['other texts', async () => runOf('b', planOf([plain]), ['0'], 'y'), 'runs-disagree'],
])('runs with %s are not', async (_, second, code) => {
  const first = await runOf('a', planOf([plain]), ['0']);
  await expect(mergeRuns(paths(first, await second()), join(directory, 'out'))).rejects.toMatchObject({
    code,
  });
});

test('every prompt is in one shard', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), (of) => {
      const shards = Array.from({ length: of }, (_, i) => promptsOfShard(PROMPTS, { index: i + 1, of }));
      expect(shards.flat().toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(PROMPTS);
      const sizes = shards.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});
