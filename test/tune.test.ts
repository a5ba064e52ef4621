import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultsOf } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Report {
  readonly weights: Readonly<Record<string, number>>;
  readonly settled: boolean;
  readonly prompts: { readonly tunedOn: number; readonly measuredOn: number };
  readonly frontier: readonly {
    readonly scale: number;
    readonly weights: Readonly<Record<string, number>>;
    readonly kl: Estimate;
    readonly margins: Readonly<Record<string, Estimate>>;
    readonly evaluations: Estimate;
  }[];
}

const PROMPTS = [
  'Once',
  'It was',
  'A day',
  'The sea',
  'On top',
  'By now',
  'So far',
  'He said',
  'Go on',
  'We',
];
const DECODING = ['--max-tokens', '8', '--samples', '2', '--top-k', '4', ...SMALL];

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write('prompts.txt', PROMPTS.join('\n'));
  await fitEarly(workspace);
});
afterAll(async () => workspace.remove());

const tune = async (...words: string[]) =>
  workspace.run(['tune', '--prompts', 'prompts.txt', ...DECODING, ...words]);

it('finds weights for a preset, and says what they and others do on other prompts', async () => {
  const words = ['--attribute', './early.json', '--preset', 'balanced', '--out', 'weights.json', '--json'];
  const [report] = resultsOf<Report>(await tune(...words, '--html', 'frontier.html'));
  expect(report).toMatchObject({ settled: true, prompts: { tunedOn: 5, measuredOn: 5 } });
  const { frontier, weights } = report;
  expect(frontier.map(({ scale }) => scale)).toEqual([0, 0.25, 0.5, 1, 2, 4]);
  const [none, , , tuned, , most] = frontier;
  expect(none).toMatchObject({ kl: { value: 0 }, evaluations: { value: 1 } });
  expect(tuned.weights).toEqual(weights);
  expect(tuned.kl.low).toBeLessThan(0.15);
  expect(tuned.kl.high).toBeGreaterThan(0.1);
  expect(most.margins['early'].value).toBeGreaterThan(none.margins['early'].value);
  expect(JSON.parse(await workspace.read('weights.json'))).toMatchObject({
    weights: { './early.json': { weight: weights['early'], cap: 0 } },
    goal: { kl: 0.15 },
    measured: tuned,
  });
  const page = await workspace.read('frontier.html');
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script/);
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page).not.toMatch(/The sea|He said/);

  const generate = ['generate', 'Once', ...DECODING, '--json'];
  const texts = async (...choice: string[]) =>
    resultsOf<{ text: string }>(await workspace.run([...generate, ...choice])).map(({ text }) => text);
  const found = await texts('--weights', 'weights.json');
  expect(found).toEqual(await texts('--attribute', `./early.json=${weights['early']}`));
  expect(found).not.toEqual(await texts());
});

it('finds weights for a level, and shows a table', async () => {
  const run = await tune('--at-least', './early.json=0.3', '--sample', '6');
  expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^early=\d/) });
  expect(run.stdout).toMatch(
    /^On 4 prompts that they were not tuned on, the weights bring early to .* for at least 0\.3, at 0\.\d{3} /m,
  );
  expect(run.stdout.match(/^ *[\d.]+ {2}.*$/gm)).toHaveLength(6);
});

it('refuses what it cannot do, before any work or saying what can be had', async () => {
  const early = ['--attribute', './early.json'];
  await workspace.write('few.txt', 'a\nb\na\nb\nc');
  await workspace.write('long.txt', ['a', 'b', 'c', 'd', 'e'.repeat(70)].join('\n'));
  await workspace.write('bad.json', '{"weights": {"early": "much"}, "model": "x", "decoding": {}}');
  await workspace.write('other.json', '{"weights": {"./early.json": 1}, "model": "x", "decoding": {}}');
  await workspace.write('code.mjs', "import fs from 'node:fs'; fs.writeFileSync('run', '');");
  await workspace.write('code.json', '{"weights": {"./code.mjs": 1}, "model": "x", "decoding": {}}');
  const code = ['generate', 'a', '--weights', 'code.json', ...SMALL];
  const errors: [Promise<{ code: number | null; stderr: string }>, RegExp][] = [
    [tune(...early), /^error \(usage\): Say what the weights are for.*got none/],
    [tune(...early, '--kl', '0.1', '--preset', 'light'), /^error \(usage\): .*got several/],
    [tune('--kl', '0.1'), /^error \(usage\): Name the attributes/],
    [tune(...early, '--kl', '0.1', '--sample', '9'), /^error \(too-few-prompts\): There are 10 .* leaves 1 /],
    [tune(...early, '--kl', '0.1', '--prompts', 'few.txt'), /^error \(too-few-prompts\): There are 3 /],
    [tune(...early, '--kl', '0.1', '--out', 'none/a.json'), /^error \(not-writable\)/],
    [tune(...early, '--kl', '0.1', '--prompts', 'long.txt'), /^error \(context-overflow\): .*"eeeee/],
    [tune(...early, '--kl', '9'), /^error \(out-of-reach\): No weights move these prompts by 9 nats/],
    [workspace.run(code), /^error \(module-not-allowed\): code\.json names the module .*--allow-modules/],
    [workspace.run(['generate', 'a', '--weights', 'bad.json', ...SMALL]), /^error \(bad-weights\)/],
    [
      workspace.run(['generate', 'a', '--weights', 'other.json', ...SMALL]),
      /^The weights were tuned with earlyExit .*\n(.*\n)?error \(weights-of-another-model\)/,
    ],
  ];
  for (const [run, message] of errors) {
    const { code, stderr } = await run;
    expect({ code, stderr }).toMatchObject({ stderr: expect.stringMatching(message) });
    expect(code).toBeGreaterThan(0);
  }
  expect(await workspace.listing()).not.toContain('run');
  const allowed = await workspace.run([...code, '--allow-modules']);
  expect(allowed.stderr).toMatch(/^error \(no-attribute\): .*code\.mjs exports no attribute/m);
  expect(await workspace.listing()).toContain('run');
});
