import { describe, expect, it, test, vi } from 'vitest';
import { checkPlugin } from './contracts/check-plugin.js';
import type { JudgedText } from './contracts/judge.js';
import { CONTRACT_VERSION } from './contracts/version.js';
import { defineJudge, type JudgeDefinition } from './define-judge.js';
import { HalfspaceError } from './errors.js';

/** Counts the exclamation marks, up to four. */
const loud: JudgeDefinition = {
  name: 'loud',
  description: 'the completion shouts',
  revision: '1',
  desired: 'low',
  score: (texts) => texts.map(({ completion }) => Math.min(1, (completion.split('!').length - 1) / 4)),
};

const texts: JudgedText[] = ['no', 'yes!', 'yes!!!!!'].map((completion) => ({ prompt: '', completion }));
const answering = (answer: unknown) => defineJudge({ ...loud, score: () => answer as number[] });

describe('defineJudge', () => {
  it('gives a frozen judge, whose scores are in the order of the texts', async () => {
    const judge = defineJudge(loud);
    expect(judge).toMatchObject({ contract: CONTRACT_VERSION, name: 'loud', desired: 'low', threshold: 0.5 });
    expect(Object.isFrozen(judge)).toBe(true);
    expect(await judge.score(texts)).toEqual(Float64Array.of(0, 0.25, 1));
    checkPlugin('judge', judge);
    await judge.dispose();
  });

  it('disposes of what the judge holds', async () => {
    const dispose = vi.fn();
    await defineJudge({ ...loud, dispose }).dispose();
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('does not ask about nothing', async () => {
    expect(await answering(undefined).score([])).toEqual(new Float64Array());
  });

  test.each<[string, object, RegExp]>([
    ['a name in capitals', { name: 'Loud' }, /a judge: use lower-case/],
    ['no description', { description: ' ' }, /no description/],
    ['no revision', { revision: '' }, /no revision/],
    ['no desired side', { desired: 'middle' }, /low or high/],
    ['a threshold of 1', { threshold: 1 }, /threshold 1/],
    ['a threshold that is no number', { threshold: NaN }, /threshold NaN/],
    ['no score', { score: 1 }, /function score/],
    ['a dispose that is none', { dispose: 1 }, /dispose/],
  ])('refuses %s', (_, change, message) => {
    const define = () => defineJudge({ ...loud, ...change });
    expect(define).toThrow(expect.objectContaining({ code: 'bad-judge' }));
    expect(define).toThrow(message);
  });
});

describe('an answer', () => {
  test.each<[unknown, RegExp]>([
    [undefined, /gave undefined and not a list/],
    [[0, 0.5], /2 scores for 3 texts/],
    [[0, 0.5, NaN], /text 2 \(from 0\) is NaN/],
    [[0, 1.5, 0], /text 1 \(from 0\) is 1.5/],
    [['0', 0, 0], /text 0 \(from 0\) is 0/],
  ])('%s is refused', async (answer, message) => {
    await expect(answering(answer).score(texts)).rejects.toThrow(
      expect.objectContaining({ code: 'judge-failed', message: expect.stringMatching(message) }),
    );
  });

  it('that is thrown names the judge and keeps the cause', async () => {
    const cause = new Error('no connection');
    const judge = defineJudge({ ...loud, score: async () => Promise.reject(cause) });
    await expect(judge.score(texts)).rejects.toMatchObject({
      code: 'judge-failed',
      message: 'The judge "loud" failed: no connection.',
      cause,
    });
  });

  it('with a code of its own stays as it is', async () => {
    const error = new HalfspaceError('over-quota', 'Wait until tomorrow.');
    const judge = defineJudge({ ...loud, score: async () => Promise.reject(error) });
    await expect(judge.score(texts)).rejects.toBe(error);
  });

  it('of nobody’s interest any more is the error aborted', async () => {
    const controller = new AbortController();
    const score = vi.fn(async () => {
      controller.abort();
      return Promise.reject(new Error('cut off'));
    });
    const judge = defineJudge({ ...loud, score });
    const { signal } = controller;
    await expect(judge.score(texts, { signal })).rejects.toMatchObject({ code: 'aborted' });
    await expect(judge.score(texts, { signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(score).toHaveBeenCalledOnce();
  });
});
