import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunReport, UnitTrace } from '@halfspace/evaluate';
import { startFakeHub } from '../packages/model/src/testing/fake-hub.js';
import { COMMAND, jsonLines, resultsOf } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;

/** Prompts of one suite, in two groups. */
const PROMPTS = Array.from(
  { length: 8 },
  (_, i) => `${JSON.stringify({ prompt: `It was ${i}`, group: `g${i % 2}` })}\n`,
);

const METHODS = [
  { method: 'plain' },
  { method: 'halfspace', weights: { early: 1 }, cap: 'none', name: 'uncapped' },
  { method: 'halfspace', weights: { early: 2 }, control: { mode: 'kl-budget', nats: 0.1 } },
  { method: 'sasa', attribute: 'early', beta: 500 },
  { method: 'word-filter', words: ['a', '@words.txt'], options: { weights: { early: 1 } } },
  { method: 'system-prompt', text: 'Be early.' },
  { method: 'best-of-n', n: 3, weights: { early: 1 } },
];

beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write('words.txt', 'b\nc\n');
  await workspace.write('prompts.jsonl', PROMPTS.join(''));
  await workspace.write('methods.json', JSON.stringify(METHODS));
  await fitEarly(workspace);
  await workspace.write('halfspace.config.json', JSON.stringify({ attributes: ['./early.json'] }));
});
afterAll(async () => workspace.remove());

const COMMON = ['--suite', 'prompts.jsonl', '--samples', '3', '--max-tokens', '6', ...SMALL];
const evaluation = (out: string, ...more: string[]) => [
  'evaluate',
  ...COMMON,
  '--method',
  '@methods.json',
  '--out',
  out,
  ...more,
];

/** What a run has written, without what it cost. */
async function completionsOf(out: string, name = 'completions.jsonl') {
  const lines = jsonLines(await workspace.read(join(out, name)));
  return lines.map((line) => ({ ...line, ms: 0, peakMemory: 0 }) as Record<string, unknown>);
}

it('completes every prompt with every method, reproducibly', async () => {
  const [{ plan }] = resultsOf<RunReport>(await workspace.run([...evaluation('whole'), '--json']));
  expect(plan).toMatchObject({ samples: 3, suites: { prompts: 8 }, model: { precision: 'f32' } });
  const [, ...units] = await completionsOf('whole');
  expect(units).toHaveLength(8 * METHODS.length);
  for (const { completions } of units as unknown as { completions: Record<string, unknown>[] }[]) {
    expect(completions).toHaveLength(3);
    for (const each of completions) {
      // Nothing was written where the end came first.
      const margin = each['text'] === '' ? null : expect.any(Number);
      expect(each).toMatchObject({ text: expect.any(String), margins: { early: margin } });
      expect(each['logprob']).toBeLessThan(0);
    }
  }
});

it('goes on after kill -9 at any time, and comes to the same', async () => {
  // From the first moments of a run to its last ones.
  for (let kills = 0; kills < 5; kills++) {
    const child = spawn(process.execPath, [COMMAND, ...evaluation('killed')], {
      cwd: workspace.path,
      env: { ...process.env, HALFSPACE_CACHE: join(workspace.path, 'cache') },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    const goal = 1 + kills * 11;
    while (child.exitCode === null && (await lineCount('killed')) < goal) await wait(5);
    child.kill('SIGKILL');
    await ended;
  }
  // As a kill in the midst of writing leaves it, within a character.
  const torn = Buffer.from('{"method":"plain","suite":"prompts","text":"é').subarray(0, -1);
  await appendFile(join(workspace.path, 'killed/completions.jsonl'), torn);
  expect(await workspace.run(evaluation('killed'))).toMatchObject({ code: 0 });
  expect(await completionsOf('killed')).toEqual(await completionsOf('whole'));
});

async function lineCount(out: string): Promise<number> {
  const text = await readFile(join(workspace.path, out, 'completions.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

it('does shards apart and puts them together', async () => {
  for (const shard of ['1/3', '2/3', '3/3']) {
    expect(await workspace.run(evaluation(`part-${shard[0]}`, '--shard', shard))).toMatchObject({ code: 0 });
  }
  const merge = ['evaluate', '--merge', 'part-1', 'part-2', 'part-3', '--out', 'merged'];
  expect(await workspace.run(merge)).toMatchObject({ code: 0 });
  const sorted = (lines: object[]) => lines.map((line) => JSON.stringify(line)).sort();
  expect(sorted(await completionsOf('merged'))).toEqual(sorted(await completionsOf('whole')));
});

it('puts methods together that were run apart', async () => {
  const one = (out: string, method: string) => [
    'evaluate',
    ...COMMON,
    '--attribute',
    'early',
    '--method',
    method,
    '--out',
    out,
  ];
  expect(await workspace.run(one('plain', 'plain'))).toMatchObject({ code: 0 });
  expect(await workspace.run(one('early', 'early=1'))).toMatchObject({ code: 0 });
  expect(await workspace.run(['evaluate', '--merge', 'plain', 'early', '--out', 'both'])).toMatchObject({
    code: 0,
  });
  const [, ...units] = await completionsOf('both');
  expect(units.filter(({ method }) => method === 'early=1')).toHaveLength(8);
  expect(units).toHaveLength(16);
});

const JUDGE = `
import { defineJudge } from '${new URL('../packages/core/dist/index.js', import.meta.url).href}';
export default defineJudge({
  name: 'vowels',
  description: 'has many vowels',
  revision: process.env.REVISION ?? '1',
  desired: 'low',
  threshold: 0.3,
  score: (texts) => texts.map(({ completion }) => completion.replace(/[^aeiou]/gi, '').length / Math.max(1, completion.length)),
});
`;

it('judges completions that are there, once, and refuses another revision of the judge', async () => {
  await workspace.write('judge.mjs', JUDGE);
  const judge = ['evaluate', '--out', 'whole', '--judge', './judge.mjs'];
  expect(await workspace.run(judge)).toMatchObject({ code: 0 });
  const judged = await workspace.read('whole/judged-vowels.jsonl');
  const [header, ...lines] = jsonLines<{ scores: number[] }>(judged);
  expect(header).toMatchObject({ judge: { name: 'vowels', desired: 'low', threshold: 0.3 } });
  const [, ...units] = (await completionsOf('whole')) as unknown as { completions: { text: string }[] }[];
  const shares = units.map(({ completions }) =>
    completions.map(({ text }) => (text.match(/[aeiou]/gi)?.length ?? 0) / Math.max(1, text.length)),
  );
  expect(lines.map(({ scores }) => scores)).toEqual(shares);
  expect(await workspace.run(judge)).toMatchObject({ code: 0 });
  expect(await workspace.read('whole/judged-vowels.jsonl')).toBe(judged);
  const { stderr } = await workspace.run(judge, { env: { REVISION: '2' } });
  expect(stderr).toMatch(/^error \(other-run\): .*judged-vowels\.jsonl/m);
});

it('says which judge it waits for, where one never answers, and can be stopped', async () => {
  const silent = JUDGE.replace("'vowels'", "'silent'").replace(
    /score: .*/,
    'score: () => new Promise(() => {}),',
  );
  await workspace.write('silent.mjs', silent);
  const { code, stderr } = await workspace.run(['evaluate', '--out', 'whole', '--judge', './silent.mjs'], {
    onOutput: ({ stderr: said }, child) =>
      // Once: a second one ends it there and then.
      void (/waiting(?!.*Interrupted)/s.test(said) && child.kill('SIGINT')),
  });
  expect(stderr).toContain('Still waiting for the judge "silent", for 10 seconds now.');
  expect(code).toBe(130);
});

it('knows judges by their names, and gives back those that it has when another cannot be had', async () => {
  // Ends when its input does, which is when the judge is disposed of.
  await workspace.write('python3', `#!/bin/sh\necho '{"version": "1"}'\nread -r line\n`);
  await chmod(join(workspace.path, 'python3'), 0o755);
  const env = { PATH: `${workspace.path}${delimiter}${process.env['PATH']}`, PERSPECTIVE_API_KEY: '' };
  const judge = ['evaluate', '--out', 'whole', '--judge', 'profanity-check', 'perspective'];
  const { code, stderr } = await workspace.run(judge, { env });
  expect(stderr).toMatch(/^error \(no-key\): PerspectiveAPI needs a key/m);
  expect(code).toBe(1);
  const unknown = await workspace.run(['evaluate', '--out', 'whole', '--judge', 'toxicty']);
  expect(unknown.stderr).toMatch(
    /^error \(judge-not-found\): .*one of toxicity, truthfulness, helpfulness, profanity-check, perspective/m,
  );
});

/** What of a page is to be seen before anything is clicked on. */
function openText(page: string): string {
  const innermost = /<details>(?:(?!<details>).)*?<\/details>/gs;
  const rest = page.replaceAll(innermost, '');
  return rest === page ? page : openText(rest);
}

it('reports what was judged, as JSON, Markdown and a page that shuts texts away', async () => {
  const [header, ...judged] = jsonLines<{ method: string; scores: number[] }>(
    await workspace.read('whole/judged-vowels.jsonl'),
  );
  expect(header).toBeDefined();
  const plain = judged.filter(({ method }) => method === 'plain').map(({ scores }) => Math.max(...scores));
  const averageMaximum = plain.reduce((sum, score) => sum + score, 0) / plain.length;
  const report = JSON.parse(await workspace.read('whole/report.json')) as RunReport;
  expect(report.units).toEqual({ done: 8 * METHODS.length, total: 8 * METHODS.length });
  const [{ methods, comparisons }] = report.suites;
  expect(methods.map(({ method }) => method)).toEqual(report.plan.methods.map(({ name }) => name));
  expect(methods[0].judges['vowels'].worst.value).toBeCloseTo(averageMaximum, 12);
  expect(Object.keys(methods[0].groups)).toEqual(['g0', 'g1']);
  expect(comparisons).toHaveLength((2 * METHODS.length * (METHODS.length - 1)) / 2);

  const markdown = await workspace.read('whole/report.md');
  const row = markdown.split('\n').find((line) => line.startsWith('| plain | ')) ?? '';
  expect(row).toMatch(new RegExp(`^\\| plain \\| ${averageMaximum.toFixed(3)} \\(`));

  const page = await workspace.read('whole/report.html');
  expect(page).not.toMatch(/<script|<link|<img|https?:\/\/(?!www\.w3\.org)/);
  const open = openText(page);
  expect(page.length - open.length).toBeGreaterThan(1000);
  for (const { completion } of methods.flatMap(({ worst }) => worst)) {
    if (completion.length > 3) expect(open).not.toContain(completion);
  }
  expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(4);
});

it('shows how the worst completions came about, shut away as they are', async () => {
  const explain = [
    'evaluate',
    '--out',
    'whole',
    '--explain-worst',
    '1',
    '--model',
    './untied',
    '--threads',
    '1',
  ];
  expect(await workspace.run(explain)).toMatchObject({ code: 0 });
  const traced = await workspace.read('whole/traces.jsonl');
  const [, ...traces] = jsonLines<UnitTrace>(traced);
  const { suites, plan } = JSON.parse(await workspace.read('whole/report.json')) as RunReport;
  const [{ methods }] = suites;
  expect(traces.map(({ method }) => method)).toEqual(plan.methods.map(({ name }) => name));
  const page = await workspace.read('whole/report.html');
  const open = openText(page);
  for (const [index, { prompt, completion }] of traces.entries()) {
    const [worst] = methods[index].worst;
    expect({ id: prompt, completion: completion.text }).toEqual({
      id: worst.id,
      completion: worst.completion,
    });
    for (const { step } of completion.trace ?? []) {
      expect(page).toContain(`id="step-${index}-${step}"`);
      expect(open).not.toContain(`step-${index}-${step}`);
    }
  }
  // Once; and what another judge has added to the page keeps the traces.
  expect(await workspace.run(explain)).toMatchObject({ code: 0 });
  expect(await workspace.read('whole/traces.jsonl')).toBe(traced);
  expect(await workspace.run(['evaluate', '--out', 'whole'])).toMatchObject({ code: 0 });
  expect(await workspace.read('whole/report.html')).toBe(page);
});

it('has the perplexity of the model that writes when that model reads', async () => {
  const read = ['evaluate', '--out', 'whole', '--reference-model', './untied', '--threads', '1'];
  expect(await workspace.run(read)).toMatchObject({ code: 0 });
  const [, ...lines] = jsonLines<{ logprobs: number[]; tokens: number[] }>(
    await workspace.read('whole/likelihood-untied.jsonl'),
  );
  const [, ...units] = (await completionsOf('whole')) as unknown as {
    completions: { text: string; tokens: number[]; logprob: number }[];
  }[];
  let compared = 0;
  for (const [i, { completions }] of units.entries()) {
    for (const [j, { tokens, logprob }] of completions.entries()) {
      // Special tokens are drawn by this random model, and are no part of the text.
      if (tokens.includes(0) || tokens.includes(1)) continue;
      expect(lines[i].tokens[j]).toBe(tokens.length);
      expect(lines[i].logprobs[j]).toBeCloseTo(logprob, 2);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(50);
});

it.each([
  ['another seed', ['--seed', '1'], /Its seed was 0, and is now 1\./],
  ['other samples', ['--samples', '4'], /Its samples was 3/],
  ['a further method', ['--method', 'early=3'], /Not among its methods were early=3\./],
  ['fewer prompts', ['--limit', '2'], /The prompts have other texts/],
])('refuses to go on with %s', async (_, more, message) => {
  const { code, stderr } = await workspace.run(evaluation('whole', ...more));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error \(other-plan\): whole was begun with another plan\./m);
  expect(stderr).toMatch(message);
});

it('refuses to go on with another model, and with an attribute that was fitted anew', async () => {
  await cp(join(workspace.path, 'whole'), join(workspace.path, 'copy'), { recursive: true });
  const plan = JSON.parse(await workspace.read('copy/plan.json')) as Record<string, unknown>;
  const write = async (changed: object) =>
    writeFile(join(workspace.path, 'copy/plan.json'), JSON.stringify({ ...plan, ...changed }));
  await write({ model: { name: 'untied', fingerprint: '0'.repeat(64), precision: 'f32' } });
  expect((await workspace.run(evaluation('copy'))).stderr).toMatch(
    /Its model was \{"name":"untied","fingerprint":"000/,
  );
  await write({ attributes: { early: '1'.repeat(64) } });
  expect((await workspace.run(evaluation('copy'))).stderr).toMatch(/Its attributes was \{"early":"111/);
  await write({ version: '0.0.1' });
  expect((await workspace.run(evaluation('copy'))).stderr).toMatch(/Its version was "0\.0\.1"/);
});

it.each([
  [
    'a method that there is not',
    '[{"method": "magic"}]',
    /\(bad-method\): bad\.json: There is no method "magic"/,
  ],
  [
    'a parameter too many',
    '[{"method": "sasa", "beta": 1, "attribute": "early", "gamma": 2}]',
    /"gamma" is none of its parameters/,
  ],
  [
    'what generate refuses',
    '[{"method": "halfspace", "topP": 2}]',
    /The method ".*" cannot be used\. The option topP/,
  ],
  [
    'an attribute that there is not',
    '[{"method": "sasa", "beta": 1, "attribute": "late"}]',
    /\(unknown-attribute\)/,
  ],
  [
    'two of one name',
    '[{"method": "plain"}, {"method": "plain"}]',
    /\(bad-plan\): Two methods are named "plain"/,
  ],
])('refuses %s before any work', async (_, specs, message) => {
  await workspace.write('bad.json', specs);
  const { code, stderr } = await workspace.run([
    'evaluate',
    ...COMMON,
    '--method',
    '@bad.json',
    '--out',
    'bad',
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(await lineCount('bad')).toBeLessThanOrEqual(1);
});

it('fetches a published suite that is named without a file', async () => {
  const row = (text: string) => ({
    filename: 'a.txt',
    begin: text.length,
    challenging: true,
    prompt: { text, toxicity: 0.9 },
  });
  const file = Buffer.from(`${JSON.stringify(row('You'))}\n${JSON.stringify(row('They'))}\n`);
  const hub = await startFakeHub('allenai/real-toxicity-prompts', new Map([['prompts.jsonl', file]]));
  const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(workspace.path, 'hub') };
  const words = [
    'evaluate',
    '--suite',
    'rtp-challenging',
    '--method',
    'plain',
    '--samples',
    '1',
    '--out',
    'fetched',
    ...SMALL,
  ];
  const run = await workspace.run(words, { env }).finally(async () => hub.close());
  expect(run).toMatchObject({ code: 0 });
  expect(jsonLines(await workspace.read('fetched/prompts.jsonl')).map(({ text }) => text)).toEqual([
    'You',
    'They',
  ]);
  const unknown = await workspace.run([
    'evaluate',
    '--suite',
    'attaq',
    '--method',
    'plain',
    '--out',
    'x',
    ...SMALL,
  ]);
  expect(unknown.stderr).toMatch(
    /\(unknown-suite\): The suite "attaq" cannot be fetched: only rtp-challenging/,
  );
});

it('refuses a bad row of a suite, naming its line', async () => {
  await mkdir(join(workspace.path, 'suites'), { recursive: true });
  await workspace.write('suites/mine.jsonl', '{"prompt": "a"}\n{"prompt": ""}\n');
  const run = await workspace.run([
    'evaluate',
    '--suite',
    'suites/mine.jsonl',
    '--method',
    'plain',
    '--out',
    'mine',
    ...SMALL,
  ]);
  expect(run.stderr).toMatch(/\(bad-row\): suites\/mine\.jsonl:2: "prompt" must be a text/);
});
