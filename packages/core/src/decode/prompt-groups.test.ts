import { expect, it } from 'vitest';
import type { Completion } from './completion.js';
import { createHalfspace } from '../plugins/container.js';
import type { GenerateOptions } from '../options/options.js';
import { atOnce } from '../testing/at-once.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';

async function setUp(together = 16) {
  const backend = createToyBackend({ endLogit: 0 });
  const attributes = [toyAttribute('kind', 0)];
  return { backend, halfspace: await createHalfspace({ backend, attributes, limits: atOnce(together) }) };
}

const comparable = (completions: readonly Completion[]) =>
  completions.map((each) => ({ ...each, timing: undefined }));

it.each([1, 3, 16])('equal prompts of a request are run once, %d at a time', async (together) => {
  const { backend, halfspace } = await setUp(together);
  const prompts = ['abc', 'dd', 'abc', 'e', 'dd', 'abc'];
  const options: GenerateOptions = {
    samples: 3,
    maxTokens: 6,
    weights: { kind: 1 },
    seed: 7,
  };
  const found = await halfspace.generate({ ...options, prompts });
  expect(backend.promptRows).toBe('abc'.length + 'dd'.length + 'e'.length);
  expect(backend.open).toBe(0);
  expect(found.map(({ promptIndex, sample }) => [promptIndex, sample])).toEqual(
    prompts.flatMap((_, index) => [0, 1, 2].map((sample) => [index, sample])),
  );
  // To the last bit what each prompt has alone.
  for (const [index, prompt] of prompts.entries()) {
    const alone = await halfspace.generate({ ...options, prompt });
    const own = found.filter(({ promptIndex }) => promptIndex === index);
    expect(comparable(own).map((each) => ({ ...each, promptIndex: 0, evaluations: 0 }))).toEqual(
      comparable(alone).map((each) => ({ ...each, evaluations: 0 })),
    );
  }
});

it('also with weights of their own, as long as the arithmetic is the same', async () => {
  const { backend, halfspace } = await setUp();
  const prompts = [1, 2, 0, 3].map((kind) => ({ text: 'abc', weights: { kind } }));
  const found = await halfspace.generate({ prompts, maxTokens: 8 });
  // Plain decoding evaluates one row a step, and may have other numbers.
  expect(backend.promptRows).toBe(2 * 'abc'.length);
  expect(found.map(({ promptIndex }) => promptIndex)).toEqual([0, 1, 2, 3]);
  for (const [index, { weights }] of prompts.entries()) {
    const [alone] = await halfspace.generate({ prompt: 'abc', weights, maxTokens: 8 });
    expect(found[index].tokens).toEqual(alone.tokens);
  }
  expect(backend.open).toBe(0);
});

it('and released when the last of them is done, also with attempts and errors', async () => {
  const { backend, halfspace } = await setUp(1);
  const most: number[] = [];
  const options: GenerateOptions = {
    prompts: ['a', 'b', 'c', 'a', 'b', 'c'],
    samples: 2,
    maxTokens: 3,
    redraw: { ifMeanBelow: { kind: 0.5 }, maxAttempts: 3 },
  };
  for await (const event of halfspace.stream(options)) {
    if (event.type === 'completion') most.push(backend.open);
  }
  // One prompt and a completion that goes on from it, at most: none is held for a later turn.
  expect(Math.max(...most)).toBeLessThanOrEqual(2);
  expect(backend.promptRows).toBe(3);
});
