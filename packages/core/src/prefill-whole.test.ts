import { describe, expect, it } from 'vitest';
import type { Backend } from '@halfspace/contracts';
import { prefillWhole } from './prefill-whole.js';
import { createToyBackend, toyHidden } from './testing/toy-backend.js';

const tokens = Array.from({ length: 150 }, (_, i) => i % 7);

describe('prefillWhole', () => {
  it('runs a prompt in slices, and has the hidden states from where they are wanted', async () => {
    const backend = createToyBackend({ contextLength: 200 });
    const slices: number[] = [];
    const watched: Backend = {
      ...backend,
      async prefill(requests, options) {
        slices.push(requests[0].after?.length ?? 0);
        return backend.prefill(requests, options);
      },
    };
    const whole = await prefillWhole(watched, { tokens, rowsPerStep: 1, layers: [1], from: 60 });
    expect(slices).toEqual([0, 64, 128]);
    expect(whole.context.length).toBe(150);
    expect(backend.open).toBe(1);
    expect(backend.promptRows).toBe(150);
    const wanted = tokens.slice(60).flatMap((_, i) => toyHidden(tokens.slice(0, 61 + i)));
    expect([...whole.hidden(1)]).toEqual(wanted);
    backend.release(whole.context);
  });

  it('looks at the signal between slices, and leaves nothing behind', async () => {
    const backend = createToyBackend({ contextLength: 200 });
    const controller = new AbortController();
    const stopping: Backend = {
      ...backend,
      async prefill(requests, options) {
        if (backend.calls.prefill === 1) controller.abort();
        return backend.prefill(requests, options);
      },
    };
    const run = prefillWhole(stopping, { tokens, rowsPerStep: 1 }, controller.signal);
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    expect(backend.calls.prefill).toBe(2);
    expect(backend.open).toBe(0);
  });

  it('gives back what it has when a slice fails', async () => {
    const backend = createToyBackend({ contextLength: 200 });
    const failing: Backend = {
      ...backend,
      async prefill(requests, options) {
        if (backend.calls.prefill === 2) throw new Error('no more');
        return backend.prefill(requests, options);
      },
    };
    await expect(prefillWhole(failing, { tokens, rowsPerStep: 1 })).rejects.toThrow('no more');
    expect(backend.open).toBe(0);
  });
});
