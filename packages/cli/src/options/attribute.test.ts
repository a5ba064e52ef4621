import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AttributeChoice,
  collectAttributes,
  collectConstant,
  collectNames,
  isAttributePath,
  parseAttribute,
} from './attribute.js';

const name = fc.stringMatching(/^[a-z]+(-[a-z]+)*$/);
const path = fc.stringMatching(/^[a-z=.]*\/[a-z=./]*[a-z]\.json$/);
const directory = fc.stringMatching(/^\.\/[a-z]+(=[a-z]+\/[a-z]+)?$/);
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const schedule = fc.constantFrom(
  '4-3*progress',
  'step >= 10 ? 2 : 1',
  '4/(1+step)',
  'step == 3 or step <= 1',
  '0.5^step',
);

describe('parseAttribute', () => {
  it('takes names and paths apart from their weight', () => {
    fc.assert(
      fc.property(fc.oneof(name, path, directory), fc.oneof(number, schedule), (source, value) => {
        expect(parseAttribute(source)).toEqual({ source });
        const weight = typeof value === 'number' ? value + 0 : value;
        expect(parseAttribute(`${source}=${value}`)).toEqual({ source, weight });
      }),
    );
  });

  it('does not take a path for a weight, or a weight for a path', () => {
    expect(parseAttribute('./formal.json=2')).toEqual({ source: './formal.json', weight: 2 });
    expect(parseAttribute('./formal=2')).toEqual({ source: './formal', weight: 2 });
    expect(parseAttribute('./formal.js')).toEqual({ source: './formal.js' });
    expect(parseAttribute('runs/a=b/c.json')).toEqual({ source: 'runs/a=b/c.json' });
    expect(parseAttribute('a=b.json')).toEqual({ source: 'a=b.json' });
    expect(parseAttribute('a=b')).toEqual({ source: 'a', weight: 'b' });
    expect(parseAttribute('a=1/c=2.json=0.5')).toEqual({ source: 'a=1/c=2.json', weight: 0.5 });
  });

  it.each(['nontoxic=', 'nontoxic= ', './formal=', '', '=2'])('refuses %j', (text) => {
    expect(() => parseAttribute(text)).toThrow(/weight must be|Name an attribute/);
  });

  it('collects what is given several times, in order', () => {
    const choices = ['kind', 'calm=0'].reduce<AttributeChoice[]>(
      (earlier, text) => collectAttributes(text, earlier),
      [],
    );
    expect(choices).toEqual([{ source: 'kind' }, { source: 'calm', weight: 0 }]);
  });
});

it('takes numbers alone where schedules have no meaning, and nothing where weights have none', () => {
  expect(collectConstant('calm', collectConstant('kind=-2'))).toEqual([
    { source: 'kind', weight: -2 },
    { source: 'calm', weight: 1 },
  ]);
  expect(() => collectConstant('kind=step')).toThrow(/must be a number here/);
  expect(collectNames('kind', undefined)).toEqual([{ source: 'kind' }]);
  expect(() => collectNames('kind=1', undefined)).toThrow(/no meaning/);
});

describe('isAttributePath', () => {
  it('knows a path by its slash or its ending', () => {
    expect(['./a', 'a/b', 'a.json', '/a', '..\\a', 'a.js', 'a.mjs', 'a.ts'].every(isAttributePath)).toBe(
      true,
    );
    expect(['nontoxic', 'self-harm', 'ajs'].some(isAttributePath)).toBe(false);
  });
});
