import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLines, resultsOf } from './support/halfspace.js';
import { readExpected, textOfTokens } from './support/small-model.js';
import { makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => workspace.remove());

it('is that of transformers', async () => {
  const { tokens, tokenLogProbs } = await readExpected('untied');
  await workspace.write('text.txt', textOfTokens(tokens));
  const run = await workspace.run(['perplexity', 'text.txt', '--window', '40', '--json', ...SMALL]);
  const [found, ...rest] = resultsOf<{ perplexity: number; tokens: number }>(run);
  expect(rest).toEqual([]);
  expect(Object.keys(found)).toEqual(['perplexity', 'tokens']);
  expect(found.tokens).toBe(39);
  const mean = tokenLogProbs.reduce((sum, logProb) => sum + logProb, 0) / 39;
  expect(Math.log(found.perplexity)).toBeCloseTo(-mean, 5);
});

it('cuts windows from the beginning, here of stdin, and predicts all but the first token of each', async () => {
  const text = 'In the beginning there was a text of forty-two.';
  const perplexityOf = async (input: string, ...words: string[]) => {
    const run = await workspace.run(['perplexity', '-', '--json', ...words, ...SMALL], { input });
    return resultsOf<{ perplexity: number; tokens: number }>(run)[0];
  };
  const both = await perplexityOf(text, '--window', '10', '--windows', '2');
  const first = await perplexityOf(text.slice(0, 10), '--window', '10');
  const second = await perplexityOf(text.slice(10, 25), '--window', '10');
  expect([both.tokens, first.tokens, second.tokens]).toEqual([18, 9, 9]);
  expect(Math.log(both.perplexity)).toBeCloseTo(Math.log(first.perplexity * second.perplexity) / 2, 5);
});

it('says so when there are fewer windows than asked for', async () => {
  const run = await workspace.run(
    ['perplexity', '-', '--window', '4', '--windows', '9', '--json', ...SMALL],
    {
      input: 'twelve chars',
    },
  );
  expect(run).toMatchObject({ code: 0, stderr: 'There are only 3 windows in stdin.\n' });
  expect(jsonLines(run.stdout)).toMatchObject([{ tokens: 9 }]);
});

it('tells a person in one line', async () => {
  const { stdout } = await workspace.run(['perplexity', '-', '--window', '4', ...SMALL], { input: 'abcd' });
  expect(stdout).toMatch(/^\d+\.\d{3} {2}perplexity of untied over 3 tokens\n$/);
});

it('takes control tokens for text, unless they are meant', async () => {
  const tokensOf = async (...words: string[]) => {
    const run = await workspace.run(['perplexity', '-', '--window', '8', '--json', ...words, ...SMALL], {
      input: 'a</s>b</s>c</s>d</s>e',
    });
    return resultsOf<{ tokens: number }>(run)[0].tokens;
  };
  expect(await tokensOf()).toBe(14);
  expect(await tokensOf('--control-tokens')).toBe(7);
});
