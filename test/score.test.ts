import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLines, resultsOf } from './support/halfspace.js';
import { readExpected, textOfTokens } from './support/small-model.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

interface Scored {
  readonly index: number;
  readonly margins: Readonly<
    Record<string, { readonly last: number; readonly mean: number; readonly min: number }>
  >;
  readonly probability: Readonly<Record<string, number>>;
}

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write('rows.jsonl', labelledRows(60));
  await fit('early', '--data rows.jsonl --layer 1');
});
afterAll(async () => workspace.remove());

/** Fits a subspace into a file, and returns what was told of it and the file. */
async function fit(name: string, options: string) {
  const words = ['fit', '--attribute', name, '--output', `${name}.json`, '--json', ...options.split(' ')];
  const run = await workspace.run([...words, ...SMALL]);
  expect(run.code).toBe(0);
  const [told, ...rest] = jsonLines(run.stdout);
  expect(rest).toEqual([]);
  const file = JSON.parse(await workspace.read(`${name}.json`)) as Record<string, unknown>;
  return { told, file, stderr: run.stderr };
}

async function score(rows: string, options: string): Promise<Scored[]> {
  const words = ['score', '--input', '-', '--json', ...options.split(' ')];
  const run = await workspace.run([...words, ...SMALL], { input: rows });
  return resultsOf<Scored>(run);
}

/** Mean margins over the rows of `labelledRows`: first of the undesired ones, then of the desired ones. */
function meansOf(scored: readonly Scored[], name: string): number[] {
  return [0, 1].map((label) => {
    const values = scored.filter(({ index }) => index % 2 === label).map(({ margins }) => margins[name].mean);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

it('score prints a line for each row, with these fields and no others', async () => {
  await fit('late', '--data rows.jsonl --layer 2');
  const found = await score(labelledRows(20), '--attribute ./early.json ./late.json');
  expect(found.map(({ index }) => index)).toEqual([...Array(20).keys()]);
  for (const each of found) {
    expect(Object.keys(each)).toEqual(['index', 'margins', 'probability']);
    expect(Object.keys(each.margins)).toEqual(['early', 'late']);
    expect(Object.keys(each.probability)).toEqual(['early', 'late']);
    expect(Object.keys(each.margins['early'])).toEqual(['last', 'mean', 'min']);
    expect(each.probability['early']).toBeCloseTo(1 / (1 + Math.exp(-each.margins['early'].last)), 12);
  }
  // The label 1 is the desired side, and the desired side is the positive one.
  const [undesired, desired] = meansOf(found, 'early');
  expect(undesired).toBeLessThan(-1);
  expect(desired).toBeGreaterThan(1);
});

it('a margin is slope · (direction · state − offset) + intercept of the state that transformers has', async () => {
  const { direction, offset, calibration } = JSON.parse(await workspace.read('early.json')) as {
    direction: string;
    offset: number;
    calibration: { slope: number; intercept: number };
  };
  const bytes = Buffer.from(direction, 'base64');
  const { tokens, hidden } = await readExpected('untied');
  const projection = hidden[1].reduce((sum, value, i) => sum + value * bytes.readFloatLE(i * 4), 0);
  const row = JSON.stringify({ response: textOfTokens(tokens) });
  const [{ margins }] = await score(row, '--attribute ./early.json');
  const expected = calibration.slope * (projection - offset) + calibration.intercept;
  expect(margins['early'].last).toBeCloseTo(expected, 4);
});

it('score shows a person a table', async () => {
  const words = ['score', '--attribute', './early.json', '--input', '-', ...SMALL];
  const { stdout, stderr } = await workspace.run(words, { input: '{"response": "abca\\nde"}' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^row +early: last +mean +min +probability +response\n +0 .* abca de\n$/);
});

it('fit writes what it tells, the same every time', async () => {
  const before = await workspace.read('early.json');
  const { told, file, stderr } = await fit('early', '--data rows.jsonl --layer 1');
  const lines = stderr.split('\n');
  expect(lines[0]).toBe('60 rows, 30 desired and 30 not, in 30 groups; 720 tokens of responses.');
  expect(lines.slice(1, -1)).toEqual([
    expect.stringMatching(/^warning: Only 30 rows/),
    expect.stringMatching(/^warning: Prompts that occur in more than one group: 1\./),
  ]);
  const { output, report, ...summary } = told;
  expect(report).toMatchObject({ rows: 60, groups: 30, sharedPrompts: 1, duplicates: 0, contradictions: 0 });
  expect(output).toBe('early.json');
  expect(file).toMatchObject(summary);
  expect(Object.keys(summary).join(' ')).toBe(
    'attribute model layers estimator positions centring chat shrinkage calibration data figures',
  );
  expect(summary).toMatchObject({ attribute: 'early', layers: [1], estimator: 'cross-validated' });
  expect(await workspace.read('early.json')).toBe(before);
});

it('fit does as its options say', async () => {
  await workspace.write('more.jsonl', labelledRows(40, 'fghij '));
  const { file } = await fit(
    'other',
    '--data rows.jsonl more.jsonl --layer 2 --positions last --estimator paper --held-out 0.4 --seed 3',
  );
  expect(file).toMatchObject({
    layers: [2],
    estimator: 'paper',
    positions: 'last',
    data: { rows: 100, groups: 30, heldOut: { share: 0.4, seed: 3 } },
  });
});

it('fit reads the labels that it is told to, and says what it leaves out', async () => {
  const rows = labelledRows(60).replaceAll('"label":0', '"rude":0.9').replaceAll('"label":1', '"rude":0.1');
  await workspace.write('rude.jsonl', `${rows}{"response": "unclear", "rude": 0.4}\n`);
  const { file, stderr } = await fit(
    'rude',
    '--data rude.jsonl --label rude --desired <=0.25 --undesired >=0.5 --layer 1',
  );
  expect(stderr).toMatch(/^1 row on neither side or empty left out\.\n60 rows, /);
  expect(file['data']).toMatchObject({ rows: 60, positive: 30, negative: 30 });
});

it('fit reads the labels of an attribute that comes with it', async () => {
  const rows = labelledRows(60)
    .replaceAll('"label":0', '"toxicity":1')
    .replaceAll('"label":1', '"toxicity":0');
  await workspace.write('toxicity.jsonl', rows);
  const { file } = await fit('nontoxic', '--data toxicity.jsonl --layer 1');
  expect(file).toMatchObject({ attribute: 'nontoxic', data: { positive: 30, negative: 30 } });
  const [toxic, harmless] = meansOf(await score(rows, '--attribute ./nontoxic.json'), 'nontoxic');
  expect(harmless).toBeGreaterThan(toxic + 2);
});

it('fit refuses a subspace that is no better than chance, unless it is forced', async () => {
  await workspace.write('noise.jsonl', labelledRows(60, 'vwxyz '));
  const words = 'fit --attribute noise --data noise.jsonl --output noise.json --layer 1'.split(' ');
  const refused = await workspace.run([...words, ...SMALL]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^error \(not-above-chance\): .*\n$/m);
  // Another attempt begins anew.
  expect(await workspace.listing()).not.toContain('noise.json.state');
  await expect(workspace.read('noise.json')).rejects.toThrow('ENOENT');
  const { file } = await fit('noise', '--data noise.jsonl --layer 1 --force');
  expect(file).toMatchObject({ forced: true });
});
