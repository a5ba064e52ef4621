import { expect, it } from 'vitest';
import { parseShard } from './shard.js';

it('reads a part of a whole', () => {
  expect(parseShard('1/1')).toEqual({ index: 1, of: 1 });
  expect(parseShard('3/16')).toEqual({ index: 3, of: 16 });
});

it.each(['', '1', '0/4', '5/4', '1/0', '1.5/4', '-1/4', '1/4/4', '1/99999'])('refuses %j', (text) => {
  expect(() => parseShard(text)).toThrow('as in 1/4');
});
