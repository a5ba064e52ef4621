import { expect, it } from 'vitest';
import { createToyBackend } from '../testing/toy-backend.js';
import { createPromptQueue, type PromptListener } from './prompt-queue.js';

it('a prompt that comes while others are run waits for the next call', async () => {
  const toy = createToyBackend();
  const done: string[] = [];
  const listener = (name: string): PromptListener => ({
    onDone: ({ context }) => void done.push(`${name} ${context.length}`),
    onFailure(error) {
      throw error;
    },
  });
  let isFirst = true;
  const queue = createPromptQueue({
    ...toy,
    async prefill(requests, options) {
      if (isFirst) queue.add({ tokens: [1, 2], rowsPerStep: 1 }, listener('late'));
      isFirst = false;
      return toy.prefill(requests, options);
    },
  });
  // So few rows that the first prompt stays, and the list of those that wait is the same one.
  queue.add({ tokens: [1, 2, 3, 4], rowsPerStep: 1 }, listener('early'));
  await queue.advance(2);
  expect(queue.size).toBe(2);
  while (queue.size > 0) await queue.advance(8);
  expect(done.toSorted()).toEqual(['early 4', 'late 2']);
});

/** What becomes of prompts, by their names. */
function listening() {
  const heard: Record<string, string> = {};
  const listener = (name: string): PromptListener => ({
    onDone: ({ context }) => void (heard[name] = `${context.length} tokens`),
    onFailure: (error) => void (heard[name] = (error as Error).message),
  });
  return { heard, listener };
}

it('an error that nobody expects fails the prompt that meets it, and no other', async () => {
  const toy = createToyBackend();
  const queue = createPromptQueue({
    ...toy,
    release(context) {
      toy.release(context);
      if (context.length === 3) throw new Error('released badly');
    },
  });
  const { heard, listener } = listening();
  queue.add({ tokens: [1, 2, 3, 4, 5], rowsPerStep: 1 }, listener('met'));
  queue.add({ tokens: [2, 3], rowsPerStep: 1 }, listener('other'));
  await queue.advance(3);
  while (queue.size > 0) await queue.advance(2);
  expect(heard).toEqual({ met: 'released badly', other: '2 tokens' });
  expect(toy.open).toBe(1);
});

it('all prompts that wait can be failed', async () => {
  const toy = createToyBackend();
  const queue = createPromptQueue(toy);
  const { heard, listener } = listening();
  queue.add({ tokens: [1, 2, 3], rowsPerStep: 1 }, listener('begun'));
  queue.add({ tokens: [2, 3], rowsPerStep: 1 }, listener('waits'));
  await queue.advance(1);
  queue.fail(new Error('all of it'));
  expect(heard).toEqual({ begun: 'all of it', waits: 'all of it' });
  expect([queue.size, toy.open]).toEqual([0, 0]);
});
