import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, resultsOf } from './support/halfspace.js';
import { makeSmallModel, readExpected, textOfTokens } from './support/small-model.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

interface Completion {
  readonly prompt: string;
  readonly promptIndex: number;
  readonly sample: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly tokenTexts: readonly string[];
  readonly tokenLogprobs: readonly number[];
  readonly logprob: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly kl: number;
  readonly evaluations: number;
  readonly attempts?: number;
  readonly statuses?: Record<string, number>;
  readonly margins: Readonly<Record<string, { readonly mean: number; readonly min: number }>>;
  readonly finishReason: string;
  readonly timing: { readonly promptMs: number; readonly decodeMs: number };
}

interface TracedStep {
  readonly step: number;
  readonly candidates: readonly {
    readonly token: number;
    readonly text: string;
    readonly reference: number;
    readonly margins: Readonly<Record<string, number>>;
    readonly probability: number;
  }[];
  readonly chosen: number;
  readonly kl: number;
}

interface TracedCompletion {
  readonly prompt: string;
  readonly promptIndex: number;
  readonly sample: number;
  readonly text: string;
  readonly seed: number;
  readonly weights: Readonly<Record<string, number | string>>;
  readonly formula?: string;
  readonly caps?: Readonly<Record<string, number | null>>;
  readonly steps: readonly TracedStep[];
}

const PROMPT = 'Once upon a time ';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write('rows.jsonl', labelledRows(60));
  for (const [name, layer] of Object.entries({ early: '1', late: '2' })) {
    const words = ['fit', '--attribute', name, '--data', 'rows.jsonl', '--layer', layer];
    expect(await workspace.run([...words, '--output', `${name}.json`, ...SMALL])).toMatchObject({ code: 0 });
  }
});
afterAll(async () => workspace.remove());

async function generate(words: readonly string[], input?: string): Promise<Completion[]> {
  const run = await workspace.run(['generate', '--json', ...SMALL, ...words], {
    ...(input !== undefined && { input }),
  });
  return resultsOf<Completion>(run);
}

const textsOf = (completions: readonly Completion[]) => completions.map(({ text }) => text);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('what is written', () => {
  it('is one line a completion, with these fields and no others', async () => {
    const words = ['--max-tokens', '5', '--attribute', './early.json', '--attribute', './late.json=0'];
    const [found, ...rest] = await generate([PROMPT, ...words]);
    expect(rest).toEqual([]);
    expect(Object.keys(found)).toEqual([
      'prompt',
      'promptIndex',
      'sample',
      'text',
      'tokens',
      'tokenTexts',
      'tokenLogprobs',
      'logprob',
      'promptTokens',
      'cachedTokens',
      'kl',
      'klIsExact',
      'evaluations',
      'margins',
      'finishReason',
      'timing',
    ]);
    expect(found).toMatchObject({ prompt: PROMPT, promptIndex: 0, sample: 0, finishReason: 'length' });
    expect(found.text).toBe(textOfTokens(found.tokens));
    expect(found.tokens).toHaveLength(5);
    expect(found.tokenTexts.join('')).toBe(found.text);
    expect(found.tokenLogprobs).toHaveLength(5);
    expect(sum(found.tokenLogprobs)).toBeCloseTo(found.logprob, 9);
    expect(found).toMatchObject({ promptTokens: PROMPT.length, cachedTokens: 0 });
    expect(Object.keys(found.margins)).toEqual(['early', 'late']);
    expect(Object.keys(found.margins['early'])).toEqual(['mean', 'min']);
    expect(Object.keys(found.timing)).toEqual(['promptMs', 'decodeMs']);
    expect(Object.values(found.timing).every((ms) => ms > 0)).toBe(true);
  });

  it('is prompt and completion for a person, and the figures are on stderr', async () => {
    const words = [PROMPT, '--max-tokens', '8', '--attribute', './early.json', '--seed', '3'];
    // The library for colours takes this variable for a terminal.
    const run = await workspace.run(['generate', ...SMALL, ...words], { env: { CI: 'true' } });
    expect(run.stdout).toMatch(new RegExp(`^${PROMPT}[ -~]+\\n$`));
    expect(run.stderr).toMatch(
      /^\[\d tokens[a-z ]*, KL [\d.]+ nats, early -?[\d.]+ \(lowest -?[\d.]+\), [\d.]+ ms a token\]\n$/,
    );
  });
});

describe('prompts', () => {
  const short = ['--max-tokens', '3', '--samples', '2'];

  it('come from JSON lines and plain text, from stdin and files alike', async () => {
    await workspace.write('prompts.jsonl', '{"prompt": "The sea"}\n{"id": 7, "prompt": "A hill"}\n');
    const found = await generate(['--prompts', 'prompts.jsonl', ...short]);
    expect(found.map(({ prompt, promptIndex, sample }) => [prompt, promptIndex, sample])).toEqual([
      ['The sea', 0, 0],
      ['The sea', 0, 1],
      ['A hill', 1, 0],
      ['A hill', 1, 1],
    ]);
    const plain = await generate(['--prompts', '-', ...short], 'The sea\n\nA hill');
    expect(textsOf(plain)).toEqual(textsOf(found));
  });

  it('may have an answer that is begun, by --begin or in messages of a row', async () => {
    const [begun] = await generate(['Why?', '--chat', '--begin', 'Because', ...short]);
    expect(begun.prompt).toBe('user: Why?\nassistant: Because');
    expect(begun.text).toBe((await generate([begun.prompt, ...short]))[0].text);
    const messages = [
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Because' },
    ];
    const rows = [{ messages }, { messages: messages.slice(0, 1) }, { prompt: 'The sea' }];
    await workspace.write('chats.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    const found = await generate(['--prompts', 'chats.jsonl', ...short]);
    expect(found.map(({ prompt }) => prompt)).toEqual(
      [begun.prompt, 'user: Why?\nassistant: ', 'The sea'].flatMap((prompt) => [prompt, prompt]),
    );
    expect(found[0].text).toBe(begun.text);
    const shown = await workspace.run([
      'generate',
      'Why?',
      '--chat',
      '--begin',
      'Because',
      '--max-tokens',
      '3',
      ...SMALL,
    ]);
    expect(shown.stdout.startsWith('Because')).toBe(true);
  });

  it('with --begin are refused where there is no answer to begin', async () => {
    const refused = async (...words: string[]) =>
      workspace.run(['generate', ...words, '--begin', 'Because', ...SMALL]);
    expect(await refused('Why?')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Add --chat') as string,
    });
    await workspace.write('begun.jsonl', '{"messages": [{"role": "assistant", "content": "Because"}]}');
    expect(await refused('--prompts', 'begun.jsonl')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('end in one already') as string,
    });
  });

  it('are rendered by the chat template of --chat-template', async () => {
    await workspace.write('chat.jinja', '{{ bos_token }}Q: {{ messages[0].content }} A:');
    const words = ['Why?', '--chat', '--chat-template', 'chat.jinja', ...short];
    expect((await generate(words))[0].prompt).toBe('<s>Q: Why? A:');
    await workspace.write('bad.jinja', '{% if %}');
    expect(await workspace.run(['generate', 'Why?', '--chat-template', 'bad.jinja', ...short])).toMatchObject(
      {
        code: 1,
        stderr: expect.stringContaining('The chat template that was given cannot be read') as string,
      },
    );
    expect(
      await workspace.run(['generate', 'Why?', '--chat-template', 'none.jinja', ...short]),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('none.jinja') as string,
    });
  });

  it('are the turn of a user with --chat', async () => {
    const [chat] = await generate(['Why?', '--chat', ...short]);
    expect(chat.prompt).toBe('user: Why?\nassistant: ');
    expect(chat.text).toBe((await generate([chat.prompt, ...short]))[0].text);
  });
});

describe('sampling', () => {
  it('gives the same completions for a seed, whatever is decoded beside them', async () => {
    const steered = ['--max-tokens', '20', '--attribute', './early.json=1', '--seed', '5'];
    await workspace.write('two.txt', 'The sea\nA hill\n');
    const many = await generate(['--prompts', 'two.txt', '--samples', '25', ...steered]);
    const few = await generate(['A hill', '--samples', '3', ...steered]);
    expect(textsOf(few)).toEqual(textsOf(many.slice(25, 28)));
    expect(new Set(textsOf(many)).size).toBeGreaterThan(30);
    const other = await generate(['A hill', '--samples', '3', ...steered, '--seed', '6']);
    expect(textsOf(other)).not.toEqual(textsOf(few));
  });

  it('takes the most probable token at temperature 0', async () => {
    const words = [PROMPT, '--max-tokens', '12'];
    const [greedy] = await generate([...words, '--temperature', '0', '--seed', '1', '--top-k', '0']);
    const [again] = await generate([...words, '--temperature', '1', '--seed', '2', '--top-k', '1']);
    expect(again.text).toBe(greedy.text);
  });

  it('ends before a stop text', async () => {
    const [whole] = await generate([PROMPT, '--max-tokens', '30']);
    const stop = whole.text.slice(11, 13);
    const [found] = await generate([PROMPT, '--max-tokens', '30', '--stop', 'never', '--stop', stop]);
    expect(found).toMatchObject({
      text: whole.text.slice(0, whole.text.indexOf(stop)),
      finishReason: 'stop',
    });
  });

  it('ends where the context of the model does', async () => {
    const found = await generate(['x'.repeat(60), '--samples', '9']);
    const lengths = found.filter(({ finishReason }) => finishReason === 'length');
    expect(lengths.length).toBeGreaterThan(0);
    expect(lengths.every(({ tokens }) => tokens.length === 4)).toBe(true);
  });
});

describe('what is forbidden', () => {
  const words = [PROMPT, '--samples', '6', '--max-tokens', '30', '--attribute', './early.json'];

  it('is in no completion: words, files of words and patterns', async () => {
    const free = textsOf(await generate(words));
    expect(free.join('')).toMatch(/\d/);
    const [one, other] = [...new Set(free.flatMap((text) => text.match(/(?<!\w)\w(?!\w)/g) ?? []))];
    expect(other).toBeDefined();
    await workspace.write('words.txt', `${other.toUpperCase()}\n\nnever\n`);
    const forbid = ['--forbid', one, '--forbid', '@words.txt', '--forbid-pattern', String.raw`\d`];
    const found = textsOf(await generate([...words, ...forbid]));
    expect(found).toHaveLength(6);
    const escaped = [one, other].map((word) => `(?<!\\w)${word}(?!\\w)`).join('|');
    for (const text of found) expect(text).not.toMatch(new RegExp(`${escaped}|\\d`, 'i'));
  });

  it('ends completions with an error where a pattern would be matched without end', async () => {
    const endless = ['--forbid-pattern', String.raw`(.*)*\u0001`];
    expect(await workspace.run(['generate', PROMPT, '--max-tokens', '60', ...endless])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it can be matched in too many ways'),
    });
  });

  it('is checked before the model is loaded', async () => {
    const run = async (...options: string[]) => workspace.run(['generate', PROMPT, ...options]);
    expect(await run('--forbid-pattern', '(')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('regular expression'),
    });
    expect(await run('--forbid', '')).toMatchObject({ code: 2 });
    expect(await run('--forbid', '@nowhere.txt')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error \(file-not-found\): There is no file nowhere\.txt\./),
    });
  });
});

describe('logprob', () => {
  it.each(['untied', 'llama3-rope'] as const)('is that of transformers: %s', async (name) => {
    await makeSmallModel(name, `${workspace.path}/${name}`);
    const { tokens, logProbs } = await readExpected(name);
    const words = ['--samples', '30', '--max-tokens', '1', '--top-k', '0', '--top-p', '1'];
    const input = JSON.stringify({ prompt: textOfTokens(tokens) });
    const found = await generate(['--prompts', '-', ...words, '--model', `./${name}`], input);
    expect(new Set(found.map((each) => each.tokens[0])).size).toBeGreaterThan(3);
    for (const each of found) expect(each.logprob).toBeCloseTo(logProbs[each.tokens[0]], 4);
  });
});

describe('--trace', () => {
  const weights = { early: 1.5, late: 0.5 };

  it.each(['margin', 'softmax'] as const)('shows every step, which add up: %s', async (bonus) => {
    const attributes = Object.entries(weights).flatMap(([name, weight]) => [
      '--attribute',
      `./${name}.json=${weight}`,
    ]);
    const cap = bonus === 'margin' ? ['--cap', 'none'] : [];
    const words = ['--samples', '2', '--max-tokens', '12', '--bonus', bonus, ...cap];
    const trace = ['--trace', 'trace.jsonl'];
    const completions = await generate([PROMPT, ...attributes, ...words, ...trace]);
    expect(completions.some((each) => 'trace' in each)).toBe(false);
    const lines = jsonLines<TracedCompletion>(await workspace.read('trace.jsonl'));
    expect(lines.map(({ prompt, sample, text }) => ({ prompt, sample, text }))).toEqual(
      completions.map(({ prompt, sample, text }) => ({ prompt, sample, text })),
    );
    const settings = {
      seed: 0,
      weights,
      bonus,
      ...(bonus === 'margin' && { caps: { early: null, late: null } }),
      model: expect.stringMatching(/^[0-9a-f]+$/),
    };
    expect(lines[1]).toMatchObject({ promptIndex: 0, ...settings });
    const calibrations = await Promise.all(
      Object.keys(weights).map(async (name) => {
        const { calibration } = JSON.parse(await workspace.read(`${name}.json`)) as {
          calibration: { slope: number; intercept: number };
        };
        return { name, ...calibration };
      }),
    );

    for (const { candidates, kl } of lines.flatMap(({ steps }) => steps)) {
      const distances = calibrations.map(({ name, slope, intercept }) =>
        candidates.map(({ margins }) => (margins[name] - intercept) / slope),
      );
      const bonuses = candidates.map(({ margins }, candidate) =>
        sum(
          Object.entries(weights).map(([name, weight], a) =>
            bonus === 'margin'
              ? weight * margins[name]
              : (weight * Math.exp(distances[a][candidate])) / sum(distances[a].map(Math.exp)),
          ),
        ),
      );
      const tilted = candidates.map(({ reference }, i) => reference * Math.exp(bonuses[i]));
      candidates.forEach(({ probability }, i) => expect(probability).toBeCloseTo(tilted[i] / sum(tilted), 9));
      const terms = candidates.map(({ reference: p, probability: q }) => q * Math.log(q / p));
      expect(kl).toBeCloseTo(sum(terms), 9);
    }
    for (const { sample, tokens, kl, margins } of completions) {
      const own = lines[sample].steps;
      const chosen = own.map(({ candidates, chosen: index }) => candidates[index]);
      expect(own.map(({ step }) => step)).toEqual([...tokens.keys()]);
      expect(chosen.map(({ token }) => token)).toEqual(tokens);
      expect(kl).toBeCloseTo(sum(own.map((step) => step.kl)), 9);
      expect(kl).toBeGreaterThan(0.01);
      const written = chosen.filter(({ token }) => token !== 1);
      for (const name of Object.keys(weights)) {
        const values = written.map((candidate) => candidate.margins[name]);
        expect(margins[name].mean).toBeCloseTo(sum(values) / values.length, 9);
        expect(margins[name].min).toBeCloseTo(Math.min(...values), 9);
      }
    }
  });
});

it('writes the same with lazy and with eager look-ahead, from fewer evaluations', async () => {
  const words = ['--samples', '20', '--max-tokens', '8', '--attribute', './early.json=2', '--cap', '0.3'];
  const lazy = await generate([PROMPT, ...words]);
  const eager = await generate([PROMPT, ...words, '--look-ahead', 'eager']);
  expect(lazy.map(({ tokens, margins }) => ({ tokens, margins }))).toEqual(
    eager.map(({ tokens, margins }) => ({ tokens, margins })),
  );
  expect(sum(lazy.map(({ evaluations }) => evaluations))).toBeLessThan(
    sum(eager.map(({ evaluations }) => evaluations)),
  );
});

it('gives an attribute a cap of its own, by its name or its path, and refuses that of another', async () => {
  const words = [PROMPT, '--samples', '2', '--max-tokens', '6'];
  const both = ['--attribute', './early.json=2', '--attribute', './late.json=1'];
  const traced = async (...caps: readonly string[]) => {
    const flags = caps.flatMap((cap) => ['--cap', cap]);
    const found = await generate([...words, ...both, ...flags, '--trace', 'caps.jsonl']);
    const [line] = jsonLines<TracedCompletion>(await workspace.read('caps.jsonl'));
    return { texts: textsOf(found), caps: line.caps };
  };
  const own = await traced('early=none', '0.25');
  expect(own.caps).toEqual({ early: null, late: 0.25 });
  expect(await traced('0.25', './early.json=none')).toEqual(own);
  expect((await traced()).caps).toEqual({ early: 0, late: 0 });
  const lost = await workspace.run(['generate', PROMPT, ...both, '--cap', 'later=1', ...SMALL]);
  expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('(bad-option): --cap later is of') });
  const idle = ['--attribute', './early.json', '--formula', '2*early', '--cap', '1'];
  const refused = await workspace.run(['generate', PROMPT, ...idle, ...SMALL]);
  expect(refused.stderr).toContain('(bad-option): A formula says its own caps');
});

it('writes again what is below a margin, by the name of the attribute or its path, and says how often', async () => {
  const words = [PROMPT, '--attribute', './early.json=0', '--max-tokens', '6', '--samples', '6'];
  const plain = await generate(words);
  const bound = plain.map(({ margins }) => margins['early'].mean).sort((a, b) => a - b)[3];
  const redrawn = await generate([
    ...words,
    '--redraw-if-mean-below',
    `./early.json=${bound}`,
    '--max-attempts',
    '3',
  ]);
  redrawn.forEach(({ margins, text, attempts }, i) => {
    if (plain[i].margins['early'].mean >= bound)
      expect({ text, attempts }).toEqual({ text: plain[i].text, attempts: 1 });
    else if (attempts !== 3) expect(margins['early'].mean).toBeGreaterThanOrEqual(bound);
    else expect(margins['early'].mean).toBeGreaterThanOrEqual(plain[i].margins['early'].mean);
  });
  expect(new Set(redrawn.map(({ attempts }) => attempts)).size).toBeGreaterThan(1);
  const named = await workspace.run(['generate', PROMPT, ...SMALL, '--redraw-if-mean-below', 'nobody=0']);
  expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody') });
});

it('writes what `perplexity` and `score` read again', async () => {
  // One token, and the rest is the completion.
  const prompt = 'O';
  const words = ['--attribute', './early.json=3', '--temperature', '0.5', '--max-tokens', '20'];
  const [{ text, tokens, logprob, margins }] = await generate([prompt, ...words]);
  expect(tokens).toHaveLength(text.length);

  const window = String(tokens.length + 1);
  const read = await workspace.run(['perplexity', '-', '--window', window, '--json', ...SMALL], {
    input: prompt + text,
  });
  const [{ perplexity }] = resultsOf<{ perplexity: number }>(read);
  // The log-probability is the unsteered model's own, however the tokens were drawn.
  expect(logprob).toBeCloseTo(-tokens.length * Math.log(perplexity), 3);

  const score = ['score', '--attribute', './early.json', '--input', '-', '--json', ...SMALL];
  const scored = await workspace.run(score, { input: JSON.stringify({ prompt, response: text }) });
  const [again] = resultsOf<{ margins: Completion['margins'] }>(scored);
  expect(again.margins['early'].mean).toBeCloseTo(margins['early'].mean, 4);
  expect(again.margins['early'].min).toBeCloseTo(margins['early'].min, 4);
});

describe('schedules and formulas', () => {
  const words = ['--samples', '3', '--max-tokens', '6'];
  const both = ['--attribute', './early.json', '--attribute', './late.json'];

  /** Makes sure that each step was re-weighted by exp(bonus) and returns the trace. */
  async function tilted(
    options: readonly string[],
    bonusAt: (margins: Readonly<Record<string, number>>, step: number) => number,
  ): Promise<TracedCompletion[]> {
    const cap = options.includes('--formula') ? [] : ['--cap', 'none'];
    await generate([PROMPT, ...words, ...cap, ...options, '--trace', 'formula.jsonl']);
    const lines = jsonLines<TracedCompletion>(await workspace.read('formula.jsonl'));
    for (const { step, candidates } of lines.flatMap(({ steps }) => steps)) {
      const masses = candidates.map(({ reference, margins }) => reference * Math.exp(bonusAt(margins, step)));
      candidates.forEach(({ probability }, i) => expect(probability).toBeCloseTo(masses[i] / sum(masses), 9));
    }
    return lines;
  }

  it('weigh each step as they say', async () => {
    const schedule = '4 - 6*progress';
    const options = ['--attribute', `./early.json=${schedule}`, '--attribute', './late.json=-1'];
    const [line] = await tilted(options, (margins, step) => (4 - step) * margins['early'] - margins['late']);
    expect(line.weights).toEqual({ early: schedule, late: -1 });
  });

  it('warns of a weight that can do nothing, on stderr and in the JSON', async () => {
    const words = ['generate', 'a', '--max-tokens', '2', '--attribute', './early.json=-4', ...SMALL];
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await workspace.run([...words, ...json]);
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /^warning: The weight -4 of "early" can do nothing for text outside its halfspace/m,
      );
      if (json.length > 0)
        expect(jsonLines(stdout)).toMatchObject([{ warnings: [expect.stringContaining('-4')] }]);
    }
    const { stderr } = await workspace.run([...words, '--cap', '1']);
    expect(stderr).not.toContain('warning');
  });

  it('take the place of weights, and name attributes that are given without one', async () => {
    const formula = '3*min(early, late) + (early > 0 ? 1 : 0)';
    const [line] = await tilted(
      [...both, '--formula', formula],
      ({ early, late }) => 3 * Math.min(early, late) + (early > 0 ? 1 : 0),
    );
    expect(line).toMatchObject({ formula, weights: { early: 0, late: 0 } });
  });

  it('come from the config where nothing else is said', async () => {
    const cwd = join(workspace.path, 'team');
    await mkdir(cwd);
    const config = { attributes: ['../early.json'], formula: '3*abs(early)' };
    await workspace.write('team/halfspace.config.json', JSON.stringify(config));
    const run = async (options: readonly string[]) =>
      textsOf(
        resultsOf<Completion>(
          await workspace.run(['generate', PROMPT, '--json', ...words, ...SMALL, ...options], { cwd }),
        ),
      );
    const given = [...both.slice(0, 2), '--formula', config.formula];
    expect(await run(['--model', '../untied'])).toEqual(
      textsOf(await generate([PROMPT, ...words, ...given])),
    );
    expect(await run(['--model', '../untied', '--attribute', 'early=0'])).toEqual(
      textsOf(await generate([PROMPT, ...words])),
    );
  });

  it('that are not finite end their own completion', async () => {
    const options = ['--attribute', './early.json', '--formula', 'early/(step - 2)', '--json'];
    const run = await workspace.run(['generate', PROMPT, ...words, ...SMALL, ...options]);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('(completions-failed)') });
    const [first] = jsonLines<Completion>(run.stdout);
    expect(first).toMatchObject({ finishReason: 'error', error: { code: 'formula-not-finite' } });
  });
});

describe('budgets and constraints', () => {
  const words = ['--max-tokens', '6', '--samples', '2', '--seed', '3'];
  const sumOf = ({ statuses = {} }: { statuses?: Record<string, number> }) => sum(Object.values(statuses));

  it('spends no more than the budget, a token or a completion', async () => {
    const steered = [...words, '--attribute', './late.json=9', '--budget', '0.05'];
    for (const found of await generate([PROMPT, ...steered])) {
      expect(found.kl).toBeLessThanOrEqual(0.05 * found.tokens.length);
      expect(sumOf(found)).toBe(found.tokens.length);
    }
    for (const found of await generate([PROMPT, ...steered, '--budget-per', 'completion'])) {
      expect(found.kl).toBeGreaterThan(0);
      expect(found.kl).toBeLessThanOrEqual(0.05 + 1e-12);
    }
  });

  it('goes as far as a preset says on average, wherever weights or a formula point', async () => {
    const preset = [...words, '--preset', 'balanced'];
    const far = [...preset, '--cap', 'none'];
    const steered = await generate([PROMPT, ...far, '--attribute', './late.json']);
    const tokens = sum(steered.map((found) => found.tokens.length));
    expect(sum(steered.map(({ kl }) => kl)) / tokens).toBeCloseTo(0.15, 2);
    for (const direction of [
      [...far, '--attribute', './late.json=3'],
      [...far, '--attribute', './late.json=1 + step'],
      [...preset, '--attribute', './late.json', '--formula', '2*late'],
    ]) {
      expect(textsOf(await generate([PROMPT, ...direction]))).toEqual(textsOf(steered));
    }
    const both = await workspace.run(['generate', PROMPT, ...preset, '--budget', '1', ...SMALL]);
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'--preset <name>' cannot be used"),
    });
  });

  it('goes as far as the preset of the config where nothing else says how far', async () => {
    const cwd = join(workspace.path, 'house');
    await mkdir(cwd);
    await workspace.write('house/halfspace.config.json', '{ "preset": "light" }');
    const late = ['--attribute', '../late.json=2'];
    const run = async (...options: string[]) => {
      const model = ['--model', '../untied', ...SMALL.slice(2)];
      const all = ['generate', PROMPT, '--json', ...words, ...model, ...options];
      return textsOf(resultsOf<Completion>(await workspace.run(all, { cwd })));
    };
    const steered = await run(...late);
    expect(steered).toEqual(await run(...late, '--preset', 'light'));
    const plain = await run(...late, '--preset', 'none');
    expect(plain).not.toEqual(steered);
    expect(plain).toEqual(textsOf(await generate([PROMPT, ...words, '--attribute', './late.json=2'])));
    expect(await run(...late, '--budget', '9')).not.toEqual(steered);
    expect(await run()).toEqual(textsOf(await generate([PROMPT, ...words])));
  });

  it('traces what constraints come to', async () => {
    const constraints = [
      '--at-least',
      './late.json=0.2',
      '--at-most',
      './late.json=9',
      '--keep',
      './early.json',
    ];
    const chance = ['--chance', './late.json>=-3:0.5', '--trace', 'constraints.jsonl'];
    const [found] = await generate([PROMPT, ...words, ...constraints, ...chance]);
    expect(sumOf(found)).toBe(found.tokens.length);
    const lines = jsonLines<{
      steps: { control: { status: string; constraintWeights: number[]; expected: object } }[];
    }>(await workspace.read('constraints.jsonl'));
    for (const { control } of lines.flatMap(({ steps }) => steps)) {
      expect(['optimal', 'inactive', 'infeasible']).toContain(control.status);
      expect(control.constraintWeights).toHaveLength(4);
      expect(Object.keys(control.expected).toSorted()).toEqual(['early', 'late']);
    }
  });

  it('refuses a budget without weights, and one beside constraints', async () => {
    const alone = await workspace.run(['generate', PROMPT, ...SMALL, '--budget', '1']);
    expect(alone).toMatchObject({ code: 1, stdout: '' });
    expect(alone.stderr).toContain('scales the weights of attributes');
    const both = [...words, '--budget', '1', '--keep', './late.json'];
    const { stderr } = await workspace.run(['generate', PROMPT, ...SMALL, ...both]);
    expect(stderr).toContain('exclude each other');
  });
});
