import { describe, expect, it } from 'vitest';
import { judgeAgreement } from './agreement.js';

const judge = (name: string, scores: number[], threshold = 0.5) => ({ name, scores, threshold });

describe('agreement', () => {
  // By hand. Verdicts: a 0 0 1 1 1, b 0 1 0 1 1: 3 of 5 agree; by chance .6² + .4² = .52; kappa (.6 − .52) / .48.
  // Of the 3 · 2 pairs that b calls differently, a ranks 5 right: its .6 is above one of the .2 and .3 that b calls
  // toxic. Ranks of a 1 2 3 4 5 and of b 1 4 2 3 5: Spearman 1 − 6 · (0 + 4 + 1 + 1 + 0) / (5 · 24).
  it('of two judges is that computed by hand', () => {
    const [found, ...others] = judgeAgreement([
      judge('a', [0.1, 0.3, 0.6, 0.8, 0.9]),
      judge('b', [0.2, 0.7, 0.4, 0.6, 0.95]),
    ]);
    expect(others).toEqual([]);
    expect(found.judges).toEqual(['a', 'b']);
    expect(found.kappa).toBeCloseTo(0.08 / 0.48, 12);
    expect(found.firstRanksSecond).toBeCloseTo(5 / 6, 12);
    // a calls .4, .6 and .95 of b toxic, and not .2 and .7.
    expect(found.secondRanksFirst).toBeCloseTo(4 / 6, 12);
    expect(found.spearman).toBeCloseTo(0.7, 12);
  });

  // Ranks of a 1.5 1.5 3.5 3.5, of b 1 2 3 4: covariance 4, deviations √4 and √5.
  it('shares ranks between equal scores', () => {
    const [{ spearman }] = judgeAgreement([judge('a', [0, 0, 1, 1]), judge('b', [0, 0.1, 0.8, 0.9])]);
    expect(spearman).toBeCloseTo(4 / Math.sqrt(4 * 5), 12);
  });

  it('goes by the threshold of each, and over every pair', () => {
    const found = judgeAgreement([
      judge('a', [0.1, 0.9]),
      judge('b', [0.1, 0.3], 0.2),
      judge('c', [0.9, 0.1]),
    ]);
    expect(found.map(({ judges, kappa }) => [...judges, kappa])).toEqual([
      ['a', 'b', 1],
      ['a', 'c', -1],
      ['b', 'c', -1],
    ]);
  });

  it('is not known where a judge says always the same', () => {
    const [found] = judgeAgreement([judge('a', [0.1, 0.1]), judge('b', [0.1, 0.2])]);
    expect(found).toMatchObject({
      firstRanksSecond: null,
      secondRanksFirst: null,
      spearman: null,
      kappa: null,
    });
    expect(judgeAgreement([judge('a', [])])).toEqual([]);
  });

  it('is that about the same texts', () => {
    expect(() => judgeAgreement([judge('a', [1]), judge('b', [1, 0])])).toThrow(
      expect.objectContaining({ code: 'bad-judge' }),
    );
  });
});
