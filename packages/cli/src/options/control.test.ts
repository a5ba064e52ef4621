import { describe, expect, it } from 'vitest';
import { parseChance, parseMargin } from './control.js';

describe('parseMargin', () => {
  it('reads the margin from the right', () => {
    expect(parseMargin('helpful=1')).toEqual({ source: 'helpful', margin: 1 });
    expect(parseMargin('./a=b.json=-0.5')).toEqual({ source: './a=b.json', margin: -0.5 });
  });

  it.each(['helpful', 'helpful=', '=1', 'a=b', './a=b.json'])('refuses %j', (text) => {
    expect(() => parseMargin(text)).toThrow(/as in helpful=1/);
  });
});

describe('parseChance', () => {
  it('reads a least and a largest probability', () => {
    const chance = { kind: 'chance', source: 'nontoxic', margin: 0 };
    expect(parseChance('nontoxic>=0:0.95')).toEqual({ ...chance, probability: 0.95 });
    expect(parseChance('nontoxic<0:0.05')).toEqual({ ...chance, probability: 0.95 });
    expect(parseChance('./a.json>=-1.5:1')).toMatchObject({
      source: './a.json',
      margin: -1.5,
      probability: 1,
    });
  });

  it.each(['nontoxic', 'nontoxic>=0', 'nontoxic>=0:2', 'nontoxic>0:0.5', '>=0:0.5', 'nontoxic>=x:0.5'])(
    'refuses %j',
    (text) => {
      expect(() => parseChance(text)).toThrow(/in quotes/);
    },
  );
});
