import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHalfspace, type ChatMessage } from '@halfspace/core';
import { expect, it } from 'vitest';
import { createToyBackend } from '../../../core/src/testing/toy-backend.js';
import { parseMethodSpec } from '../methods/method-spec.js';
import { readRunWith } from './likelihood-run.js';
import { createPlan } from './plan.js';
import { startRun } from './run-directory.js';
import { runUnits } from './run-units.js';

it('a second model reads an answer after a line break, and one that was begun without', async () => {
  const vocabulary = ['a', 'b', 'c', 'd', 'e', 'f', 'g', ' ', '\n', ''].map((each) =>
    new TextEncoder().encode(each),
  );
  const halfspace = await createHalfspace({ backend: createToyBackend({ vocabulary }) });
  const asked: ChatMessage = { role: 'user', content: 'ab' };
  const prompts = [
    { suite: 's', id: 'plain', text: 'ab' },
    { suite: 's', id: 'asked', text: 'cd', messages: [asked] },
    { suite: 's', id: 'begun', text: 'ef', messages: [asked, { role: 'assistant' as const, content: 'ef' }] },
  ];
  const plan = await createPlan({
    halfspace,
    precision: 'f32',
    decoding: { maxTokens: 4, temperature: 1, topP: 1, topK: 0 },
    samples: 2,
    seed: 3,
    methods: [await parseMethodSpec({ method: 'plain' })],
    prompts,
  });
  const directory = await mkdtemp(join(tmpdir(), 'halfspace-likelihoods-'));
  try {
    const run = await startRun(directory, plan, prompts);
    await runUnits(run, halfspace);
    const other = createToyBackend({ vocabulary });
    const texts: string[] = [];
    const tokenizer: typeof other.tokenizer = {
      ...other.tokenizer,
      encode(text, options) {
        texts.push(text);
        return other.tokenizer.encode(text, options);
      },
    };
    await readRunWith(run, { ...other, tokenizer });
    expect(texts).toEqual(expect.arrayContaining(['ab', 'cd\n', 'ef']));
    expect(texts.some((text) => text.startsWith('ef\n'))).toBe(false);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
