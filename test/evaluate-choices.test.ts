import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, type Halfspace } from '@halfspace/core';
import { evaluateChoicesByMethod, parseMethodSpec } from '@halfspace/evaluate';
import { helpful } from '@halfspace/attribute-helpfulness';
import { truthful } from '@halfspace/attribute-truthfulness';
import { jsonLines, resultsOf } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  const questions = [
    { question: 'It was: ', mc1: { 'abcde abcde': 1, 'vwxyz vwxyz': 0 }, mc2: { cab: 1, bac: 1, wv: 0 } },
    { question: 'They are: ', mc1: { 'zyx zyx zyx': 0, 'cab cab cab': 1, 'wv wv': 0 }, mc2: { a: 0, b: 1 } },
  ];
  await workspace.write('mc.jsonl', questions.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(async () => workspace.remove());

const command = (...more: string[]) => [
  ...'evaluate-choices --data mc.jsonl --choices mc1 mc2'.split(' '),
  ...more,
  ...SMALL,
];

it('prints a line a set and method, and a table for people', async () => {
  const methods = ['--method', './early.json=50', '--method', 'plain'];
  const lines = resultsOf(await workspace.run(command(...methods, '--json')));
  expect(lines.map(({ set, method }) => [set, method])).toEqual([
    ['mc1', 'plain'],
    ['mc1', 'early=50'],
    ['mc2', 'plain'],
    ['mc2', 'early=50'],
  ]);
  const [plain, steered] = lines;
  expect(Object.keys(plain)).toEqual(['set', 'questions', 'chance', 'method', 'best', 'mass']);
  expect(steered).toMatchObject({
    questions: 2,
    chance: expect.closeTo(5 / 12, 10),
    best: { value: 1 },
    change: { best: { p: expect.any(Number) as number, adjusted: expect.any(Number) as number } },
  });
  const shown = await workspace.run(command(...methods));
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toMatch(/^mc2, 2 questions \(choosing blindly: 0\.583\)$/m);
  expect(shown.stdout).toMatch(/^early=50 +1\.000 \(1\.000 to 1\.000\) +/m);
});

it('refuses methods that score no answers', async () => {
  await workspace.write('budget.json', '[{"method": "best-of-n", "n": 2, "attributes": {}}]');
  const { code, stdout, stderr } = await workspace.run(command('--method', '@budget.json', '--json'));
  expect({ code, lines: jsonLines(stdout) }).toEqual({ code: 1, lines: [] });
  expect(stderr).toMatch(/error \(bad-method\): /);
});

/** Log-probability of the answer, and what weights and cap add to it, by margins of the answer up to each of its tokens. */
async function scoreOf(
  halfspace: Halfspace,
  [prompt, response]: readonly [string, string],
  weights: Readonly<Record<string, number>>,
  cap: number,
): Promise<number> {
  const { backend } = halfspace;
  const { tokenizer } = backend;
  const before = tokenizer.encode(prompt);
  const after = tokenizer.encode(response);
  const logProbs = await backend.logProbs([...before, ...after]);
  let sum = logProbs.slice(before.length - 1).reduce((total, each) => total + each, 0);
  for (let tokens = 1; tokens <= after.length; tokens++) {
    const part = tokenizer.decode(after.slice(0, tokens));
    expect(tokenizer.encode(part)).toEqual(after.slice(0, tokens));
    const { margins } = await halfspace.score({ prompt, response: part, measure: Object.keys(weights) });
    for (const [name, weight] of Object.entries(weights)) sum += weight * Math.min(margins[name].last, cap);
  }
  return sum;
}

it('scores answers by log-probabilities and margins of the default model', { timeout: 300_000 }, async () => {
  const halfspace = await createHalfspace({
    backend: await createOnnxBackend({ precision: 'f32', threads: 1 }),
    attributes: [truthful, helpful],
  });
  const questions = [
    { prompt: 'Where does the sun rise?', right: 'In the east', wrong: 'In the west' },
    { prompt: 'Can stones swim?', right: 'No, they sink', wrong: 'Yes' },
    { prompt: 'What do bees make?', right: 'They make honey', wrong: 'They make milk for the farmer' },
  ];
  const weights = { truthful: 4, helpful: 2 };
  const steer = await parseMethodSpec({ method: 'halfspace', weights, cap: 0.25 });
  // Each a set of its own, so that no difference hides in a mean.
  const sets = Object.fromEntries(
    questions.map(({ prompt, right, wrong }) => {
      const choices = [wrong, right].map((response) => ({ response, right: response === right }));
      return [prompt, [{ prompt, choices }]];
    }),
  );
  const found = await evaluateChoicesByMethod(halfspace, [steer], sets);
  const changes: number[] = [];
  for (const { prompt, right, wrong } of questions) {
    const massOfRight = async (some: Readonly<Record<string, number>>) => {
      const [good, bad] = [
        await scoreOf(halfspace, [`Q: ${prompt}\nA:`, ` ${right}`], some, 0.25),
        await scoreOf(halfspace, [`Q: ${prompt}\nA:`, ` ${wrong}`], some, 0.25),
      ];
      return 1 / (1 + Math.exp(bad - good));
    };
    const [plain, steered] = found[prompt].methods.map(({ mass }) => mass.value);
    expect(plain).toBeCloseTo(await massOfRight({}), 3);
    expect(steered).toBeCloseTo(await massOfRight(weights), 3);
    changes.push(Math.abs(steered - plain));
  }
  await halfspace.dispose();
  expect(Math.max(...changes)).toBeGreaterThan(0.02);
});
