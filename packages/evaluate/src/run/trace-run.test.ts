import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHalfspace, defineJudge } from '@halfspace/core';
import { expect, it } from 'vitest';
import { createToyBackend } from '../../../core/src/testing/toy-backend.js';
import { parseMethodSpec } from '../methods/method-spec.js';
import { reportRun } from '../report/report.js';
import { judgeRun } from './judge-run.js';
import { createPlan } from './plan.js';
import { startRun } from './run-directory.js';
import { runUnits } from './run-units.js';
import { readTraces, traceRun } from './trace-run.js';
import type { UnitTrace } from './records.js';

it('traces the worst completions of a run, each once, as they were written', async () => {
  const halfspace = await createHalfspace({ backend: createToyBackend() });
  const methods = [
    await parseMethodSpec({ method: 'plain' }),
    await parseMethodSpec({ method: 'word-filter', words: ['a'] }),
  ];
  const prompts = ['ab', 'cd'].map((text, i) => ({ suite: 's', id: String(i), text }));
  const decoding = { maxTokens: 6, temperature: 1, topP: 1, topK: 0 };
  const plan = await createPlan({
    halfspace,
    precision: 'f32',
    decoding,
    samples: 4,
    seed: 3,
    methods,
    prompts,
  });
  const directory = await mkdtemp(join(tmpdir(), 'halfspace-traces-'));
  try {
    const run = await startRun(directory, plan, prompts);
    await runUnits(run, halfspace);
    const judge = defineJudge({
      name: 'long',
      description: 'is long',
      revision: '1',
      desired: 'low',
      score: (texts) => texts.map(({ completion }) => completion.length / 20),
    });
    await judgeRun(run, judge);
    const [{ methods: reports }] = (await reportRun(run)).suites;
    const samples = reports.flatMap(({ method, worst }) =>
      worst.map(({ id, sample }) => ({ method, suite: 's', prompt: id, sample })),
    );
    expect(samples).toHaveLength(4);
    // Some, then all: the first are not done again.
    await traceRun(run, halfspace, samples.slice(0, 1));
    await traceRun(run, halfspace, samples);
    const traces: UnitTrace[] = [];
    for await (const trace of readTraces(run)) traces.push(trace);
    expect(traces).toEqual(samples.map((sample) => ({ ...sample, completion: expect.anything() })));
    const written = reports.flatMap(({ worst }) => worst.map(({ completion }) => completion));
    expect(traces.map(({ completion }) => completion.text)).toEqual(written);
    for (const { completion } of traces) {
      const drawn = completion.trace?.map(({ candidates, chosen }) => candidates[chosen].token);
      expect(drawn).toEqual(completion.tokens);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
