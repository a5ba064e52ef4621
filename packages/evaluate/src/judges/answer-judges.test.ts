import { readFile } from 'node:fs/promises';
import { checkPlugin, type JudgedText } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { createHelpfulnessJudge, helpfulnessFeatures } from './helpfulness-judge.js';
import { lastTurn } from './last-turn.js';
import { createTruthfulnessJudge, truthfulnessFeatures } from './truthfulness-judge.js';
import { isNegation, nGramsOf, wordsOf } from './words.js';

/** What predict_proba of scikit-learn says: written by judge-fits/fit_truthfulness.py and fit_helpfulness.py. */
const expected = async (judge: string) =>
  JSON.parse(
    await readFile(new URL(`../../fixtures/${judge}-judge.json`, import.meta.url), 'utf8'),
  ) as (JudgedText & { readonly score: number })[];

const DIALOGUE = 'Human: Hi\n\nAssistant: Human: is a word.\n\nHuman: Is it?\n\nNo?\n\nAssistant:';

describe.each([
  ['truthfulness', createTruthfulnessJudge],
  ['helpfulness', createHelpfulnessJudge],
])('the judge of %s', (name, create) => {
  it('says what scikit-learn says, in any company', async () => {
    const judge = await create({ threads: 1 });
    try {
      checkPlugin('judge', judge);
      expect(judge).toMatchObject({ name, desired: 'high', threshold: 0.5 });
      const texts = await expected(name);
      const scores = await judge.score(texts);
      texts.forEach(({ score }, index) => expect(scores[index]).toBeCloseTo(score, 4));
      expect((await judge.score(texts.slice(2, 3)))[0]).toBe(scores[2]);
    } finally {
      await judge.dispose();
    }
  });
});

describe('what judges of answers read', () => {
  it.each([
    ['What is it?', 'What is it?'],
    [DIALOGUE, 'Is it?\n\nNo?'],
    ['', ''],
  ])('of the prompt %j is what was asked last', (prompt, asked) => {
    expect(lastTurn(prompt)).toBe(asked);
    expect(truthfulnessFeatures.sentencesOf({ prompt, completion: ' Yes.' })).toEqual([asked, ' Yes.']);
  });

  it('of vectors is themselves and how far they are apart', () => {
    const question = Float32Array.of(0.5, -0.25);
    const answer = Float32Array.of(-0.5, 0.25);
    expect([...truthfulnessFeatures.combine([question, answer])]).toEqual([0.5, -0.25, -0.5, 0.25, 1, 0.5]);
    expect([...helpfulnessFeatures.combine([question, answer])]).toEqual([-0.5, 0.25, 1, 0.5]);
  });

  it('of words is each, pairs and beginnings', () => {
    expect([...nGramsOf(wordsOf('It isn’t it, is it?'))].sort()).toEqual(
      [
        '^it',
        '^it isn’t',
        '^it isn’t it',
        'is',
        'is it',
        'isn’t',
        'isn’t it',
        'it',
        'it is',
        'it isn’t',
      ].sort(),
    );
    expect(wordsOf("No government can't comment: nobody").map(isNegation)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  it('of truthfulness is what a question is and how an answer goes with it', () => {
    const found = truthfulnessFeatures.lexicalOf({
      prompt: 'Do ferries never sail at night?',
      completion: 'Yes, some ferries may not sail, not all 12.',
    });
    const facts = [...found].filter(([feature, value]) => feature.startsWith('#') && value !== 0);
    expect(Object.fromEntries(facts)).toEqual({
      '#polar': 1,
      '#negation': 1,
      '#negations': 2,
      '#negation polar': 1,
      '#negation to negation': 1,
      '#question with negation': 1,
      '#yes polar': 1,
      '#absolute': 1,
      '#hedging': 2,
      '#from question': 2 / 9,
      '#of question': 2 / 6,
      '#repeated': 1 - 8 / 9,
      '#number': 1,
    });
    const kinds = ["What's a quay?", 'In the end, who won?', 'Tell me.', ''].map((prompt) =>
      [...truthfulnessFeatures.lexicalOf({ prompt, completion: '' }).keys()].find((feature) =>
        /^#\w+$/.test(feature),
      ),
    );
    expect(kinds).toEqual(['#what', '#who', '#other', '#other']);
  });
});
