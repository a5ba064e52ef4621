import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAttributes, isAttributePath, parseAttribute } from './attribute.js';

const name = fc.stringMatching(/^[a-z]+(-[a-z]+)*$/);
const path = fc.stringMatching(/^[a-z=.]*\/[a-z=./]*[a-z]\.json$/);
const weight = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });

describe('parseAttribute', () => {
  it('takes names and paths apart from their weight', () => {
    fc.assert(
      fc.property(fc.oneof(name, path), weight, (source, value) => {
        expect(parseAttribute(source)).toEqual({ source, weight: 1 });
        expect(parseAttribute(`${source}=${value}`)).toEqual({ source, weight: value + 0 });
      }),
    );
  });

  it('reads the weight from the right, and does not take a path for one', () => {
    expect(parseAttribute('./formality.json=2')).toEqual({ source: './formality.json', weight: 2 });
    expect(parseAttribute('./formality=2')).toEqual({ source: './formality', weight: 2 });
    expect(parseAttribute('./formality.js')).toEqual({ source: './formality.js', weight: 1 });
    expect(parseAttribute('runs/a=b/c.json')).toEqual({ source: 'runs/a=b/c.json', weight: 1 });
    expect(parseAttribute('a=b.json')).toEqual({ source: 'a=b.json', weight: 1 });
    expect(parseAttribute('a=1/c=2.json=0.5')).toEqual({ source: 'a=1/c=2.json', weight: 0.5 });
  });

  it.each([
    'toxicity=-1',
    'toxicity=NaN',
    'toxicity=',
    'toxicity= 2',
    'toxicity=Infinity',
    'toxicity=0x1',
    '',
    '=2',
  ])('refuses %j', (text) => {
    expect(() => parseAttribute(text)).toThrow(/weight must be|Name an attribute/);
  });

  it('collects what is given several times, in order', () => {
    const choices = ['kind', 'calm=0'].reduce(
      (earlier, text) => collectAttributes(text, earlier),
      undefined as never,
    );
    expect(choices).toEqual([
      { source: 'kind', weight: 1 },
      { source: 'calm', weight: 0 },
    ]);
  });
});

describe('isAttributePath', () => {
  it('knows a path by its slash or its ending', () => {
    expect(['./a', 'a/b', 'a.json', '/a', '..\\a', 'a.js', 'a.mjs', 'a.ts'].every(isAttributePath)).toBe(
      true,
    );
    expect(['toxicity', 'self-harm', 'ajs'].some(isAttributePath)).toBe(false);
  });
});
