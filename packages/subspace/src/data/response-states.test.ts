import { expect, it } from 'vitest';
import { statesAt, type ResponseStates } from './response-states.js';

it('takes the layers one after another: a backend may give all of them in one buffer', () => {
  const shared = new Float32Array(6);
  const response = {
    hidden: (layer: number) => shared.map((_, i) => (shared[i] = 10 * layer + i)) && shared,
  } as unknown as ResponseStates;
  // Three tokens of width 2.
  expect([...statesAt(response, [1, 3], 2)]).toEqual([10, 11, 30, 31, 12, 13, 32, 33, 14, 15, 34, 35]);
  const alone = statesAt(response, [2], 2);
  response.hidden(5);
  expect([...alone]).toEqual([20, 21, 22, 23, 24, 25]);
});
