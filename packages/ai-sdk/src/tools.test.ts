import { generateText, stepCountIs, streamText, tool, type ToolSet } from 'ai';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createHalfspace } from '@halfspace/core';
import { createToyBackend } from '@halfspace/core/testing';
import { createHalfspaceProvider } from './index.js';

const VOCABULARY = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), new Uint8Array()];
const toolCalls = { open: '<tool_call>\n', close: '\n</tool_call>', argumentsKey: 'arguments' };
const inputSchema = z.object({ mood: z.enum(['calm', 'glad']) });

async function setUp() {
  const backend = createToyBackend({ vocabulary: VOCABULARY, contextLength: 1500, endLogit: 3, toolCalls });
  const halfspace = await createHalfspace({ backend, attributes: [] });
  return createHalfspaceProvider({ models: { toy: halfspace } })('toy');
}

it('tools are called by their schemas, and what they answer is read', async () => {
  const model = await setUp();
  const looked: string[] = [];
  const look = tool({
    inputSchema,
    execute: ({ mood }) => {
      looked.push(mood);
      return { found: mood };
    },
  });
  const { steps } = await generateText({
    model,
    prompt: 'What is there?',
    tools: { look },
    toolChoice: 'required',
    stopWhen: stepCountIs(2),
    seed: 1,
  });
  expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'tool-calls']);
  expect(steps[0].text).toBe('');
  expect(steps[0].toolCalls).toMatchObject([{ toolName: 'look', input: { mood: looked[0] } }]);
  expect(['calm', 'glad']).toContain(looked[0]);
});

it('a stream has the parts of a call, and its input as it comes', async () => {
  const model = await setUp();
  const { fullStream } = streamText({
    model,
    prompt: 'What is there?',
    tools: { look: tool({ inputSchema }), other: tool({ inputSchema }) },
    toolChoice: { type: 'tool', toolName: 'look' },
    seed: 2,
  });
  let input = '';
  const types = new Set<string>();
  for await (const part of fullStream) {
    types.add(part.type);
    if (part.type === 'tool-input-delta') input += part.delta;
    if (part.type === 'tool-call') expect(part).toMatchObject({ toolName: 'look', input: JSON.parse(input) });
  }
  for (const type of ['tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call'])
    expect(types).toContain(type);
  expect(types).not.toContain('text-delta');
});

it('a call that is cut off is none', async () => {
  const model = await setUp();
  const call = generateText({
    model,
    prompt: 'a',
    tools: { look: tool({ inputSchema }) },
    toolChoice: 'required',
    maxOutputTokens: 45,
  });
  await expect(call).rejects.toThrow(/did not contain a tool call/);
});

it('without a call there is text', async () => {
  const model = await setUp();
  const request = {
    model,
    prompt: 'a',
    tools: { look: tool({ inputSchema }) } as ToolSet,
    maxOutputTokens: 20,
    seed: 1,
  };
  const { text, finishReason } = await generateText(request);
  expect(text).not.toBe('');
  expect(finishReason).not.toBe('tool-calls');
  expect(await streamText(request).text).toBe(text);
});
