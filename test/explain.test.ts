import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLines, resultsOf } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

interface Completion {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly kl: number;
  readonly margins: Readonly<Record<string, { readonly mean: number; readonly min: number }>>;
}

interface Trace {
  readonly steps: readonly {
    readonly chosen: number;
    readonly candidates: readonly { readonly reference: number; readonly probability: number }[];
    readonly kl: number;
  }[];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

let workspace: Workspace;
let completions: Completion[];
beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  const words = '--attribute ./early.json=3 --samples 2 --max-tokens 6 --trace trace.jsonl --json'.split(' ');
  completions = resultsOf<Completion>(await workspace.run(['generate', 'Once <i>upon', ...words, ...SMALL]));
});
afterAll(async () => workspace.remove());

const explain = async (...words: string[]) => workspace.run(['explain', 'trace.jsonl', ...words]);

it('sums up what generate said', async () => {
  const summaries = resultsOf<Omit<Completion, 'tokens'> & { tokens: number }>(await explain('--json'));
  expect(summaries).toHaveLength(2);
  summaries.forEach(({ text, tokens, kl, margins }, i) => {
    expect({ text, tokens }).toEqual({ text: completions[i].text, tokens: completions[i].tokens.length });
    expect(kl).toBeCloseTo(completions[i].kl, 12);
    expect(margins['early'].mean).toBeCloseTo(completions[i].margins['early'].mean, 12);
    expect(margins['early'].min).toBeCloseTo(completions[i].margins['early'].min, 12);
  });
});

it('shows a line a step, and all candidates of one', async () => {
  const [, trace] = jsonLines<Trace>(await workspace.read('trace.jsonl'));
  const whole = await explain('--completion', '1');
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  expect(whole.stdout).toContain(`Once <i>upon${completions[1].text}`);
  expect(whole.stdout).not.toContain('sample 0');
  expect(whole.stdout.match(/^ *\d+ +".*$/gm)).toHaveLength(trace.steps.length);

  const { stdout } = await explain('--completion', '1', '--step', '2');
  const { candidates, chosen, kl } = trace.steps[2];
  const rows = stdout.match(/^[› ] +".*$/gm) ?? [];
  expect(rows).toHaveLength(candidates.length);
  rows.forEach((row, i) => {
    expect(row.startsWith('›')).toBe(i === chosen);
    const { reference, probability } = candidates[i];
    expect(row).toMatch(new RegExp(`${reference.toFixed(3)} .*${probability.toFixed(3)}`));
  });
  expect(stdout).toContain(`step 2, KL ${kl.toFixed(3)} nats\nsteered by early 3.00\nexpected early `);
  expect(stdout).toMatch(/^early=3, cap 0, seed 0, model [0-9a-f]{12}$/m);
});

it('writes a page that holds what was written', async () => {
  const run = await explain('--html', 'trace.html');
  expect(run).toEqual({ code: 0, stdout: 'Written to trace.html.\n', stderr: '' });
  const page = await workspace.read('trace.html');
  const texts = page
    .match(/(?<=<p class="text">).*?(?=<\/p>)/gs)
    ?.map((text) => text.replaceAll(/<.*?>/g, ''));
  const asHtml = (text: string) => text.replaceAll(/[&<>"]/g, (each) => ENTITIES[each]);
  expect(texts).toEqual(completions.map(({ text }) => asHtml(`Once <i>upon${text}`)));
  expect(page.match(/<details>/g)).toHaveLength(
    completions.reduce((sum, { tokens }) => sum + tokens.length, 0),
  );
});

it('refuses what it cannot show', async () => {
  await workspace.write('bad.jsonl', `${await workspace.read('trace.jsonl')}{"prompt": "a"}\n`);
  const bad = await workspace.run(['explain', 'bad.jsonl']);
  expect(bad).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^error \(bad-trace\): bad\.jsonl:3: the line must have/),
  });
  const errors = [
    [['--step', '6'], 'no-such-step'],
    [['--completion', '2'], 'no-such-completion'],
    [['--attribute', 'late'], 'unknown-attribute'],
    [['--html', 'none/a.html'], 'not-writable'],
  ] as const;
  for (const [words, code] of errors) {
    expect(await explain(...words)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`error (${code})`),
    });
  }
});
