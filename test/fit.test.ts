import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSubspace, subspaceOf } from '@halfspace/subspace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, type RunOptions } from './support/halfspace.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write('rows.jsonl', labelledRows(1600));
  await fit('whole', '--data rows.jsonl --layer 1,2');
});
afterAll(async () => workspace.remove());

const words = (name: string, options: string) => [
  'fit',
  '--attribute',
  'early',
  '--output',
  `${name}.json`,
  '--json',
  ...options.split(' '),
  ...SMALL,
];

/** Fits a subspace into a file, and returns what was told of it. */
async function fit(name: string, options: string, how?: RunOptions) {
  const run = await workspace.run(words(name, options), how);
  expect(run).toMatchObject({ code: 0 });
  return jsonLines(run.stdout)[0];
}

/** Sends a signal when the state has been written and a little time has passed. */
function killAfter(state: string, signal: NodeJS.Signals, ms: number): RunOptions {
  let sent = false;
  return {
    onOutput(_, child) {
      if (sent) return;
      sent = true;
      const timer = setInterval(() => {
        if (!existsSync(join(workspace.path, state))) return;
        clearInterval(timer);
        setTimeout(() => child.kill(signal), ms);
      }, 2);
      child.on('exit', () => clearInterval(timer));
    },
  };
}

it('chooses among layers, and says how each did', async () => {
  const file = JSON.parse(await workspace.read('whole.json')) as {
    layers: number[];
    layerScores: { layer: number; auroc: number }[];
  };
  expect(file.layerScores.map(({ layer }) => layer)).toEqual([1, 2]);
  const best = file.layerScores.reduce((a, b) => (b.auroc > a.auroc ? b : a));
  expect(file.layers).toEqual([best.layer]);
});

it.each([
  ['SIGKILL', 0],
  ['SIGKILL', 120],
  ['SIGINT', 40],
] as const)('goes on after %s, and comes to the same bytes', async (signal, ms) => {
  const options = '--data rows.jsonl --layer 1,2 --state half.state';
  const killed = await workspace.run(words('half', options), killAfter('half.state', signal, ms));
  expect(killed.code).not.toBe(0);
  // Other options do not go with it.
  const other = await workspace.run(words('half', `${options} --seed 1`));
  expect(other).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error \(other-state\): half.state: /m),
  });
  const run = await workspace.run(words('half', options));
  expect(run).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Going on after [\d,]+ rows, from half.state/),
  });
  expect(await workspace.read('half.json')).toBe(await workspace.read('whole.json'));
  await rm(join(workspace.path, 'half.json'));
  expect(
    (await workspace.listing()).filter((name) => name.includes('half.state') && !name.includes('partial')),
  ).toEqual([]);
});

describe('shards', () => {
  const shard = async (part: string, state: string, options = '') =>
    workspace.run([
      ...`fit --attribute early --json --data rows.jsonl --layer 1,2 --shard ${part} --state ${state} ${options}`
        .trim()
        .split(' '),
      ...SMALL,
    ]);
  const merge = async (states: string) =>
    workspace.run(words('merged', `--data rows.jsonl --layer 1,2 --merge ${states}`));

  it('merged come to the fit of the whole', async () => {
    for (const part of [1, 2, 3]) {
      const run = await shard(`${part}/3`, `${part}.hsfit`);
      expect(run).toMatchObject({ code: 0 });
      expect(jsonLines(run.stdout)).toMatchObject([
        {
          state: `${part}.hsfit`,
          shard: `${part}/3`,
          report: { rows: part === 1 ? 533 : expect.any(Number) },
        },
      ]);
    }
    expect(await merge('1.hsfit 2.hsfit 3.hsfit')).toMatchObject({ code: 0 });
    const [whole, merged] = await Promise.all(
      ['whole', 'merged'].map(async (name) => readSubspace(join(workspace.path, `${name}.json`))),
    );
    const [one, other] = [whole, merged].map(subspaceOf);
    let cosine = 0;
    one.direction.forEach((value, i) => (cosine += value * other.direction[i]));
    expect(cosine).toBeCloseTo(1, 6);
    expect(other.offset).toBeCloseTo(one.offset, 6);
    expect(other.calibration.slope / one.calibration.slope).toBeCloseTo(1, 5);
    expect({ layers: merged.layers, data: merged.data }).toEqual({ layers: whole.layers, data: whole.data });
    expect(merged.figures.mean.auroc).toBeCloseTo(whole.figures.mean.auroc, 6);
    // The states of shards are the user's, and stay.
    expect(await workspace.listing()).toEqual(expect.arrayContaining(['1.hsfit', '2.hsfit', '3.hsfit']));
  });

  it('are refused in another order, twice, or from another fit', async () => {
    const refused = (message: string) => ({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^error \\(other-state\\): ${message}`, 'm')),
    });
    expect(await merge('2.hsfit 1.hsfit 3.hsfit')).toMatchObject(
      refused('--merge: .* in the order of the data'),
    );
    expect(await merge('1.hsfit 1.hsfit')).toMatchObject(refused('1.hsfit does not go with 1.hsfit'));
    await shard('1/3', 'other.hsfit', '--positions last');
    expect(await merge('1.hsfit other.hsfit')).toMatchObject(refused('other.hsfit does not go with 1.hsfit'));
  });

  it.each([
    ['', "required option '--output <file>' not specified"],
    ['--shard 1/2', '--shard needs --state'],
    ['--shard 3/2 --state x', 'as in 1/4'],
    ['--shard 1/2 --state x --output y.json', 'cannot be used with'],
  ])('are asked for as they must: %s', async (options, message) => {
    const line = `fit --attribute early --data rows.jsonl ${options}`.trim();
    expect(await workspace.run(line.split(' '))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});

it('comes to the same from CSV, with its columns by other names', async () => {
  const cell = (value: unknown) => `"${String(value)}"`;
  const rows = jsonLines(labelledRows(1600)).map((row) =>
    [row['prompt'], row['response'], row['label'], row['group']].map(cell).join(','),
  );
  await workspace.write('rows.csv', `question,answer,kind,topic\n${rows.join('\n')}\n`);
  const columns = '--prompt question --response answer --label kind --group topic';
  await fit('csv', `--data rows.csv --layer 1,2 ${columns}`);
  expect(await workspace.read('csv.json')).toBe(await workspace.read('whole.json'));
});

it('fits pairs on what a response adds to its prompt, and tells how many are won', async () => {
  const rows = jsonLines(labelledRows(400));
  const pairs = Array.from({ length: 200 }, (_, i) => ({
    prompt: rows[2 * i]['prompt'],
    worse: rows[2 * i]['response'],
    better: rows[2 * i + 1]['response'],
  }));
  await writeFile(
    join(workspace.path, 'pairs.jsonl'),
    pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''),
  );
  const columns = '--chosen better --rejected worse --centring prompt';
  const { figures, centring } = await fit('pairs', `--data pairs.jsonl --layer 1 ${columns}`);
  expect(centring).toBe('prompt');
  const { pairs: won } = figures as { pairs: { count: number; mean: { share: number; low: number } } };
  expect(won.count).toBeGreaterThan(20);
  expect(won.mean.share).toBeGreaterThan(0.9);
  expect(won.mean.low).toBeGreaterThan(0.8);
});

it('says of small data that figures are out of fold, whatever stands for a label', async () => {
  const rows = jsonLines(labelledRows(40)).map(({ response, label }) => ({ response, label }));
  const table = (name: (label: unknown) => string) =>
    `response,label\n${rows.map(({ response, label }) => `${String(response)},${name(label)}\n`).join('')}`;
  await workspace.write(
    'pandas.csv',
    table((label) => (label === 1 ? 'True' : 'False')),
  );
  await workspace.write('words.csv', `${table((label) => (label === 1 ? 'Yes' : 'no'))}undecided,\n`);
  const { data } = await fit('pandas', '--data pandas.csv --layer 1');
  const told = words('words', '--data words.csv --layer 1').filter((word) => word !== '--json');
  const run = await workspace.run(told);
  expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('1 row without a label left out.') });
  expect(run.stdout).toContain('measured out of fold on 40 texts (5 folds, divided 4 times):');
  const { data: byWords } = JSON.parse(await workspace.read('words.json')) as { data: object };
  // Rows without a group are called by their file.
  expect({ ...byWords, digest: '' }).toEqual({ ...(data as object), digest: '' });
});

it('tells before the fit what is doubtful about the data', async () => {
  const rows = labelledRows(60);
  const [first] = rows.split('\n');
  await workspace.write('noisy.jsonl', `${rows}${first}\n${first.replace('"label":0', '"label":1')}\n`);
  const { report } = await fit('noisy', '--data noisy.jsonl --layer 1');
  expect(report).toMatchObject({ rows: 62, duplicates: 2, contradictions: 1 });
});
