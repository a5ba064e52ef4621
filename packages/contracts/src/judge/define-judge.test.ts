import { describe, expect, it, test, vi } from 'vitest';
import { checkPlugin } from '../plugin/check-plugin.js';
import type { JudgedText } from './judge.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import { defineJudge, type JudgeDefinition } from './define-judge.js';
import { HalfspaceError } from '../errors.js';

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
    expect(judge).toMatchObject({
      specificationVersion: SPECIFICATION_VERSIONS.judge,
      name: 'loud',
      desired: 'low',
      threshold: 0.5,
    });
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
    const error = new HalfspaceError('judge-refused', 'Wait until tomorrow.');
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

describe('a judge that never answers', () => {
  const never = async () => new Promise<number[]>(() => {});

  it('is told of, again and again, and keeps the program alive', async () => {
    vi.useFakeTimers();
    try {
      const told: unknown[] = [];
      const controller = new AbortController();
      const onWaiting = (waiting: unknown) => told.push(waiting);
      const answer = defineJudge({ ...loud, score: never }).score(texts, {
        onWaiting,
        signal: controller.signal,
      });
      const ended = expect(answer).rejects.toMatchObject({ code: 'aborted' });
      await vi.advanceTimersByTimeAsync(50_000);
      const who = 'the judge "loud"';
      expect(told).toEqual([10, 20, 40].map((seconds) => ({ who, seconds })));
      expect(vi.getTimerCount()).toBe(1);
      controller.abort();
      await ended;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is told of by a warning of the process where nobody asks to be told', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.useFakeTimers();
    try {
      const judge = defineJudge({ ...loud, score: never, dispose: async () => new Promise(() => {}) });
      void judge.score(texts);
      void judge.dispose();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(warned.mock.calls.map(([message]) => message)).toEqual([
        'Still waiting for the judge "loud", for 10 seconds now.',
        'Still waiting for the judge "loud" to give back what it holds, for 10 seconds now.',
      ]);
    } finally {
      vi.useRealTimers();
      warned.mockRestore();
    }
  });

  it('is given up where it has a time limit', async () => {
    await expect(defineJudge({ ...loud, score: never, timeoutMs: 20 }).score(texts)).rejects.toMatchObject({
      code: 'judge-failed',
      message: 'The judge "loud" failed: it gave no answer within 20 ms.',
    });
  });

  it.each([0, -1, NaN, 2 ** 31])('cannot have the limit %d', (timeoutMs) => {
    expect(() => defineJudge({ ...loud, timeoutMs })).toThrow(expect.objectContaining({ code: 'bad-judge' }));
  });
});

it.each<[unknown, RegExp]>([
  [Object.create(null), /an object without a text/],
  [undefined, /it threw undefined/],
  [Symbol('s'), /it threw Symbol\(s\)/],
  [Object.assign(new Error('x'), { message: {} }), /without a message/],
])('a judge may throw anything, also when it gives back what it holds (case %#)', async (thrown, message) => {
  const fault = () => {
    throw thrown;
  };
  const judge = defineJudge({ ...loud, score: fault, dispose: fault });
  const failed = { code: 'judge-failed', message: expect.stringMatching(message) as string };
  await expect(judge.score(texts)).rejects.toMatchObject(failed);
  await expect(judge.dispose()).rejects.toMatchObject(failed);
});

it('a judge that gives a list without end is refused at once', async () => {
  const endless = new Proxy([], {
    get: (list, key) => (key === 'length' ? 2 ** 32 : Reflect.get(list, key)),
  });
  await expect(answering(endless).score(texts)).rejects.toThrow(/4294967296 scores for 3 texts/);
});
