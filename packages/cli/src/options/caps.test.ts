import { expect, it } from 'vitest';
import { collectCaps, type CapFlags } from './caps.js';

const collected = (...texts: readonly string[]) =>
  texts.reduce<CapFlags | undefined>((caps, text) => collectCaps(text, caps), undefined);

it('collects the cap of all attributes and those of some', () => {
  expect(collected('0.5')).toEqual({ all: 0.5, own: {} });
  expect(collected('1', 'none')).toEqual({ all: Infinity, own: {} });
  expect(collected('truthful=1', '0', 'runs/a=b/calm.json=none', 'truthful=2')).toEqual({
    all: 0,
    own: { truthful: 2, 'runs/a=b/calm.json': Infinity },
  });
});

it.each(['', 'much', '-1', 'Infinity', 'kind=', 'kind=-1', '=1'])('refuses %j', (text) => {
  expect(() => collectCaps(text)).toThrow(/must be a number|Name the attribute/);
});
