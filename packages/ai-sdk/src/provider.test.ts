import {
  generateObject,
  generateText,
  NoObjectGeneratedError,
  Output,
  streamText,
  tool,
  type ToolSet,
} from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHalfspace, defineAttribute, type Halfspace } from '@halfspace/core';
import { createToyBackend } from '@halfspace/core/testing';
import { createHalfspaceProvider, steer } from './index.js';
import { asV4 } from './v4.js';

const VOCABULARY = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), new Uint8Array()];

const kind = defineAttribute({
  name: 'kind',
  description: 'a test',
  subspaces: [
    {
      model: 'toy-fingerprint',
      layers: [1],
      direction: Float32Array.of(1, 0, 0, 0),
      offset: 0,
      calibration: { slope: 2, intercept: 0 },
    },
  ],
});

async function setUp(endLogit = -20) {
  const backend = createToyBackend({ vocabulary: VOCABULARY, contextLength: 300, endLogit });
  const made = await createHalfspace({ backend, attributes: [kind] });
  const provider = createHalfspaceProvider({ models: { toy: made } });
  return { backend, made, provider, model: provider('toy') };
}

const letters = steer({ grammar: 'root ::= [a-z ]*' });
const weighted = steer<'kind'>({ weights: { kind: 3 }, grammar: 'root ::= [a-z ]*' });

describe('generateText', () => {
  it('gives text, usage, the reason and margins', async () => {
    const { model } = await setUp();
    const { text, usage, finishReason, providerMetadata, warnings, response } = await generateText({
      model,
      prompt: 'hello',
      maxOutputTokens: 12,
      seed: 3,
      providerOptions: weighted,
    });
    expect(text).toMatch(/^[a-z ]{12}$/);
    expect(finishReason).toBe('length');
    expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 12, totalTokens: 17 });
    expect(usage.inputTokenDetails).toMatchObject({ cacheReadTokens: 0, noCacheTokens: 5 });
    const halfspace = providerMetadata?.['halfspace'] as Record<string, Record<string, { mean: number }>>;
    expect(halfspace['margins']['kind'].mean).toEqual(expect.any(Number));
    expect(halfspace).toMatchObject({ seed: 3, kl: expect.any(Number), evaluations: expect.any(Number) });
    expect(warnings).toEqual([]);
    expect(response.modelId).toBe('toy');
  });

  it('is the same with the same seed, and steered by weights', async () => {
    const { model } = await setUp();
    const once = async (options: { seed?: number; providerOptions?: typeof letters }) =>
      (
        await generateText({
          model,
          prompt: 'hello',
          maxOutputTokens: 20,
          providerOptions: letters,
          ...options,
        })
      ).text;
    expect(await once({ seed: 1 })).toBe(await once({ seed: 1 }));
    expect(await once({ seed: 1 })).not.toBe(await once({ seed: 2 }));
    expect(await once({})).not.toBe(await once({}));
    expect(await once({ seed: 1, providerOptions: weighted })).not.toBe(await once({ seed: 1 }));
  });

  it('takes conversations, stop texts, temperature, topP and topK', async () => {
    const { model, made } = await setUp();
    const options = { maxOutputTokens: 30, seed: 1, temperature: 0.7, topP: 0.8, topK: 5 };
    const { text } = await generateText({
      model,
      system: 'Be kind.',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'hello' }] },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: 'yes' },
          ],
        },
        { role: 'user', content: 'and?' },
      ],
      ...options,
    });
    const same = await made.complete({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'yes' },
        { role: 'user', content: 'and?' },
      ],
      maxTokens: 30,
      seed: 1,
      temperature: 0.7,
      topP: 0.8,
      topK: 5,
    });
    expect(text).toBe(same.text);
    const stop = await generateText({
      model,
      prompt: 'a',
      seed: 1,
      maxOutputTokens: 300,
      stopSequences: ['e'],
      providerOptions: letters,
    });
    expect(stop.finishReason).toBe('stop');
    expect(stop.text).not.toContain('e');
  });

  it('warns of what was set and is not done, and of nothing else', async () => {
    const { model } = await setUp();
    const { warnings } = await generateText({
      model,
      prompt: 'a',
      maxOutputTokens: 2,
      presencePenalty: 1,
      frequencyPenalty: 0.5,
    });
    expect(warnings?.map((each) => 'feature' in each && each.feature)).toEqual([
      'presencePenalty',
      'frequencyPenalty',
    ]);
  });

  it('refuses what cannot be done, and says so', async () => {
    const { model, provider } = await setUp();
    const tools = { look: tool({ inputSchema: z.object({}) }) } as ToolSet;
    await expect(generateText({ model, prompt: 'a', tools })).rejects.toThrow(/call no tools/);
    const none = await generateText({ model, prompt: 'a', maxOutputTokens: 2, tools, toolChoice: 'none' });
    expect(none.warnings).toEqual([]);
    const image = [{ type: 'image' as const, image: new Uint8Array([0x89, 0x50, 0x4e, 0x47]) }];
    await expect(generateText({ model, messages: [{ role: 'user', content: image }] })).rejects.toThrow(
      /files \(image\/png\)/,
    );
    const misspelt = { halfspace: { wieghts: {} } };
    await expect(generateText({ model, prompt: 'a', providerOptions: misspelt })).rejects.toThrow(
      /Did you mean "weights"/,
    );
    await expect(
      generateText({ model, prompt: 'a', providerOptions: steer({ weights: { kid: 1 } }) }),
    ).rejects.toMatchObject({ code: 'unknown-attribute' });
    expect(() => provider('none')).toThrow(/none/);
    expect(() => provider.embeddingModel('toy')).toThrow(/embeddingModel/);
  });

  it('throws what ended a completion', async () => {
    const { model } = await setUp();
    const never = steer({ grammar: 'root ::= "a"', forbid: ['a'] });
    await expect(generateText({ model, prompt: 'a', providerOptions: never })).rejects.toMatchObject({
      code: 'no-candidate-left',
    });
  });

  it('ends with what it was aborted with', async () => {
    const { model, backend } = await setUp();
    const abortSignal = AbortSignal.timeout(50);
    await expect(
      generateText({ model, prompt: 'a', maxOutputTokens: 290, abortSignal }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect.poll(() => backend.open).toBe(0);
  });
});

describe('streamText', () => {
  it('gives the text that generateText gives, in parts, and the same figures', async () => {
    const { model } = await setUp();
    const options = { model, prompt: 'hello', maxOutputTokens: 15, seed: 3, providerOptions: weighted };
    const stream = streamText(options);
    const parts: string[] = [];
    for await (const part of stream.textStream) parts.push(part);
    const whole = await generateText(options);
    expect(parts.join('')).toBe(whole.text);
    expect(parts.length).toBeGreaterThan(5);
    expect(await stream.usage).toEqual(whole.usage);
    expect(await stream.finishReason).toBe(whole.finishReason);
    expect((await stream.providerMetadata)?.['halfspace']?.['margins']).toEqual(
      whole.providerMetadata?.['halfspace']?.['margins'],
    );
  });

  it('has margins with its parts', async () => {
    const { model } = await setUp();
    const providerOptions = steer({ weights: { kind: 1 }, grammar: 'root ::= [a-z]*' });
    const stream = streamText({ model, prompt: 'hello', maxOutputTokens: 5, providerOptions });
    const found: unknown[] = [];
    for await (const part of stream.fullStream)
      if (part.type === 'text-delta') found.push(part.providerMetadata?.['halfspace']?.['margins']);
    expect(found).toHaveLength(5);
    for (const each of found) expect(each).toEqual({ kind: expect.any(Number) });
  });

  it('stops the work when it is aborted or left', async () => {
    const { model, backend } = await setUp();
    const controller = new AbortController();
    const stream = streamText({
      model,
      prompt: 'hello',
      maxOutputTokens: 290,
      abortSignal: controller.signal,
      onError: () => undefined,
    });
    for await (const _ of stream.textStream) controller.abort();
    await expect.poll(() => backend.open).toBe(0);
    expect(backend.calls.next).toBeLessThan(200);
  });

  it('says what went wrong', async () => {
    const { model } = await setUp();
    const errors: unknown[] = [];
    const providerOptions = steer({ weights: { kid: 1 } });
    const stream = streamText({
      model,
      prompt: 'a',
      providerOptions,
      onError: ({ error }) => void errors.push(error),
    });
    await stream.consumeStream();
    expect(errors).toEqual([expect.objectContaining({ code: 'unknown-attribute' })]);
  });
});

describe('objects', () => {
  const schema = z.object({
    mood: z.enum(['calm', 'glad']),
    count: z.number().int().min(1).max(9),
    note: z.string().max(5).optional(),
  });

  it('are those of the schema, steered or not', async () => {
    const { model } = await setUp(3);
    for (const providerOptions of [steer({}), steer({ weights: { kind: 2 } })]) {
      const { object, finishReason } = await generateObject({
        model,
        schema,
        prompt: 'a',
        seed: 2,
        providerOptions,
      });
      expect(schema.parse(object)).toEqual(object);
      expect(finishReason).toBe('stop');
      const { output } = await generateText({
        model,
        output: Output.object({ schema }),
        prompt: 'a',
        seed: 2,
        providerOptions,
      });
      expect(output).toEqual(object);
    }
  });

  it('that are cut off are none', async () => {
    const { model } = await setUp();
    const cut = generateObject({ model, schema, prompt: 'a', maxOutputTokens: 5 });
    await expect(cut).rejects.toSatisfy((error) => NoObjectGeneratedError.isInstance(error));
  });

  it('are refused beside a grammar, and where a schema cannot be kept', async () => {
    const { model } = await setUp();
    await expect(generateObject({ model, schema, prompt: 'a', providerOptions: letters })).rejects.toThrow(
      /Leave one of them out/,
    );
    const odd = z.object({ share: z.number().multipleOf(0.1) });
    await expect(generateObject({ model, schema: odd, prompt: 'a' })).rejects.toMatchObject({
      code: 'bad-schema',
    });
  });
});

describe('a provider', () => {
  it('makes a model once, when it is first used, and disposes of what it has made', async () => {
    const { made } = await setUp();
    let count = 0;
    let disposed = 0;
    const provider = createHalfspaceProvider({
      models: {
        late: async (): Promise<Halfspace> => {
          count++;
          if (count === 1) throw new Error('no network');
          return { ...made, dispose: async () => void disposed++ };
        },
      },
    });
    const once = async () =>
      generateText({ model: provider('late'), prompt: 'a', maxOutputTokens: 1, maxRetries: 0 });
    expect(count).toBe(0);
    await expect(once()).rejects.toThrow('no network');
    await Promise.all([once(), once()]);
    expect(count).toBe(2);
    await provider.dispose();
    expect(disposed).toBe(1);
  });

  it('of version 4 has the same models', async () => {
    const { provider } = await setUp();
    const newer = asV4(provider);
    expect(newer.specificationVersion).toBe('v4');
    const model = newer('toy');
    expect(model).toMatchObject({ specificationVersion: 'v4', modelId: 'toy', provider: 'halfspace' });
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'a' }] }];
    const { content } = await model.doGenerate({ prompt, maxOutputTokens: 3 });
    expect(content).toHaveLength(1);
  });
});
