import { createHalfspace } from '@halfspace/core';
import { createToyBackend, toyAttribute } from '@halfspace/core/testing';
import { createServer } from '@halfspace/serve';
import { expect, it } from 'vitest';
import { createChain, createExtractor, createModel } from '../examples/langchain/chain.js';

const VOCABULARY = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), new Uint8Array()];

async function setUp() {
  const backend = createToyBackend({ vocabulary: VOCABULARY, contextLength: 400, endLogit: 2 });
  const halfspace = await createHalfspace({ backend, attributes: [toyAttribute('kind', 0)] });
  const server = createServer({ halfspace, model: 'toy' });
  const send: typeof fetch = async (input, init) => server.fetch(new Request(input, init));
  return { halfspace, send };
}

it('the chain writes what the model writes, steered by weights', async () => {
  const { halfspace, send } = await setUp();
  const weights = { kind: 3 };
  const model = createModel({ model: 'toy', weights, seed: 2, maxTokens: 9, fetch: send });
  const found = await createChain(model).invoke({ who: 'a friend' });
  const messages = [
    { role: 'system' as const, content: 'You describe people in one sentence.' },
    { role: 'user' as const, content: 'Describe a friend.' },
  ];
  expect(found).toBe((await halfspace.complete({ messages, weights, seed: 2, maxTokens: 9 })).text);
});

it('objects are of the schema', async () => {
  const { send } = await setUp();
  const model = createModel({ model: 'toy', seed: 2, maxTokens: 200, fetch: send });
  const { mood, age } = (await createExtractor(model).invoke('Who?')) as { mood: string; age: number };
  expect(['calm', 'angry', 'glad']).toContain(mood);
  expect(age).toBeGreaterThanOrEqual(0);
  expect(age).toBeLessThanOrEqual(120);
});
