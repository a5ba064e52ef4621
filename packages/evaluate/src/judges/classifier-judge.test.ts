import { fileURLToPath } from 'node:url';
import { createTextClassifier } from '@halfspace/encoders';
import { describe, expect, it } from 'vitest';
import { createClassifierJudge } from './classifier-judge.js';

const path = fileURLToPath(new URL('../../../encoders/fixtures/bert-classifier/model.onnx', import.meta.url));
const about = { path, name: 'rude', description: 'not kind', desired: 'low' } as const;
const texts = ['the cat sat', 'over there'].map((completion) => ({ prompt: 'a', completion }));

describe('a classifier as a judge', () => {
  it.each<[number | string | undefined, number]>([
    [undefined, 2],
    ['rude', 1],
    [0, 0],
  ])('scores by the probability of the class %s', async (label, place) => {
    const classifier = await createTextClassifier({ path });
    const wanted = await classifier.classify(texts.map(({ completion }) => completion));
    await classifier.dispose();
    const judge = await createClassifierJudge({ ...about, ...(label !== undefined && { label }) });
    expect([...(await judge.score(texts))]).toEqual(wanted.map((each) => each[place]));
    await judge.dispose();
  });

  it('refuses a class that there is not', async () => {
    const failed = createClassifierJudge({ ...about, label: 'toxic' });
    await expect(failed).rejects.toThrow(/no class "toxic". It has: kind, rude, odd/);
    const judge = await createClassifierJudge({ ...about, label: 3 });
    await expect(judge.score(texts)).rejects.toMatchObject({ code: 'judge-failed' });
    await judge.dispose();
  });
});
