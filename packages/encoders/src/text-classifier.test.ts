import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTextClassifier } from './text-classifier.js';

/** A random classifier and the logits that Hugging Face transformers computes: fixtures/make-classifier.py. */
const FIXTURE = fileURLToPath(new URL('../fixtures/bert-classifier', import.meta.url));

interface Expected {
  readonly text: string;
  readonly logits: number[];
}

const exponents = (logits: readonly number[]) => logits.map((logit) => Math.exp(logit));

describe('a classifier of texts', () => {
  let directory: string;
  const path = () => join(directory, 'model.onnx');
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'halfspace-'));
    await cp(FIXTURE, directory, { recursive: true });
  });
  afterEach(async () => rm(directory, { recursive: true }));

  async function classified(texts: readonly string[]): Promise<number[][]> {
    const classifier = await createTextClassifier({ path: path(), threads: 1 });
    const found = await classifier.classify(texts).finally(async () => classifier.dispose());
    return found.map((each) => [...each]);
  }
  const read = async () => JSON.parse(await readFile(join(FIXTURE, 'expected.json'), 'utf8')) as Expected[];
  async function change(name: string, entries: object): Promise<void> {
    const json = JSON.parse(await readFile(join(directory, name), 'utf8')) as object;
    await writeFile(join(directory, name), JSON.stringify({ ...json, ...entries }));
  }

  it('gives the probabilities of transformers and the names of the classes', async () => {
    const expected = await read();
    const found = await classified(expected.map(({ text }) => text));
    expected.forEach(({ logits }, index) => {
      const sum = exponents(logits).reduce((a, b) => a + b);
      exponents(logits).forEach((each, label) => expect(found[index][label]).toBeCloseTo(each / sum, 5));
    });
    const classifier = await createTextClassifier({ path: path() });
    expect(classifier.labels).toEqual(['kind', 'rude', 'odd']);
    expect(classifier.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(await classifier.classify([])).toEqual([]);
    await classifier.dispose();
  });

  it('gives each class a probability of its own where a text may belong to several', async () => {
    await change('config.json', { problem_type: 'multi_label_classification' });
    const [{ text, logits }] = await read();
    const [found] = await classified([text]);
    exponents(logits).forEach((each, label) => expect(found[label]).toBeCloseTo(each / (1 + each), 5));
  });

  it('gives a text the same numbers in any company', async () => {
    const texts = ['the cat', 'a mat', 'the cat sat', 'over there', ''];
    const together = await classified(texts);
    for (const [index, text] of texts.entries()) expect(await classified([text])).toEqual([together[index]]);
  });

  it('needs no more than its graph and its tokenizer', async () => {
    await rm(join(directory, 'config.json'));
    await rm(join(directory, 'tokenizer_config.json'));
    const [{ text, logits }] = await read();
    const sum = exponents(logits).reduce((a, b) => a + b);
    expect((await classified([text]))[0][1]).toBeCloseTo(exponents(logits)[1] / sum, 5);
  });

  it('ends with its signal and is not used afterwards', async () => {
    const signal = AbortSignal.abort();
    await expect(createTextClassifier({ path: path(), signal })).rejects.toMatchObject({ code: 'aborted' });
    const classifier = await createTextClassifier({ path: path() });
    await expect(classifier.classify(['a'], { signal })).rejects.toMatchObject({ code: 'aborted' });
    await classifier.dispose();
    await classifier.dispose();
    await expect(classifier.classify(['a'])).rejects.toMatchObject({ code: 'disposed' });
  });

  it.each<[string, string, () => Promise<void>]>([
    ['without a tokenizer', 'corrupt-model', async () => rm(join(directory, 'tokenizer.json'))],
    [
      'with a damaged config.json',
      'corrupt-model',
      async () => writeFile(join(directory, 'config.json'), '{'),
    ],
    [
      'with a config.json that is one list in another',
      'corrupt-model',
      async () => writeFile(join(directory, 'config.json'), '['.repeat(1000) + ']'.repeat(1000)),
    ],
    ['without a graph', 'backend-failed', async () => rm(path())],
    ['with a damaged graph', 'backend-failed', async () => writeFile(path(), 'graph')],
    [
      'that is smaller than its vocabulary',
      'corrupt-model',
      async () => change('config.json', { vocab_size: 4 }),
    ],
  ])('%s is refused', async (_, code, damage) => {
    await damage();
    await expect(classified(['the cat'])).rejects.toMatchObject({ code });
  });

  it('has its labels from a config.json with a mark of byte order, too', async () => {
    const config = join(directory, 'config.json');
    await writeFile(config, `\uFEFF${await readFile(config, 'utf8')}`);
    const classifier = await createTextClassifier({ path: path() });
    expect(classifier.labels).toEqual(['kind', 'rude', 'odd']);
    await classifier.dispose();
  });

  it('of something else than texts is refused', async () => {
    const trunk = fileURLToPath(new URL('../fixtures/bert-classifier/model.onnx', import.meta.url));
    const bytes = (await readFile(trunk)).toString('latin1').replaceAll('input_ids', 'input_xyz');
    await writeFile(path(), bytes, 'latin1');
    await expect(classified(['the cat'])).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});
