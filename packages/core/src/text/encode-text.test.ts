import { describe, expect, it } from 'vitest';
import { type Backend, defineAttribute, type Tokenizer } from '@halfspace/contracts';
import { encodePrompt, withControlTokens } from './encode-text.js';
import { createHalfspace } from '../plugins/container.js';
import { encodeResponse } from '../score.js';
import { createToyBackend, toyTokenizer } from '../testing/toy-backend.js';

const END = 8;

/** The toy with a control token that texts may spell `!`, and which templates write after each message. */
const old: Tokenizer = {
  ...toyTokenizer,
  encode: (text, { controlTokens = true, continues = false } = {}) => [
    ...(continues ? [] : [7]),
    ...text
      .split('!')
      .flatMap((part, at) => [...(at === 0 ? [] : [controlTokens ? END : 6]), ...toyTokenizer.encode(part)]),
  ],
  renderChat: (messages) => messages.map(({ content }) => `${content}!`).join(''),
};
const tokenizer: Tokenizer = {
  ...old,
  encodeChat: (messages) => [
    7,
    ...messages.flatMap(({ content }) => [
      ...old.encode(content, { controlTokens: false, continues: true }),
      END,
    ]),
  ],
};

function createBackend(contextLength = 64): { backend: Backend; prompts: number[][] } {
  const toy = createToyBackend({ contextLength });
  const prompts: number[][] = [];
  const backend: Backend = {
    ...toy,
    tokenizer,
    prefill: async (requests, options) => {
      prompts.push(...requests.map(({ tokens }) => [...tokens]));
      return toy.prefill(requests, options);
    },
  };
  return { backend, prompts };
}

const kind = defineAttribute({
  name: 'kind',
  description: 'toy',
  subspaces: [
    {
      model: 'toy-fingerprint',
      layers: [1],
      direction: Float32Array.of(1, 0, 0, 0),
      offset: 0,
      calibration: { slope: 1, intercept: 0 },
    },
  ],
});

describe('what is given to a model', () => {
  it.each([
    ['a prompt', { prompt: 'a!b' }, [7, 0, 6, 1], [7, 0, END, 1]],
    ['a prompt among several', { prompts: ['a!b'] }, [7, 0, 6, 1], [7, 0, END, 1]],
    [
      'messages',
      { messages: [{ role: 'user', content: 'a!b' }] },
      [7, 0, 6, 1, END],
      [7, 0, END, 1, END],
    ] as const,
  ])('is text in %s, unless control tokens are meant', async (_, prompt, text, meant) => {
    const { backend, prompts } = createBackend();
    const halfspace = await createHalfspace({ backend });
    await halfspace.generate({ ...prompt, maxTokens: 1 });
    await halfspace.generate({ ...prompt, maxTokens: 1, controlTokens: true });
    const meaning = await createHalfspace({ backend: withControlTokens(backend) });
    await meaning.generate({ ...prompt, maxTokens: 1 });
    expect(prompts).toEqual([text, meant, meant]);
  });

  it('is read as it would be written where it is scored', async () => {
    const { backend, prompts } = createBackend();
    const halfspace = await createHalfspace({ backend, attributes: [kind] });
    await halfspace.score({ prompt: 'a', response: '!b', measure: ['kind'] });
    await halfspace.score({ prompt: 'a', response: '!b', measure: ['kind'], controlTokens: true });
    expect(prompts).toEqual([
      [7, 0, 6, 1],
      [7, 0, END, 1],
    ]);
    const empty = halfspace.score({ prompt: 'a', response: '', measure: ['kind'] });
    await expect(empty).rejects.toThrow(expect.objectContaining({ code: 'empty-response' }));
    const chat = encodeResponse(backend, [{ role: 'user', content: '!' }], 'a');
    expect(chat).toEqual({ tokens: [7, 6, END, 0], start: 3 });
  });

  it('is a whole text where a response goes on from nothing, which may begin with a space', () => {
    const spaced: Tokenizer = {
      ...tokenizer,
      encode: (text, options) =>
        tokenizer.encode(options?.continues === true || text === '' ? text : `f${text}`, options),
    };
    const backend = { ...createBackend().backend, tokenizer: spaced };
    expect(encodeResponse(backend, '', 'a')).toEqual({ tokens: [7, 5, 0], start: 1 });
    expect(encodeResponse(backend, 'b', 'a')).toEqual({ tokens: [7, 5, 1, 0], start: 3 });
    expect(() => encodeResponse(backend, '', '')).toThrow(
      expect.objectContaining({ code: 'empty-response' }),
    );
  });

  it('is rendered and read whole by a tokenizer that knows no better', () => {
    expect(encodePrompt(old, [{ role: 'user', content: 'a!' }])).toEqual({
      text: 'a!!',
      tokens: [7, 0, END, END],
    });
  });

  it('is refused before it is encoded where it is certainly too long', async () => {
    const { backend } = createBackend(16);
    const long: Tokenizer = {
      ...tokenizer,
      fewestTokens: (text) => text.length,
      encode: () => {
        throw new Error('was encoded');
      },
    };
    const halfspace = await createHalfspace({ backend: { ...backend, tokenizer: long }, attributes: [kind] });
    const text = 'a'.repeat(100);
    const tooLong = expect.objectContaining({ code: 'context-overflow' });
    await expect(halfspace.generate({ prompt: text })).rejects.toThrow(tooLong);
    const messages = [{ role: 'user' as const, content: text }];
    await expect(halfspace.generate({ messages })).rejects.toThrow(tooLong);
    await expect(halfspace.score({ response: text, measure: ['kind'] })).rejects.toThrow(tooLong);
  });
});
