import { createHalfspace, defineJudge } from '@halfspace/core';
import { toyAttribute } from '@halfspace/core/testing';
import { describe, expect, it } from 'vitest';
import { toyServer } from './testing/toy-server.js';

const examples = { good: ['a', 'b', 'c'], bad: ['d', 'e', 'f'] };
const body = (name: string) => ({ name, ...examples });
interface Failure {
  readonly error: { readonly code: string; readonly message: string };
}

/** A server whose values of requests all read the same number. */
async function addingServer(wait: Promise<unknown> = Promise.resolve()) {
  const toy = await toyServer({
    addValue: async ({ name }, signal) => {
      await wait;
      signal.throwIfAborted();
      const others = toy.halfspace.attributes.filter((each) => each.name !== name);
      return createHalfspace({ backend: toy.backend, attributes: [...others, toyAttribute(name, 2)] });
    },
  });
  return toy;
}

describe('values of examples', () => {
  it('can be steered by as soon as they are made', async () => {
    const { json } = await addingServer();
    expect(await json('/halfspace/values', body('mine'))).toEqual({
      object: 'halfspace.value',
      name: 'mine',
    });
    const list = await json<{ data: { name: string }[]; takes_examples: boolean }>('/halfspace/attributes');
    expect(list.takes_examples).toBe(true);
    expect(list.data.map(({ name }) => name)).toContain('mine');
    const steering = { weights: { mine: 3 }, measure: ['mine'] };
    const asked = { model: 'toy', prompt: 'ab', seed: 1, max_tokens: 4, halfspace: steering };
    const { choices } = await json<{ choices: { halfspace: { margins: object } }[] }>(
      '/v1/completions',
      asked,
    );
    expect(choices[0].halfspace.margins).toHaveProperty('mine');
  });

  it('leave shipped names alone, and are no more than eight', async () => {
    const { json } = await addingServer();
    expect((await json<Failure>('/halfspace/values', body('kind'))).error.message).toContain(
      'Take another name',
    );
    for (let i = 0; i < 8; i++) await json('/halfspace/values', body(`mine-${i}`));
    expect((await json<Failure>('/halfspace/values', body('ninth'))).error.message).toContain(
      'There are 8 values',
    );
    expect(await json('/halfspace/values', body('mine-3'))).toHaveProperty('name');
  });

  it('are made one at a time', async () => {
    let finish = (): void => undefined;
    const { ask } = await addingServer(new Promise<void>((resolve) => (finish = resolve)));
    const first = ask('/halfspace/values', body('one'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await ask('/halfspace/values', body('two'))).status).toBe(429);
    finish();
    expect((await first).status).toBe(200);
    expect((await ask('/halfspace/values', body('two'))).status).toBe(200);
  });

  it.each([
    [{ ...body('mine'), good: ['a'] }, 400],
    [body('Not Kebab'), 400],
    [{ ...body('mine'), bad: ['', 'a', 'b'] }, 400],
    [{ ...body('mine'), good: Array.from({ length: 101 }, () => 'a') }, 400],
  ])('are refused of what cannot be: %#', async (given, status) => {
    const { ask } = await addingServer();
    expect((await ask('/halfspace/values', given)).status).toBe(status);
  });

  it('are made only where the server lets requests', async () => {
    const { json } = await toyServer();
    expect((await json<Failure>('/halfspace/values', body('mine'))).error.code).toBe('no_values');
    expect(await json('/halfspace/attributes')).toMatchObject({ judges: [], takes_examples: false });
  });
});

describe('judges', () => {
  const judge = defineJudge({
    name: 'long',
    description: 'the text is long',
    revision: '1',
    desired: 'low',
    threshold: 0.5,
    score: async (texts) => Float64Array.from(texts, ({ completion }) => Math.min(1, completion.length / 10)),
  });

  it('score texts', async () => {
    const { json } = await toyServer({ judges: [judge] });
    expect(await json('/halfspace/judge', { prompt: 'a', completions: ['', 'abcde'] })).toEqual({
      object: 'list',
      data: [
        { name: 'long', description: 'the text is long', desired: 'low', threshold: 0.5, scores: [0, 0.5] },
      ],
    });
    expect(await json('/halfspace/attributes')).toMatchObject({ judges: ['long'] });
  });

  it('are refused where there are none', async () => {
    const { ask } = await toyServer();
    expect((await ask('/halfspace/judge', { completions: ['a'] })).status).toBe(404);
  });
});
