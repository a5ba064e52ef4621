import { describe, expect, it } from 'vitest';
import { defineAttribute } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import type { StreamEvent } from './completion.js';

const failing = defineAttribute({
  name: 'failing',
  description: 'a test',
  score({ prefix, candidates }) {
    if (prefix.length > 3) throw new Error('no');
    return candidates.map(() => 0);
  },
});
const FAILING = { prompt: 'abc', maxTokens: 30, weights: { failing: 0 } };
const OPTIONS = { prompt: 'abc', maxTokens: 12, weights: { kind: 1 }, seed: 4 };

async function setUp() {
  const backend = createToyBackend();
  return {
    backend,
    halfspace: await createHalfspace({ backend, attributes: [toyAttribute('kind', 0), failing] }),
  };
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Without what differs from run to run. */
const timeless = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'timing' ? undefined : each)));

describe('complete', () => {
  it('gives the one completion of generate', async () => {
    const { halfspace, backend } = await setUp();
    const [expected] = await halfspace.generate(OPTIONS);
    expect(timeless(await halfspace.complete(OPTIONS))).toEqual(timeless(expected));
    expect(backend.open).toBe(0);
  });

  it('throws the error of the completion', async () => {
    const { halfspace, backend } = await setUp();
    const [{ error }] = await halfspace.generate(FAILING);
    await expect(halfspace.complete(FAILING)).rejects.toMatchObject({
      code: 'attribute-failed',
      message: error?.message,
    });
    expect(backend.open).toBe(0);
  });

  it.each([
    [{ prompt: 'a', samples: 2 }, /complete gives one completion, .* ask for 2/],
    [{ prompts: ['a', 'b', 'c'], samples: 2 }, /ask for 6/],
    [{ prompt: 'a', sampels: 2 }, /samples/],
  ])('refuses %j before any work', async (options, message) => {
    const { halfspace, backend } = await setUp();
    await expect(halfspace.complete(options as { prompt: string })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(message) as string,
    });
    expect(backend.calls.prefill).toBe(0);
  });

  it('takes lists of one, where types are not looked at', async () => {
    const { halfspace } = await setUp();
    const one = { ...OPTIONS, prompt: undefined, prompts: ['abc'], samples: 1 } as unknown as typeof OPTIONS;
    expect((await halfspace.complete(one)).text).toBe((await halfspace.complete(OPTIONS)).text);
  });
});

describe('stream().text', () => {
  it('is the text of the completion, piece by piece', async () => {
    const { halfspace } = await setUp();
    const pieces = await listOf(halfspace.stream(OPTIONS).text);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe((await halfspace.complete(OPTIONS)).text);
  });

  it('throws the error of the completion after its text', async () => {
    const { halfspace } = await setUp();
    const [failed] = await halfspace.generate(FAILING);
    const stream = halfspace.stream(FAILING);
    let text = '';
    const reading = (async () => {
      for await (const piece of stream.text) text += piece;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'attribute-failed' });
    expect(text).toBe(failed.text);
    expect(timeless(await stream.completions)).toEqual(timeless([failed]));
  });

  it('is refused where there are several completions', async () => {
    const { halfspace, backend } = await setUp();
    const stream = halfspace.stream({ ...OPTIONS, samples: 2 });
    await expect(listOf(stream.text)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining('stream().text gives one completion') as string,
    });
    expect(backend.calls.prefill).toBe(0);
    expect(await stream.completions).toHaveLength(2);
  });

  it('ends the work where its loop is left', async () => {
    const { halfspace, backend } = await setUp();
    const stream = halfspace.stream({ ...OPTIONS, maxTokens: 50 });
    for await (const _ of stream.text) break;
    expect(backend.open).toBe(0);
    const { lookAhead } = backend.calls;
    expect(await listOf(stream)).toEqual([]);
    await expect(stream.completions).rejects.toMatchObject({ code: 'aborted' });
    expect(backend.calls.lookAhead).toBe(lookAhead);
  });
});

describe('the completions of a stream', () => {
  const many = { prompts: ['abc', 'fed'], samples: 3, maxTokens: 9, seed: 2 };

  it('come without a loop, in order', async () => {
    const { halfspace } = await setUp();
    expect(timeless(await halfspace.stream(many).completions)).toEqual(
      timeless(await halfspace.generate(many)),
    );
  });

  it.each(['before', 'within', 'after'] as const)(
    'may be asked for %s a loop, which has all events',
    async (when) => {
      const { halfspace } = await setUp();
      const expected = timeless(await listOf(halfspace.stream(many)));
      const stream = halfspace.stream(many);
      if (when === 'before') void stream.completions;
      const events: StreamEvent[] = [];
      for await (const event of stream) {
        events.push(event);
        if (when === 'within' && events.length === 3) expect(await stream.completions).toHaveLength(6);
      }
      expect(timeless(events)).toEqual(expected);
      expect(timeless(await stream.completions)).toEqual(timeless(await halfspace.generate(many)));
      expect(stream.completions).toBe(stream.completions);
    },
  );

  it('are rejected with what ends the work, which the loop hears of, too', async () => {
    const { halfspace } = await setUp();
    const stream = halfspace.stream({ prompt: '' });
    const { completions } = stream;
    await expect(listOf(stream)).rejects.toMatchObject({ code: 'empty-prompt' });
    await expect(completions).rejects.toMatchObject({ code: 'empty-prompt' });
    expect(await listOf(stream)).toEqual([]);
  });

  it('do no work before they are asked for', async () => {
    const { halfspace, backend } = await setUp();
    const stream = halfspace.stream(many);
    expect(backend.calls.prefill).toBe(0);
    await stream.return();
    expect(await listOf(stream)).toEqual([]);
    expect(backend.calls.prefill).toBe(0);
  });
});

describe('await using', () => {
  it('frees the model at the end of the block', async () => {
    const disposals: string[] = [];
    const backend = { ...createToyBackend(), dispose: async () => void disposals.push('backend') };
    {
      await using halfspace = await createHalfspace({ backend });
      await halfspace.complete({ prompt: 'abc', maxTokens: 2 });
      expect(disposals).toEqual([]);
    }
    expect(disposals).toEqual(['backend']);
  });

  it('ends a stream at the end of the block', async () => {
    const { halfspace, backend } = await setUp();
    {
      await using stream = halfspace.stream({ ...OPTIONS, maxTokens: 50 });
      await stream.next();
      expect(backend.open).toBeGreaterThan(0);
    }
    expect(backend.open).toBe(0);
  });
});
