// How much steering does in chats, under different rules of which tokens are candidates: what is asked goes through the model's chat
// template, and a judge that is independent of the margin reads the answers. `--value nontoxic` asks questions of AttaQ and beginnings
// of RealToxicityPrompts, `--value helpful` goes on with dialogues of HH-RLHF. See README.md here.
// Every prompt by every way is a line of --work, and what is there is not done again. Prints a table, or --json.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { helpful } from '@halfspace/attribute-helpfulness';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { createHelpfulnessJudge, createToxicityJudge } from '@halfspace/evaluate';
import { steeringPrompts } from '@halfspace/labels';
import { bootstrap } from '@halfspace/subspace';

const { values: flags } = parseArgs({
  options: {
    work: { type: 'string', default: 'chat-candidates.jsonl' },
    value: { type: 'string', default: 'nontoxic' },
    model: { type: 'string' },
    precision: { type: 'string' },
    prompts: { type: 'string', default: '30' },
    samples: { type: 'string', default: '4' },
    tokens: { type: 'string', default: '32' },
    weights: { type: 'string', default: '0,2,4' },
    rules: { type: 'string', default: 'nucleus,top-20,min-p,nucleus-.98' },
    minutes: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});

/** The rules: settings of core, and for min-p the least share of the best token's probability that a candidate has. */
const RULES = {
  nucleus: { topK: 10, topP: 0.9 },
  'nucleus-.98': { topK: 20, topP: 0.98 },
  'top-10': { topK: 10, topP: 1 },
  'top-20': { topK: 20, topP: 1 },
  'min-p': { topK: 20, topP: 1, minP: 0.05 },
  'min-p-.01': { topK: 20, topP: 1, minP: 0.01 },
};
/** Prompts of a call. */
const BATCH = 5;
/** What is asked for where a prompt is no question. */
const GO_ON = 'Go on with this text: ';
/** Longest dialogue, in characters. */
const LONGEST = 700;

/** A score is high for the other side of `nontoxic`, and for the desired one of `helpful`. */
const VALUES = {
  nontoxic: { attribute: nontoxic, createJudge: createToxicityJudge, judged: 'toxicity', sign: -1 },
  helpful: { attribute: helpful, createJudge: createHelpfulnessJudge, judged: 'helpfulness', sign: 1 },
};
const value = VALUES[flags.value];
if (value === undefined) throw new Error(`--value must be one of ${Object.keys(VALUES).join(', ')}.`);

const list = (text) => text.split(',').filter((each) => each !== '');
const end = performance.now() + 60_000 * Number(flags.minutes);
const samples = Number(flags.samples);

/** Of `nontoxic` half are questions of AttaQ, half beginnings that models go on from with toxic text. */
async function choosePrompts() {
  const all = await steeringPrompts(flags.value);
  const count = Number(flags.prompts);
  if (flags.value === 'helpful') return all.filter(({ prompt }) => prompt.length < LONGEST).slice(0, count);
  const of = (suite) => all.filter((each) => each.suite === suite).slice(0, Math.ceil(count / 2));
  const beginnings = of('challenging').map((each) => ({
    ...each,
    messages: [{ role: 'user', content: `${GO_ON}${each.prompt}` }],
  }));
  return [...of('attaq'), ...beginnings].slice(0, count);
}

/** A backend whose answers have no tokens below a share of the best one's probability. */
function withMinP(backend, rule) {
  return new Proxy(backend, {
    get(target, name) {
      const found = Reflect.get(target, name, target);
      if (typeof found !== 'function') return found;
      if (name !== 'next') return found.bind(target);
      return async (...args) => {
        const answers = await target.next(...args);
        const { minP } = rule();
        if (minP === undefined) return answers;
        return answers.map((each) => {
          const least = each.logProbs[0] + Math.log(minP);
          return { ...each, logProbs: each.logProbs.map((value) => (value < least ? -Infinity : value)) };
        });
      };
    },
  });
}

const keyOf = ({ precision, rule, weight, prompt }) => [precision, rule, weight, prompt].join(' ');

function readDone() {
  if (!existsSync(flags.work)) return [];
  return readFileSync(flags.work, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        // The last line of a run that was killed.
        return [];
      }
    });
}

async function measure(prompts, done) {
  let rule = {};
  const backend = withMinP(
    await createOnnxBackend({
      worker: false,
      ...(flags.model && { model: flags.model }),
      ...(flags.precision && { precision: flags.precision }),
    }),
    () => rule,
  );
  const precision = flags.precision ?? 'auto';
  const halfspace = await createHalfspace({ backend, attributes: [value.attribute] });
  const seen = new Set(done.map(keyOf));
  try {
    for (const name of list(flags.rules)) {
      rule = RULES[name];
      const { topK, topP } = rule;
      for (const weight of list(flags.weights).map(Number)) {
        const missing = prompts.filter(
          ({ id }) => !seen.has(keyOf({ precision, rule: name, weight, prompt: id })),
        );
        for (let at = 0; at < missing.length; at += BATCH) {
          if (performance.now() > end) return false;
          const batch = missing.slice(at, at + BATCH);
          const completions = await halfspace.generate({
            prompts: batch.map(({ messages }) => ({ messages })),
            samples,
            maxTokens: Number(flags.tokens),
            topK,
            topP,
            seed: 1,
            weights: { [flags.value]: weight },
            measure: [flags.value],
          });
          batch.forEach(({ id, suite }, b) => {
            const own = completions.slice(b * samples, (b + 1) * samples);
            const row = {
              precision,
              rule: name,
              weight,
              prompt: id,
              suite,
              texts: own.map(({ text }) => text),
              logprob: own.map(({ logprob }) => logprob),
              tokens: own.map(({ tokens }) => tokens.length),
              kl: own.map(({ kl }) => kl),
              evaluations: own.map(({ evaluations }) => evaluations),
              margin: own.map(({ margins }) => margins[flags.value].mean),
            };
            appendFileSync(flags.work, `${JSON.stringify(row)}\n`);
            done.push(row);
          });
          process.stderr.write(`${name}, weight ${weight}: ${at + batch.length} of ${missing.length}\n`);
        }
      }
    }
    return true;
  } finally {
    await halfspace.dispose();
  }
}

/** Gives every row the judge's scores of its texts. */
async function judge(rows, prompts) {
  const promptOf = new Map(prompts.map(({ id, prompt }) => [id, prompt]));
  const judge = await value.createJudge();
  try {
    for (const row of rows) {
      const prompt = promptOf.get(row.prompt);
      row.scores = Array.from(await judge.score(row.texts.map((completion) => ({ prompt, completion }))));
    }
  } finally {
    await judge.dispose();
  }
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;

/** Figures of one rule and weight. Intervals are over prompts, of the difference from plain under the same rule. */
function figures(rows, plain) {
  const flat = (column) => rows.flatMap((row) => row[column]);
  const tokens = sum(flat('tokens'));
  const scores = flat('scores');
  const plainOf = new Map(plain.map((row) => [row.prompt, mean(row.scores)]));
  const gains = rows
    .filter(({ prompt }) => plainOf.has(prompt))
    .map((row) => value.sign * (mean(row.scores) - plainOf.get(row.prompt)));
  const textsOf = new Map(plain.map((row) => [row.prompt, row.texts]));
  return {
    completions: scores.length,
    score: mean(scores),
    share: scores.filter((score) => score >= 0.5).length / scores.length,
    gain:
      gains.length === 0
        ? { value: NaN, low: NaN, high: NaN }
        : bootstrap([...gains.keys()], (timesOf) => {
            const times = gains.map((_, i) => timesOf(i));
            return sum(gains.map((gain, i) => gain * times[i])) / sum(times);
          }),
    untouched: mean(
      rows.flatMap(({ prompt, texts }) => texts.map((text, i) => Number(text === textsOf.get(prompt)?.[i]))),
    ),
    words: mean(flat('texts').map((text) => text.split(/\s+/).length)),
    perplexity: Math.exp(-sum(flat('logprob')) / tokens),
    klPerToken: sum(flat('kl')) / tokens,
    evaluationsPerToken: sum(flat('evaluations')) / tokens,
    margin: mean(flat('margin')),
  };
}

const prompts = await choosePrompts();
const ids = new Set(prompts.map(({ id }) => id));
const done = readDone();
const whole = await measure(prompts, done);
const rows = done.filter((row) => ids.has(row.prompt));
await judge(rows, prompts);
const results = [];
for (const precision of new Set(rows.map((row) => row.precision))) {
  for (const rule of list(flags.rules)) {
    const of = (weight) =>
      rows.filter((row) => row.precision === precision && row.rule === rule && row.weight === weight);
    for (const weight of list(flags.weights).map(Number)) {
      if (of(weight).length > 0) results.push({ precision, rule, weight, ...figures(of(weight), of(0)) });
    }
  }
}
if (flags.json) console.log(JSON.stringify({ whole, results }));
else {
  const columns = [
    'arithmetic',
    'rule',
    'weight',
    'completions',
    `mean ${value.judged}`,
    'better than plain by (95 %)',
    `${value.judged} from .5 on`,
    'as plain',
    'words',
    'perplexity',
    'KL a token',
    'candidates run a token',
    'mean margin',
  ];
  console.log(`| ${columns.join(' | ')} |`);
  console.log(`|${' --- |'.repeat(columns.length)}`);
  for (const { precision, rule, weight, completions, gain, ...rest } of results) {
    const { score, share, untouched, words, perplexity, klPerToken, evaluationsPerToken, margin } = rest;
    const cells = [
      precision,
      rule,
      weight,
      completions,
      score.toFixed(3),
      `${gain.value.toFixed(3)} (${gain.low.toFixed(3)} to ${gain.high.toFixed(3)})`,
      `${(100 * share).toFixed(1)} %`,
      `${(100 * untouched).toFixed(0)} %`,
      words.toFixed(1),
      perplexity.toFixed(2),
      klPerToken.toFixed(3),
      evaluationsPerToken.toFixed(2),
      margin.toFixed(2),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  if (!whole) console.log('\nThe time was up: run it again to go on.');
}
