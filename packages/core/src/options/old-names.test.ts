import { expect, it } from 'vitest';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import { tuneWeights } from '../tune/tune-weights.js';

const halfspace = await createHalfspace({
  backend: createToyBackend(),
  attributes: [toyAttribute('kind', 0)],
});

it.each([
  [{ prompt: 'a', attributes: { kind: 1 } }, '"attributes" is now "weights".'],
  [{ prompts: [{ text: 'a', attributes: { kind: 1 } }] }, '"attributes" is now "weights".'],
  [{ prompt: 'a', concurrency: 3 }, '"concurrency" is now limits.maxRows of createHalfspace.'],
  [{ prompt: 'a', early: true }, '"early" is now "earlyExit".'],
  [{ prompt: 'a', form: 'softmax' }, '"form" is now "bonus".'],
  [{ prompt: 'a', bonus: 'calibrated' }, '"calibrated" is now "margin".'],
  [{ prompt: 'a', redraw: { below: { kind: 1 }, maxAttempts: 2 } }, '"below" is now "ifMeanBelow".'],
  [{ prompt: 'a', redraw: { ifMeanBelow: { kind: 1 }, drafts: 2 } }, '"drafts" is now "maxAttempts".'],
])('the name that an option had is refused with the one that it has: %j', async (options, sentence) => {
  await expect(halfspace.generate(options as never)).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringContaining(sentence),
  });
});

it('so are those of scoring and of tuning', async () => {
  const code = 'bad-option';
  await expect(halfspace.score({ response: 'a', attributes: ['kind'] } as never)).rejects.toMatchObject({
    code,
    message: expect.stringContaining('"attributes" is now "measure".'),
  });
  const tuning = { prompts: ['a'], attributes: { kind: 1 }, goal: { kl: 0.1 } };
  await expect(tuneWeights(halfspace, tuning as never)).rejects.toMatchObject({
    code,
    message: expect.stringContaining('"attributes" is now "weights".'),
  });
});

it('measure names attributes that are measured and do not steer', async () => {
  const plain = await halfspace.generate({ prompt: 'a', samples: 3 });
  const measured = await halfspace.generate({ prompt: 'a', samples: 3, measure: ['kind'] });
  const weightless = await halfspace.generate({ prompt: 'a', samples: 3, weights: { kind: 0 } });
  const withoutTime = (completions: typeof plain) => completions.map((each) => ({ ...each, timing: 0 }));
  expect(withoutTime(measured)).toEqual(withoutTime(weightless));
  expect(measured.map(({ text }) => text)).toEqual(plain.map(({ text }) => text));
  expect(Object.keys(measured[0].margins)).toEqual(['kind']);
  await expect(halfspace.generate({ prompt: 'a', measure: ['kind', 'calm'] })).rejects.toMatchObject({
    code: 'unknown-attribute',
  });
  await expect(halfspace.generate({ prompt: 'a', measure: 'kind' as never })).rejects.toMatchObject({
    code: 'bad-option',
  });
});
