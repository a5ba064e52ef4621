import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beyondBounds } from './json-bounds.js';

const check = (text: string, deepest = 3, most = 5) => beyondBounds(Buffer.from(text), { deepest, most });

describe('the bounds of a JSON text', () => {
  it.each(['[[[1]]]', '{"a":{"b":[]}}', '[1,2,3,4]', '"[[[[[["', '["\\"[[[[", "\\\\"]', '', '{{{', ']]]]'])(
    'hold for %j',
    (text) => expect(check(text)).toBeUndefined(),
  );

  it.each(['[[[[1]]]]', '{"a":{"b":[{}]}}', '[[[{'])('are told of for %j, which is deep', (text) =>
    expect(check(text)).toMatch(/more than 3 deep/),
  );

  it.each(['[1,2,3,4,5]', '[[],[],[]]', ',,,,,,'])('are told of for %j, which is long', (text) =>
    expect(check(text)).toMatch(/more than 5 values/),
  );

  it('count what a text has, however it is written', () => {
    const count = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce<number>((sum, each) => sum + count(each), 1)
        : 1;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = Buffer.from(JSON.stringify(value));
        // An empty list counts as if it had a value.
        const bounds = { deepest: 100, most: 2 * count(value) };
        expect(beyondBounds(json, bounds)).toBeUndefined();
        const few = beyondBounds(json, { ...bounds, most: count(value) - 1 });
        expect(few).toMatch(/values/);
      }),
    );
  });
});
