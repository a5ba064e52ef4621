import { type Completion, HalfspaceError, type StreamEvent } from '@halfspace/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GenerateFlags } from './flags.js';
import { showCompletions } from './show-completions.js';

const whole: Completion = {
  prompt: 'a',
  promptIndex: 0,
  sample: 0,
  text: ' b',
  tokens: [1],
  tokenTexts: [' b'],
  tokenLogprobs: [-1],
  logprob: -1,
  promptTokens: 1,
  cachedTokens: 0,
  kl: 0,
  klIsExact: true,
  evaluations: 1,
  margins: {},
  finishReason: 'length',
  timing: { promptMs: 1, decodeMs: 1 },
};
const error = new HalfspaceError('attribute-failed', 'The attribute "x" failed.');
const failed: Completion = { ...whole, text: '', tokens: [], finishReason: 'error', error };

const written = { stdout: '', stderr: '' };

beforeEach(() => {
  for (const name of ['stdout', 'stderr'] as const) {
    written[name] = '';
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
});
afterEach(() => vi.restoreAllMocks());

async function show(completions: readonly Completion[], flags: Partial<GenerateFlags>) {
  async function* events(): AsyncGenerator<StreamEvent> {
    for (const completion of completions) yield { type: 'completion', completion };
  }
  const all = { samples: 1, maxTokens: 4, ...flags } as GenerateFlags;
  return showCompletions({
    events: events(),
    before: completions.map(() => 'a'),
    flags: all,
    trace: undefined,
  });
}

test('an error of one completion is told, and the others are printed', async () => {
  const failure = await show([whole, { ...failed, promptIndex: 1 }], { json: true });
  expect(failure).toMatchObject({ code: 'completions-failed', message: expect.stringMatching(/^1 of 2/) });
  const lines = written.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { text: ' b', finishReason: 'length' },
    { finishReason: 'error', error: { code: 'attribute-failed', message: 'The attribute "x" failed.' } },
  ]);
  expect(lines[0]).not.toHaveProperty('error');
  expect(written.stderr).toContain(
    'error (attribute-failed): Prompt 1, sample 0: The attribute "x" failed.\n',
  );
});

test('the error of a single completion is what the command ends with', async () => {
  expect(await show([failed], {})).toBe(error);
  expect(written.stderr).toContain('0 tokens to an error');
  expect(await show([whole], {})).toBeUndefined();
  expect(await show([whole, { ...whole, promptIndex: 1 }], {})).toBeUndefined();
});

test('what all completions warn of is said once, and stands in the JSON of each', async () => {
  const warned = (warnings: string[]) => ({ ...whole, warnings });
  const completions = [warned(['nothing', 'this one']), { ...warned(['nothing']), promptIndex: 1 }];
  expect(await show(completions, { json: true })).toBeUndefined();
  expect(written.stderr).toMatch(/^.*warning.*: nothing\n$/);
  expect(written.stdout.split('\n').map((line) => line.includes('"warnings":["nothing"'))).toEqual([
    true,
    true,
    false,
  ]);
});
