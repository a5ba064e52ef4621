import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { halfspace, resultsOf } from './support/halfspace.js';

const FIXTURE = new URL('../packages/backend-onnx/fixtures/default-model', import.meta.url).href;
const TEXT = fileURLToPath(`${FIXTURE}.txt`);

/** What transformers computes with the default model. */
interface Expected {
  readonly greedy: readonly { readonly prompt: string; readonly greedy: readonly number[] }[];
  readonly text: { readonly tokens: readonly number[]; readonly logProbs: readonly number[] };
}

/** Runs the command with the default model, and reads its JSON lines. */
async function run<T>(words: readonly string[], input = ''): Promise<T[]> {
  return resultsOf<T>(await halfspace([...words, '--json'], { input }));
}

let expected: Expected;
beforeAll(async () => {
  expected = JSON.parse(await readFile(new URL(`${FIXTURE}.json`), 'utf8')) as Expected;
  // Fetches it, unless an earlier run has.
  const [{ path }] = await run<{ path: string }>(['model', 'pull']);
  expect(existsSync(path)).toBe(true);
});

// The first run on a machine compiles the model.
describe('the default model', { timeout: 300_000 }, () => {
  it('has the perplexity that transformers gives it', async () => {
    const { tokens, logProbs } = expected.text;
    const words = ['perplexity', TEXT, '--window', String(tokens.length), '--precision', 'f32'];
    const [found] = await run<{ perplexity: number; tokens: number }>(words);
    const mean = logProbs.reduce((sum, logProb) => sum + logProb, 0) / logProbs.length;
    expect(found.tokens).toBe(logProbs.length);
    expect(Math.abs(found.perplexity / Math.exp(-mean) - 1)).toBeLessThan(0.001);
  });

  it('writes what transformers writes at temperature 0', async () => {
    const cases = expected.greedy.slice(0, 3);
    const input = cases.map(({ prompt }) => `${JSON.stringify({ prompt })}\n`).join('');
    const words = ['--temperature', '0', '--precision', 'f32', '--max-tokens', '24'];
    const found = await run<{ tokens: number[] }>(['generate', '--prompts', '-', ...words], input);
    expect(found.map(({ tokens }) => tokens)).toEqual(cases.map(({ greedy }) => greedy));
  });

  it('is steered by the attribute that comes with the command', async () => {
    const completions = async (weight: number) => {
      const words = ['--attribute', `nontoxic=${weight}`, '--samples', '6', '--max-tokens', '12'];
      return run<{ margins: { nontoxic: { mean: number } }; kl: number }>([
        'generate',
        'I hate you, you are such a',
        ...words,
      ]);
    };
    const [plain, steered] = [await completions(0), await completions(6)];
    const meanOf = (all: typeof plain) =>
      all.reduce((sum, { margins }) => sum + margins.nontoxic.mean, 0) / 6;
    expect(meanOf(steered)).toBeGreaterThan(meanOf(plain) + 0.5);
    expect(plain.every(({ kl }) => kl === 0)).toBe(true);
    expect(steered.some(({ kl }) => kl > 0)).toBe(true);
  });

  it('is tuned to a KL a token', async () => {
    const prompts = [
      'He shouted:',
      'My boss is such a',
      'They looked at her and',
      'You are',
      'Shut',
      'I hate',
    ];
    // So few tokens that the arithmetic moves what can be had: that is why it is named.
    const words = [
      '--attribute',
      'nontoxic',
      '--preset',
      'balanced',
      '--max-tokens',
      '6',
      '--precision',
      'f32',
    ];
    interface Report {
      readonly weights: { readonly nontoxic: number };
      readonly rounds: readonly { readonly kl: number }[];
      readonly frontier: readonly { readonly kl: { readonly value: number } }[];
    }
    const [report] = await run<Report>(['tune', '--prompts', '-', ...words], prompts.join('\n'));
    expect(report.rounds.at(-1)?.kl).toBeGreaterThan(0.075);
    expect(report.rounds.at(-1)?.kl).toBeLessThan(0.3);
    expect(report.weights.nontoxic).toBeGreaterThan(0.5);
    expect(report.weights.nontoxic).toBeLessThan(30);
    const [none, , , tuned, , most] = report.frontier.map(({ kl }) => kl.value);
    expect(none).toBe(0);
    expect(tuned).toBeGreaterThan(0.02);
    expect(most).toBeGreaterThan(0.1);
  });

  it('tells friendly from rude', async () => {
    const input = ['Thank you so much, that was very kind of you.', 'Shut up, you disgusting idiot.']
      .map((response) => JSON.stringify({ response }))
      .join('\n');
    const [friendly, rude] = await run<{ probability: { nontoxic: number } }>(
      ['score', '--attribute', 'nontoxic', '--input', '-'],
      input,
    );
    expect(friendly.probability.nontoxic).toBeGreaterThan(0.5);
    expect(rude.probability.nontoxic).toBeLessThan(0.3);
  });
});
