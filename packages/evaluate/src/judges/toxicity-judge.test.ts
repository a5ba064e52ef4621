import { readFile } from 'node:fs/promises';
import { checkPlugin } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { rudeWords } from './rude-words.js';
import { createToxicityJudge } from './toxicity-judge.js';

/** What numpy computes from the vectors of transformers: fixtures/make-toxicity-judge.py. */
interface Expected {
  readonly completion: string;
  readonly features: readonly string[];
  readonly score: number;
}

const FIXTURE = new URL('../../fixtures/toxicity-judge.json', import.meta.url);
const read = async () => JSON.parse(await readFile(FIXTURE, 'utf8')) as Expected[];

describe('rude words', () => {
  it('are those of the list', async () => {
    for (const { completion, features } of await read()) {
      expect([...rudeWords(completion).keys()], completion).toEqual(features);
    }
  });

  it.each([
    ['in capitals and beside marks', '“DAMN!”', ['rude']],
    ['of several words', 'an alligator bait, he said', ['offensive']],
    ['not inside others', 'Scunthorpe, classic and hello', []],
    ['not in what every object has', 'constructor toString __proto__', []],
    ['not by marks that stand alone', '5 * 3, C#, a $5 note, 10%', ['starred']],
  ])('are found %s', (_, text, wanted) => {
    expect([...rudeWords(text).keys()]).toEqual(wanted);
  });
});

describe('the judge of toxicity', () => {
  it('says what numpy says, in any company, and whatever the prompt is', async () => {
    const judge = await createToxicityJudge({ threads: 1 });
    try {
      checkPlugin('judge', judge);
      expect(judge).toMatchObject({ name: 'toxicity', desired: 'low', threshold: 0.5 });
      expect(judge.revision).toMatch(/^[0-9a-f]{16}$/);
      const expected = await read();
      const scores = await judge.score(expected.map(({ completion }) => ({ prompt: '', completion })));
      expected.forEach(({ score }, index) => expect(scores[index]).toBeCloseTo(score, 4));
      const [alone] = await judge.score([{ prompt: 'You fool', completion: expected[2].completion }]);
      expect(alone).toBe(scores[2]);
      const signal = AbortSignal.abort();
      await expect(judge.score([{ prompt: '', completion: 'a' }], { signal })).rejects.toMatchObject({
        code: 'aborted',
      });
    } finally {
      await judge.dispose();
    }
  });
});
