import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLines, resultsOf } from './support/halfspace.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Evaluation {
  readonly data: Readonly<Record<string, number>>;
  readonly attributes: readonly {
    readonly attribute: string;
    readonly layers: readonly number[];
    readonly poolings: Readonly<Record<string, Readonly<Record<string, Estimate>>>>;
    readonly pairs?: unknown;
    readonly tenths: readonly { readonly tenth: number; readonly auroc: Estimate }[];
  }[];
  readonly interference?: {
    readonly cosines: readonly (readonly (number | null)[])[];
    readonly correlations: Readonly<Record<'last' | 'every', readonly (readonly number[])[]>>;
  };
}

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  const rows = labelledRows(160).split(/(?<=\n)/);
  await workspace.write('train.jsonl', rows.slice(0, 80).join(''));
  await workspace.write('dev.jsonl', rows.slice(80).join(''));
  for (const [name, layer] of [
    ['early', 1],
    ['late', 2],
    ['again', 1],
  ] as const)
    await fit(name, layer);
});
afterAll(async () => workspace.remove());

async function fit(name: string, layer: number, options = '--positions every'): Promise<void> {
  const words = `fit --attribute ${name} --output ${name}.json --data train.jsonl --layer ${layer} ${options}`;
  expect(await workspace.run([...words.split(' '), ...SMALL])).toMatchObject({ code: 0 });
}

async function evaluate(options: string): Promise<Evaluation> {
  const run = await workspace.run(['evaluate-subspace', '--json', ...options.split(' '), ...SMALL]);
  const [evaluation, ...rest] = resultsOf<Evaluation>(run);
  expect(rest).toEqual([]);
  return evaluation;
}

/** Margins after the last token as `halfspace score` has them. */
async function lastMargins(): Promise<number[]> {
  const run = await workspace.run([
    ...'score --attribute ./early.json --input dev.jsonl --json'.split(' '),
    ...SMALL,
  ]);
  return resultsOf<{ margins: { early: { last: number } } }>(run).map(({ margins }) => margins.early.last);
}

it('figures are those of the margins that halfspace score prints', async () => {
  const { data, attributes, interference } = await evaluate('--attribute ./early.json --data dev.jsonl');
  expect(data).toMatchObject({ rows: 80, positive: 40, negative: 40, groups: 40 });
  expect(attributes).toMatchObject([{ attribute: 'early', layers: [1] }]);
  expect(interference).toBeUndefined();
  const margins = await lastMargins();
  const [lower, upper] = [0, 1].map((label) => margins.filter((_, i) => i % 2 === label));
  const inOrder = upper.flatMap((u) => lower.map((l) => Number(u > l) + Number(u === l) / 2));
  const right = [...upper.filter((u) => u > 0), ...lower.filter((l) => l <= 0)];
  const { auroc, accuracy } = attributes[0].poolings['last'];
  expect(auroc.value).toBeCloseTo(inOrder.reduce((sum, win) => sum + win, 0) / inOrder.length, 10);
  expect(accuracy.value).toBeCloseTo(right.length / margins.length, 10);
  expect(auroc.low).toBeLessThanOrEqual(auroc.value);
  expect(auroc.high).toBeGreaterThanOrEqual(auroc.value);
  const { tenths } = attributes[0];
  expect(tenths.map(({ tenth }) => tenth)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(tenths[9].auroc).toEqual(auroc);
});

it('says so where a subspace is judged by the rows that it was fitted on', async () => {
  const rows = (await workspace.read('train.jsonl')).replaceAll(/,"group":\d+/g, '');
  await workspace.write('alone.jsonl', rows);
  const fitted = 'fit --attribute alone --output alone.json --data alone.jsonl --layer 1'.split(' ');
  expect(await workspace.run([...fitted, ...SMALL])).toMatchObject({ code: 0 });
  for (const [attribute, data] of [
    ['early', 'train.jsonl'],
    ['alone', 'alone.jsonl'],
    ['alone', './alone.jsonl'],
  ]) {
    const words = ['evaluate-subspace', '--attribute', `./${attribute}.json`, '--data', data, ...SMALL];
    const json = await workspace.run([...words, '--json']);
    expect(jsonLines<Evaluation>(json.stdout)).toMatchObject([{ attributes: [{ fittedOnTheseRows: true }] }]);
    expect(json.stderr).toMatch(/warning: \w+ was fitted on these very rows\./);
  }
  const words = ['evaluate-subspace', '--attribute', './early.json', '--data', 'train.jsonl', ...SMALL];
  const { stdout } = await workspace.run(words);
  expect(stdout).toContain('early was fitted on these very rows, so that the figures flatter');
  expect(stdout).not.toContain('very well');
  const { attributes } = await evaluate('--attribute ./early.json --data dev.jsonl');
  expect(attributes[0]).not.toHaveProperty('fittedOnTheseRows');
});

it('compares several attributes', async () => {
  const { attributes, interference } = await evaluate(
    '--attribute ./early.json ./late.json ./again.json --data dev.jsonl',
  );
  expect(attributes.map(({ attribute }) => attribute)).toEqual(['early', 'late', 'again']);
  // The same data and layer give the same direction.
  expect(interference?.cosines[0]).toEqual([expect.closeTo(1, 6), null, expect.closeTo(1, 6)]);
  expect(interference?.correlations.every[0][2]).toBeCloseTo(1, 10);
  expect(interference?.correlations.last[0][1]).toBeGreaterThan(0.5);
});

it('reads pairs, and says how many are won', async () => {
  const rows = jsonLines<{ prompt: string; response: string }>(await workspace.read('dev.jsonl'));
  const pairs = Array.from({ length: 40 }, (_, i) => {
    const [rejected, chosen] = [rows[2 * i].response, rows[2 * i + 1].response];
    return `${JSON.stringify({ prompt: rows[2 * i].prompt, better: chosen, worse: rejected })}\n`;
  });
  await workspace.write('pairs.jsonl', pairs.join(''));
  const { data, attributes } = await evaluate(
    '--attribute ./early.json --data pairs.jsonl --chosen better --rejected worse',
  );
  expect(data).toMatchObject({ rows: 80, positive: 40, groups: 40 });
  const margins = await lastMargins();
  const won = margins.filter((margin, i) => i % 2 === 1 && margin > margins[i - 1]).length;
  // A response has twelve tokens.
  const share = { pairs: 40, won: { last: { value: won / 40 } } };
  expect(attributes[0].pairs).toMatchObject({
    all: share,
    similarLength: share,
    chosenLonger: { pairs: 0 },
    longerWins: 0.5,
  });
});

interface Fitted {
  readonly layers: readonly number[];
  readonly share: number;
  readonly rows: number;
  readonly groups: number;
  readonly figures?: { readonly auroc: Readonly<Record<'last' | 'mean' | 'min', Estimate>> };
}

it('tells how much training data is enough, and how each layer does', async () => {
  const words =
    'evaluate-subspace --attribute ./early.json --data dev.jsonl --train train.jsonl --learning-curve --sweep-layers all';
  const json = await workspace.run([...words.split(' '), '--json', ...SMALL]);
  expect(json).toMatchObject({ code: 0 });
  const [{ learningCurve, layerSweep, ...rest }] = jsonLines<{
    learningCurve: Fitted[];
    layerSweep: Fitted[];
    training: unknown;
    shared: number;
  }>(json.stdout);
  expect(rest).toMatchObject({ training: { rows: 80, groups: 40 }, shared: 0 });
  expect(learningCurve.map(({ layers, share }) => [layers, share])).toEqual(
    [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1].map((share) => [[1], share]),
  );
  for (const [i, { rows, groups }] of learningCurve.entries()) {
    expect(rows).toBe(2 * groups);
    expect(groups).toBeGreaterThanOrEqual(learningCurve[Math.max(0, i - 1)].groups);
  }
  expect(learningCurve[0].figures).toBeUndefined();
  expect(layerSweep.map(({ layers }) => layers)).toEqual([[0], [1], [2]]);
  expect(layerSweep[1].figures).toEqual(learningCurve[4].figures);
  expect(learningCurve[4].figures?.auroc.mean.low).toBeGreaterThan(0.5);

  const shown = await workspace.run([...words.split(' '), '--output', 'fits.html', ...SMALL]);
  expect(shown).toMatchObject({ code: 0 });
  const auroc = learningCurve[4].figures?.auroc.last.value.toFixed(3);
  expect(shown.stdout).toMatch(new RegExp(`^ +1 +80 +40 +${auroc} `, 'm'));
  expect(shown.stdout).toMatch(new RegExp(`^ +1 +to layer 1 +${auroc} `, 'm'));
  const page = await workspace.read('fits.html');
  expect(page).toContain('aria-label="Learning curve"');
  expect(page).toContain('aria-label="Layers"');
});

it('wants training data for fits, and fits for training data', async () => {
  for (const options of ['--learning-curve', '--sweep-layers 1', '--train train.jsonl']) {
    const words = `evaluate-subspace --attribute ./early.json --data dev.jsonl ${options}`;
    expect(await workspace.run(words.split(' '))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--train with --learning-curve'),
    });
  }
});

it('chooses answers by their margins, and by the likelihood that the model gives them', async () => {
  const questions = [
    { question: 'It was: ', mc1: { 'abcde abcde': 1, 'vwxyz vwxyz': 0 } },
    { question: 'It was: ', mc1: { 'zyx zyx zyx': 0, 'cab cab cab': 1, 'wv wv wv wv': 0 } },
  ];
  await workspace.write('mc.jsonl', questions.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const words = 'evaluate-subspace --attribute ./early.json --data mc.jsonl --choices mc1'.split(' ');
  const run = await workspace.run([...words, '--json', ...SMALL]);
  expect(run).toMatchObject({ code: 0 });
  const [{ mc1 }] = jsonLines<Record<string, Record<string, unknown>>>(run.stdout);
  expect(mc1).toMatchObject({
    questions: 2,
    chance: expect.closeTo(5 / 12, 10),
    logLikelihood: { best: {}, mass: {} },
    attributes: [{ attribute: 'early', layers: [1], poolings: { mean: { best: { value: 1 } } } }],
  });
  const shown = await workspace.run([...words, ...SMALL]);
  expect(shown.stdout).toMatch(/^mc1, 2 questions \(choosing blindly: 0\.417\)$/m);
  expect(shown.stdout).toMatch(/^early, mean +1\.000 /m);
  const wrong = await workspace.run([...words.slice(0, -1), 'question', ...SMALL]);
  expect(wrong).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error \(bad-row\): mc\.jsonl:1: "question"/),
  });
});

it('shows a person what it comes to', async () => {
  const words = 'evaluate-subspace --attribute ./early.json --data dev.jsonl --output page.html'.split(' ');
  const { code, stdout, stderr } = await workspace.run([...words, ...SMALL]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^early tells the two sides apart .*AUROC [\d.]+/m);
  expect(stdout).toMatch(/^after the last token +\d/m);
  expect(stdout).toMatch(/^ +10 +\d/m);
  expect(stdout).toMatch(/Written to page\.html\.\n$/);
  const page = await workspace.read('page.html');
  expect(page).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
  expect(page).not.toContain('It was: ');
});

it('refuses data that figures of it would mean nothing', async () => {
  const [row] = (await workspace.read('dev.jsonl')).split('\n');
  const words = 'evaluate-subspace --attribute ./early.json --data - --json'.split(' ');
  const { code, stdout, stderr } = await workspace.run([...words, ...SMALL], { input: row });
  expect({ code, lines: jsonLines(stdout) }).toEqual({ code: 1, lines: [] });
  expect(stderr).toMatch(/^error \(one-sided-data\): /);
});

it('compare-precision writes into a subspace what another arithmetic makes of it, and who loads it there is told', async () => {
  await fit('read', 1);
  const read = async () =>
    (JSON.parse(await workspace.read('read.json')) as { readings: Record<string, unknown> }).readings;
  expect(await read()).toEqual({ arithmetic: 'f32', layers: 'transformers' });
  const model = SMALL.map((word) => (word === 'f32' ? 'int8' : word));
  const score = async (words: readonly string[]) => {
    const run = await workspace.run([
      ...'score --attribute ./read.json --input dev.jsonl --json'.split(' '),
      ...words,
    ]);
    expect(run.code).toBe(0);
    return run.stderr;
  };
  expect(await score(model)).toMatch(/warning: .*fitted in f32 are read in int8 \(read: not measured\)/);
  const words = 'compare-precision read.json --data dev.jsonl --with int8 f32 --limit 30 --json'.split(' ');
  const [compared] = resultsOf<{ others: Record<string, { rows: number; auroc: number[] }> }>(
    await workspace.run([...words, ...SMALL]),
  );
  expect(compared).toMatchObject({ file: 'read.json', attribute: 'read', fitted: 'f32' });
  expect(compared.others).toMatchObject({ int8: { rows: 60 } });
  expect(await read()).toEqual({ arithmetic: 'f32', layers: 'transformers', others: compared.others });
  expect(await score(model)).toMatch(/warning: .*read: margins of 60 texts differ by \d/);
  expect(await score(SMALL)).not.toContain('warning');
  const two = await workspace.run([
    ...'compare-precision early.json late.json --data dev.jsonl --with int8'.split(' '),
    ...SMALL,
  ]);
  expect(two.stderr).toMatch(/^error \(bad-option\): The files are of several attributes/);
});

it('decorrelate writes subspaces whose margins are uncorrelated', async () => {
  await fit('other', 1, '--positions last');
  const words = 'decorrelate early.json other.json --data dev.jsonl dev.jsonl --output-dir apart --json';
  const made = resultsOf(await workspace.run([...words.split(' '), ...SMALL]));
  expect(made).toMatchObject([
    { output: 'apart/early.json', attribute: 'early', decorrelatedFrom: ['other'] },
    { output: 'apart/other.json', attribute: 'other', decorrelatedFrom: ['early'] },
  ]);
  const within = async (directory: string) => {
    const { interference } = await evaluate(
      `--attribute ${directory}/early.json ${directory}/other.json --data dev.jsonl`,
    );
    return interference?.cosines[0][1];
  };
  expect(await within('.')).toBeGreaterThan((await within('apart')) ?? NaN);
  const few = await workspace.run([
    ...'decorrelate early.json other.json --data dev.jsonl --output-dir apart'.split(' '),
    ...SMALL,
  ]);
  expect(few).toMatchObject({ code: 1, stdout: '' });
  expect(few.stderr).toMatch(/^error \(bad-option\): There are 2 subspaces and 1 files of data\./);
});
