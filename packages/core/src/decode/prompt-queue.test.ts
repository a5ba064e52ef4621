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
