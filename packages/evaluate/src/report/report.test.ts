import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJudge } from '@halfspace/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WrittenCompletion } from '../methods/method.js';
import { judgeRun } from '../run/judge-run.js';
import { likelihoodLog } from '../run/likelihood-run.js';
import { digest, type Plan } from '../run/plan.js';
import { completionsPath, startRun } from '../run/run-directory.js';
import type { RunDirectory } from '../run/run-parts.js';
import { openUnitLog } from '../run/unit-log.js';
import { reportRun } from './report.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-report-'));
});
afterEach(async () => rm(directory, { recursive: true }));

const PROMPTS = [
  { suite: 's', id: 'a', text: 'A', group: 'female' },
  { suite: 's', id: 'b', text: 'B', group: 'male' },
  { suite: 's', id: 'c', text: 'C', group: 'male' },
];

const SPEC = { kind: 'plain', parameters: {} };
const PLAN: Plan = {
  version: '0',
  model: { name: 'm', fingerprint: 'f', precision: 'f32' },
  attributes: { calm: 'x' },
  decoding: { maxTokens: 4, temperature: 1, topP: 1, topK: 0 },
  samples: 2,
  seed: 0,
  methods: [
    { ...SPEC, name: 'plain', series: 'plain' },
    { ...SPEC, name: 'other', series: 'other' },
  ],
  suites: { s: 3 },
  prompts: digest(PROMPTS),
};

/** A completion whose text is its score by the judge. */
const written = (
  score: number,
  logprob: number,
  tokens: number[],
  margin: number | null,
): WrittenCompletion => ({
  text: String(score),
  tokens,
  logprob,
  kl: 0.5,
  evaluations: 2 * tokens.length,
  margins: { calm: margin },
});

const judge = defineJudge({
  name: 'told',
  description: 'says so',
  revision: '1',
  desired: 'low',
  score: (texts) => texts.map(({ completion }) => Number(completion)),
});

const DONE: Record<string, Record<string, WrittenCompletion[]>> = {
  plain: {
    a: [written(0.9, -2, [1, 2], 1), written(0.1, -6, [1, 2, 3, 4], 3)],
    b: [written(0.2, -1, [5], null), { ...written(0.4, -3, [6, 6, 6], 0), error: 'no-candidate-left' }],
    c: [written(0.6, -4, [1, 2], 2), written(0.5, -4, [2, 1], 2)],
  },
  other: { a: [written(0.3, -6, [1, 2, 3], 1), written(0.1, -6, [1, 2, 3], 3)] },
};

async function record(run: RunDirectory): Promise<void> {
  const log = await openUnitLog(completionsPath(run), run.header);
  for (const [method, prompts] of Object.entries(DONE)) {
    // In another order than that of the plan.
    for (const [prompt, completions] of Object.entries(prompts).toReversed()) {
      const cost = { ms: 10, peakMemory: method === 'plain' ? 100 : 200, extraParameters: 3 };
      await log.append({ method, suite: 's', prompt, ...cost, completions } as never);
    }
  }
  await log.close();
}

describe('a report', () => {
  test('has the figures that one computes by hand', async () => {
    const run = await startRun(join(directory, 'run'), PLAN, PROMPTS);
    await record(run);
    await judgeRun(run, judge);
    const read = likelihoodLog(run, { name: 'other-model', fingerprint: 'g' });
    const log = await openUnitLog(read.path, read.header);
    await log.append({
      method: 'plain',
      suite: 's',
      prompt: 'a',
      logprobs: [-4, -2],
      tokens: [1, 1],
    } as never);
    await log.close();

    const { units, suites, judges, referenceModels } = await reportRun(run);
    expect(units).toEqual({ done: 4, total: 6 });
    expect(judges).toMatchObject([{ name: 'told', threshold: 0.5 }]);
    expect(referenceModels).toEqual([{ name: 'other-model', fingerprint: 'g' }]);
    const [{ suite, methods, comparisons }] = suites;
    expect(suite).toBe('s');
    const [plain, other] = methods;

    expect(plain).toMatchObject({ prompts: 3, completions: 6, failed: 1 });
    const told = plain.judges['told'];
    expect(told.mean.value).toBeCloseTo((0.5 + 0.3 + 0.55) / 3, 12);
    expect(told.worst.value).toBeCloseTo((0.9 + 0.4 + 0.6) / 3, 12);
    expect(told.any.value).toBeCloseTo(2 / 3, 12);
    expect(told.share.value).toBeCloseTo((1 / 2 + 0 + 1) / 3, 12);
    expect(told.worst.low).toBeGreaterThanOrEqual(0.4);
    expect(told.worst.high).toBeLessThanOrEqual(0.9);
    // 20 nats over 14 tokens.
    expect(plain.perplexity.value).toBeCloseTo(Math.exp(20 / 14), 12);
    expect(plain.referenceModels['other-model'].value).toBeCloseTo(Math.exp(3), 12);
    expect(plain.perplexityRatio).toEqual({ value: 1, low: 1, high: 1 });
    expect(plain.margins['calm'].value).toBeCloseTo((2 + 0 + 2) / 3, 12);
    // Every completion is one word, and no two of a prompt are alike.
    expect(plain.distinct).toEqual([1, 0, 0]);
    expect(plain.length).toBeCloseTo(14 / 6, 12);
    expect(plain.kl).toBeCloseTo(3 / 14, 12);
    expect(plain.cost).toEqual({
      msPerToken: 30 / 14,
      evaluationsPerToken: 2,
      extraParameters: 3,
      peakMemory: 100,
    });

    expect(plain.groups['male']).toMatchObject({ prompts: 2, completions: 4 });
    expect(plain.groups['male'].judges['told'].worst.value).toBeCloseTo(0.5, 12);
    expect(plain.gap['told'].value).toBeCloseTo(0.9 - (0.4 + 0.6) / 2, 12);
    expect(other.gap).toEqual({});
    expect(plain.worst.map(({ id, score }) => [id, score])).toEqual([
      ['a', 0.9],
      ['c', 0.6],
      ['b', 0.4],
    ]);

    // On the one prompt that both have: 12 nats over 6 tokens against 8 over 6.
    expect(other.perplexityRatio.value).toBeCloseTo(Math.exp(2 - 8 / 6), 12);
    expect(comparisons.map(({ measure, prompts }) => [measure, prompts])).toEqual([
      ['told', 1],
      ['log perplexity', 1],
    ]);
    expect(comparisons[0].difference).toBeCloseTo(0.6, 12);
    expect(comparisons[1].difference).toBeCloseTo(8 / 6 - 2, 12);
    // One pair can be flipped in two ways, which are equally far from nothing.
    expect(comparisons.map(({ p }) => p)).toEqual([1, 1]);
  });

  test('says how far judges agree', async () => {
    const run = await startRun(join(directory, 'run'), PLAN, PROMPTS);
    await record(run);
    await judgeRun(run, judge);
    const contrary = defineJudge({
      name: 'contrary',
      description: 'says the opposite',
      revision: '1',
      desired: 'high',
      threshold: 0.45,
      score: (texts) => texts.map(({ completion }) => 1 - Number(completion)),
    });
    await judgeRun(run, contrary);
    const { agreement } = await reportRun(run);
    // Of the scores .9 .1 .2 .4 .6 .5 .3 .1 three are toxic to the one, six good to the other, and one is both: agreement
    // 1/8, by chance 28/64.
    expect(agreement).toHaveLength(1);
    expect(agreement[0]).toMatchObject({
      judges: ['contrary', 'told'],
      firstRanksSecond: 0,
      secondRanksFirst: 0,
    });
    expect(agreement[0].kappa).toBeCloseTo((8 - 28) / (64 - 28), 12);
    expect(agreement[0].spearman).toBeCloseTo(-1, 12);
  });

  test('of nothing is empty', async () => {
    const { units, suites } = await reportRun(await startRun(join(directory, 'run'), PLAN, PROMPTS));
    expect(units).toEqual({ done: 0, total: 6 });
    expect(suites).toEqual([{ suite: 's', prompts: 3, methods: [], comparisons: [] }]);
  });
});
