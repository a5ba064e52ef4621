import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultsOf } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const DIGITS = {
  type: 'array',
  items: { type: 'integer', minimum: 0, maximum: 50 },
  minItems: 2,
  maxItems: 4,
};

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  await workspace.write('digits.json', JSON.stringify(DIGITS));
  await workspace.write('verdict.ebnf', 'root ::= ("yes" | "no") ", " [a-z]{3,5} "."\n');
  await workspace.write('odd.json', '{"not": {}}');
});
afterAll(async () => workspace.remove());

const generate = async (...words: string[]) => workspace.run(['generate', 'Once', ...SMALL, ...words]);

it('--json-schema writes documents of the schema, steered or not', async () => {
  const steered = ['--attribute', './early.json=3', '--budget', '0.5'];
  for (const more of [[], steered]) {
    const run = await generate(
      '--json',
      '--samples',
      '4',
      '--max-tokens',
      '40',
      '--json-schema',
      'digits.json',
      ...more,
    );
    for (const { text, isComplete, finishReason } of resultsOf(run)) {
      expect({ isComplete, finishReason }).toEqual({ isComplete: true, finishReason: 'end' });
      const document = JSON.parse(String(text)) as number[];
      expect(document.length).toBeGreaterThanOrEqual(2);
      expect(document.length).toBeLessThanOrEqual(4);
      expect(document.every((each) => Number.isInteger(each) && each >= 0 && each <= 50)).toBe(true);
    }
  }
});

it('--grammar writes texts of the grammar', async () => {
  const [{ text, isComplete }] = resultsOf(await generate('--json', '--grammar', 'verdict.ebnf'));
  expect(text).toMatch(/^(yes|no), [a-z]{3,5}\.$/);
  expect(isComplete).toBe(true);
});

it('says of a text that is cut off that it is', async () => {
  const { stderr } = await generate('--max-tokens', '2', '--json-schema', 'digits.json');
  expect(stderr).toContain('2 tokens, cut off before its end');
});

it.each([
  [['--json-schema', 'odd.json'], /keyword not, which is not supported/],
  [['--json-schema', 'none.json'], /none\.json/],
  [['--json-schema', 'verdict.ebnf'], /verdict\.ebnf is no JSON/],
  [['--grammar', 'digits.json'], /The grammar cannot be read: in line 1/],
])('%j is refused before the model is loaded', async (words, message) => {
  const { code, stderr, stdout } = await generate(...words, '--model', './no-such-model');
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
});
