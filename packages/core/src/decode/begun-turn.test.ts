import { describe, expect, it } from 'vitest';
import { type ChatMessage, defineAttribute, defineFilter, type TextStep } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import { wordFilter } from '../plugins/text-filters.js';
import { createToyBackend } from '../testing/toy-backend.js';

type Asked = Pick<TextStep, 'prompt' | 'prefix'>;

const chat = (begun: string): ChatMessage[] => [
  { role: 'user', content: 'fed' },
  { role: 'assistant', content: begun },
];
const OPTIONS = { maxTokens: 8, samples: 20, topK: 0, topP: 1, seed: 3 };

/** A scoring attribute and a filter that remember what they were asked about. */
async function setUp() {
  const asked: { attribute: Asked[]; filter: Asked[] } = { attribute: [], filter: [] };
  const hearing = defineAttribute({
    name: 'hearing',
    description: 'a test',
    score({ prompt, prefix, candidates }) {
      asked.attribute.push({ prompt, prefix });
      return candidates.map(() => 0);
    },
  });
  const filter = defineFilter({
    name: 'hearing',
    allows({ prompt, prefix, candidates }) {
      asked.filter.push({ prompt, prefix });
      return candidates.map(() => true);
    },
  });
  const backend = createToyBackend();
  return { asked, filter, backend, halfspace: await createHalfspace({ backend, attributes: [hearing] }) };
}

describe('a begun turn', () => {
  it('is gone on with, and `text` has what is new', async () => {
    const { halfspace } = await setUp();
    const figures = async (request: { prompt: string } | { messages: ChatMessage[] }) =>
      (await halfspace.generate({ ...OPTIONS, ...request })).map(
        ({ prompt, text, tokens, logprob, promptTokens }) => ({
          prompt,
          text,
          tokens,
          logprob,
          promptTokens,
        }),
      );
    const found = await figures({ messages: chat('ba') });
    expect(found).toEqual(await figures({ prompt: 'fed ba' }));
    expect(found[0]).toMatchObject({ prompt: 'fed ba', promptTokens: 6 });
  });

  it('is one text with what is written, to attributes and filters', async () => {
    const { halfspace, asked, filter } = await setUp();
    const messages = chat('ba');
    const request = { ...OPTIONS, samples: 1, weights: { hearing: 1 }, filters: [filter] };
    const [{ text }] = await halfspace.generate({ ...request, messages });
    expect(text.length).toBeGreaterThan(1);
    for (const { prompt, prefix } of [...asked.attribute, ...asked.filter]) {
      expect(prompt).toBe('fed ');
      expect(`ba${text}`.startsWith(prefix)).toBe(true);
    }
    expect(asked.attribute[0].prefix).toBe('ba');
    expect(asked.filter[0].prefix).toBe('ba');

    asked.attribute.length = 0;
    await halfspace.generate({ ...request, prompt: 'fed ba' });
    expect(asked.attribute[0]).toEqual({ prompt: 'fed ba', prefix: '' });
  });

  it('is one text with a character that is completed', async () => {
    const bytes = [[0xc3], [0xa9], [0x61], [0x20], []].map((each) => Uint8Array.from(each));
    const backend = createToyBackend({ vocabulary: bytes });
    const prefixes: string[] = [];
    const filter = defineFilter({
      name: 'hearing',
      allows({ prefix, candidates }) {
        prefixes.push(prefix);
        return candidates.map(() => true);
      },
    });
    await (
      await createHalfspace({ backend })
    ).generate({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'aa' },
      ],
      ...OPTIONS,
      filters: [filter],
    });
    expect(prefixes.every((prefix) => prefix.startsWith('aa'))).toBe(true);
  });

  it('is kept from becoming a word that is forbidden', async () => {
    const { halfspace } = await setUp();
    const wholes = async (filters: ReturnType<typeof wordFilter>[]) =>
      (await halfspace.generate({ ...OPTIONS, samples: 60, messages: chat('ba'), filters })).map(
        ({ text }) => `ba${text}`,
      );
    expect((await wholes([])).some((text) => /^bag( |$)/.test(text))).toBe(true);
    expect((await wholes([wordFilter(['bag'])])).some((text) => /^bag( |$)/.test(text))).toBe(false);
  });

  it('is told of where a filter refuses it as it is', async () => {
    const { halfspace } = await setUp();
    const filters = [wordFilter(['bad'])];
    const refused = halfspace.complete({ messages: chat('bad '), filters });
    await expect(refused).rejects.toMatchObject({
      code: 'no-candidate-left',
      message: expect.stringContaining('The turn that was begun counts as text, too.') as string,
    });
  });

  it.each([
    ['a b ', 'a b ', 'a b '],
    ['trimmed', ' a b ', 'a b'],
    ['trimmed in front', ' a b ', 'a b '],
    ['trimmed behind', ' a b ', ' a b'],
  ])('is found where a template has it as it is, or trimmed: %s', async (_, begun, rendered) => {
    const { asked, filter, backend } = await setUp();
    const tokenizer = { ...backend.tokenizer, renderChat: () => `fed|${rendered}` };
    const halfspace = await createHalfspace({ backend: { ...backend, tokenizer } });
    await halfspace.complete({ messages: chat(begun), maxTokens: 1, filters: [filter] });
    expect(asked.filter[0]).toEqual({ prompt: 'fed|', prefix: rendered });
  });

  it('is refused before work where the backend closes it', async () => {
    const { backend } = await setUp();
    const renderChat = (messages: readonly ChatMessage[]) =>
      messages.map(({ content }) => `${content}<end>`).join('');
    const halfspace = await createHalfspace({
      backend: { ...backend, tokenizer: { ...backend.tokenizer, renderChat } },
    });
    await expect(halfspace.generate({ messages: chat('ba') })).rejects.toMatchObject({
      code: 'cannot-continue-turn',
    });
    expect(backend.calls.prefill).toBe(0);
    expect(await halfspace.complete({ messages: chat('ba').slice(0, 1), maxTokens: 1 })).toBeDefined();
  });
});
