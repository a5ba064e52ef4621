import { describe, expect, it } from 'vitest';
import { parseChance, parseMargin } from './control.js';

describe('parseMargin', () => {
  it('reads the margin from the right', () => {
    expect(parseMargin('helpfulness=1')).toEqual({ source: 'helpfulness', margin: 1 });
    expect(parseMargin('./a=b.json=-0.5')).toEqual({ source: './a=b.json', margin: -0.5 });
  });

  it.each(['helpfulness', 'helpfulness=', '=1', 'a=b', './a=b.json'])('refuses %j', (text) => {
    expect(() => parseMargin(text)).toThrow(/as in helpfulness=1/);
  });
});

describe('parseChance', () => {
  it('reads a least and a largest probability', () => {
    const chance = { kind: 'chance', source: 'toxicity', margin: 0 };
    expect(parseChance('toxicity>=0:0.95')).toEqual({ ...chance, probability: 0.95 });
    expect(parseChance('toxicity<0:0.05')).toEqual({ ...chance, probability: 0.95 });
    expect(parseChance('./a.json>=-1.5:1')).toMatchObject({
      source: './a.json',
      margin: -1.5,
      probability: 1,
    });
  });

  it.each(['toxicity', 'toxicity>=0', 'toxicity>=0:2', 'toxicity>0:0.5', '>=0:0.5', 'toxicity>=x:0.5'])(
    'refuses %j',
    (text) => {
      expect(() => parseChance(text)).toThrow(/in quotes/);
    },
  );
});
