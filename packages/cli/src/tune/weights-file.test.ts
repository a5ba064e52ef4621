import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { directoryWith } from '../testing/directory-with.js';
import { readWeights, weightsAt } from './weights-file.js';

const { signal } = new AbortController();

it('names paths as seen from the file, so that they hold wherever it is read', async () => {
  const directory = await directoryWith({ 'kept/none.txt': '' });
  const path = join(directory, 'kept/weights.json');
  const choices = [
    { source: 'toxicity', weight: 1.5 },
    { source: relative(process.cwd(), join(directory, 'calm.json')), weight: -1 },
    { source: join(directory, 'kept/kind'), weight: 0 },
  ];
  const weights = weightsAt(path, choices);
  expect(weights).toEqual({ toxicity: 1.5, '../calm.json': -1, './kind': 0 });

  const other = await directoryWith({
    'kept/weights.json': JSON.stringify({ weights, model: 'a', more: 1 }),
  });
  expect(await readWeights(join(other, 'kept/weights.json'), signal)).toEqual({
    model: 'a',
    choices: [
      { source: 'toxicity', weight: 1.5 },
      { source: join(other, 'calm.json'), weight: -1 },
      { source: join(other, 'kept/kind'), weight: 0 },
    ],
  });
});

it.each([
  '',
  '{}',
  '[]',
  '{"weights":{},"model":"a"}',
  '{"weights":{"a":"1"},"model":"a"}',
  '{"weights":{"a":1}}',
])('takes %j for no weights', async (text) => {
  const directory = await directoryWith({ 'weights.json': text });
  await expect(readWeights(join(directory, 'weights.json'), signal)).rejects.toMatchObject({
    code: 'bad-weights',
  });
});
