import { describe, expect, it } from 'vitest';
import { defineAttribute } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import type { DecodeOptions } from '../options/options.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';

const same = defineAttribute({
  name: 'same',
  description: 'a test',
  score: ({ prefix, candidates }) => candidates.map(() => prefix.length),
});
const length = defineAttribute({
  name: 'length',
  description: 'a test',
  score: ({ candidates }) => candidates.map(({ token }) => token),
});
const halfspace = await createHalfspace({
  backend: createToyBackend({ endLogit: -50 }),
  attributes: [toyAttribute('kind', 1), toyAttribute('calm', 2), same, length],
});

async function warningsOf(options: DecodeOptions): Promise<readonly string[] | undefined> {
  const [{ error, warnings }] = await halfspace.generate({ prompt: 'abc', maxTokens: 6, ...options });
  expect(error).toBeUndefined();
  return warnings;
}

describe('what can do nothing is warned of', () => {
  it.each<[RegExp, DecodeOptions]>([
    [
      /weight -4 of "kind" can do nothing for text outside.*above 0.*give a cap above 0/,
      { weights: { kind: -4 } },
    ],
    [/weight 1 - step of "kind"/, { weights: { kind: '1 - step' } }],
    [/weight of "kind", "step > 9 \? 2 : 0", is 0 in all 6 steps/, { weights: { kind: 'step > 9 ? 2 : 0' } }],
    [/topK 1 .* single candidate/, { weights: { kind: 2 }, topK: 1 }],
    [/topK 1 .* single candidate/, { formula: '2*kind', topK: 1 }],
    [/budget of 0 nats/, { weights: { kind: 2 }, control: { mode: 'kl-budget', nats: 0 } }],
    [
      /Constraint 0 .* maxWeight 0/,
      {
        control: {
          mode: 'constraints',
          constraints: [{ kind: 'at-least', attribute: 'kind', margin: 1, maxWeight: 0 }],
        },
      },
    ],
    [/maxAttempts 1 nothing is drawn anew/, { redraw: { ifMeanBelow: { kind: 1 }, maxAttempts: 1 } }],
    [/cap 2 has no part .* weight other than 0/, { weights: { kind: 0 }, cap: 2 }],
    [/weight -2 of "kind" .* cap 0/, { weights: { kind: -2 }, control: { mode: 'kl-budget', nats: 0.1 } }],
    [/weight -2 of "kind" .* cap 0/, { weights: { kind: { weight: -2, cap: 0 } }, cap: 1 }],
    [/weight -2 of "kind" .* cap 0/, { weights: { kind: -2 }, temperature: 0 }],
    [/formula "3 \+ 0\*kind" has the same value/, { formula: '3 + 0*kind' }],
    [/formula "step >= 0 \? 1 : kind" has the same value/, { formula: 'step >= 0 ? 1 : kind' }],
    [/formula "min\(kind, 2\) \* \(step > 90\)" has the same/, { formula: 'min(kind, 2) * (step > 90)' }],
    [/margin of "calm" makes no difference/, { formula: 'kind + 0*calm' }],
    [/margin of "calm" makes no difference/, { formula: 'step < 99 ? kind : calm' }],
    [/"same" gave all candidates of each step the same margin/, { weights: { same: 3 } }],
    [/"same" gave all candidates/, { weights: { same: 3, kind: 1 } }],
  ])('%s', async (message, options) => {
    expect(await warningsOf(options)).toEqual([expect.stringMatching(message)]);
  });
});

describe('nothing is warned of', () => {
  it.each<DecodeOptions>([
    {},
    { weights: { kind: 2 } },
    { weights: { kind: 0 } },
    { weights: { kind: 0 }, cap: Infinity },
    { weights: { kind: -2 }, cap: Infinity },
    { weights: { kind: -2 }, cap: 0.5 },
    { weights: { kind: -2 }, cap: 1, control: { mode: 'kl-budget', nats: 0.1 } },
    { weights: { kind: { weight: -2, cap: 0.1 }, length: 1 } },
    { weights: { kind: -2 }, bonus: 'softmax' },
    { weights: { kind: 1 }, cap: 2, temperature: 0 },
    { weights: { kind: '2 - progress' }, cap: 1 },
    { weights: { length: 1, same: 0 } },
    { weights: { same: 1 }, maxTokens: 3 },
    { topK: 1 },
    { formula: 'kind > 37.5 ? 1 : 0' },
    { formula: 'kind * (step == 5)' },
    { formula: '(kind > 100*10) * (kind < 100*20)' },
    { formula: 'kind * (calm / 1e9 > 3)' },
    { formula: '1e-12 * kind' },
    { formula: 'min(kind, calm)' },
    { formula: '1e-3 * kind' },
    { redraw: { ifMeanBelow: { kind: -50 }, maxAttempts: 2 } },
  ])('%j', async (options) => {
    expect(await warningsOf(options)).toBeUndefined();
  });

  it.each([NaN, Infinity, -Infinity])('because it is refused: the weight %d', async (weight) => {
    const work = halfspace.generate({ prompt: 'a', weights: { kind: weight } });
    await expect(work).rejects.toMatchObject({ code: 'bad-option' });
  });
});

it('a prompt is warned of by its own weights', async () => {
  const prompts = [{ text: 'a', weights: { kind: -1 } }, { text: 'b' }];
  const found = await halfspace.generate({ prompts, weights: { kind: 1 }, maxTokens: 2 });
  expect(found.map(({ warnings }) => warnings?.length)).toEqual([1, undefined]);
});
