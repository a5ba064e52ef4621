// Halfspace, plain and steered, and other systems that run the same model, in turns. See README.md here.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpful } from '@halfspace/attribute-helpfulness';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { truthful } from '@halfspace/attribute-truthfulness';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, tuneWeights } from '@halfspace/core';
import { resolveModel } from '@halfspace/model';
import {
  answerOf,
  answerQuestions,
  installLlamaCpp,
  LLAMA_CPP,
  LLAMA_CPP_VERSION,
  llamaCppPlace,
  loadLlamaCpp,
  median,
  startServer,
  whole,
} from './peer-process.mjs';

const PROMPT =
  'The quick brown fox jumps over the lazy dog. It was a nice day and the people of the town went out to see ' +
  'what was happening in the streets. They had never seen anything like that.';
const SAMPLING = { temperature: 1, topK: 10, topP: 0.9 };
const ATTRIBUTES = [nontoxic, helpful, truthful];
/** Nats a token that steered decoding is timed at, about. */
const KL = 0.15;
const BETA = 10;
const RESAMPLES = 2000;

/** How Halfspace decodes; the weights are in equal parts. */
const WAYS = {
  plain: () => ({}),
  lazy: (weight) => ({ weights: equal(weight) }),
  early: (weight) => ({ weights: equal(weight), earlyExit: true }),
  budget: (weight) => ({
    weights: equal(4 * weight),
    control: { mode: 'kl-budget', nats: KL, per: 'token' },
  }),
};

const { values: flags } = parseArgs({
  options: {
    serve: { type: 'string' },
    'llama-cpp': { type: 'string', default: llamaCppPlace() },
    python: { type: 'string' },
    aisteer360: { type: 'string' },
    model: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '48' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});
const threads = whole('threads', flags.threads, 1);
const tokens = whole('tokens', flags.tokens, 2);
const rounds = whole('rounds', flags.rounds, 1);

if (flags.serve === undefined) await compare();
else await serve(flags.serve === LLAMA_CPP ? await openLlamaCpp() : await openHalfspace());

function equal(weight) {
  return Object.fromEntries(ATTRIBUTES.map(({ name }) => [name, weight]));
}

/** Each system lives in a process of its own, which sleeps while the others work. */
async function compare() {
  installLlamaCpp(flags['llama-cpp']);
  const { path: model } = await resolveModel(flags.model);
  const words = ['--model', model, '--llama-cpp', flags['llama-cpp']];
  for (const name of ['threads', 'tokens', 'rounds']) words.push(`--${name}`, flags[name]);
  const script = fileURLToPath(import.meta.url);
  const start = async (engine) => startServer(script, engine, ['--serve', engine, ...words]);
  const halfspace = await start('halfspace');
  const llamaCpp = await start(LLAMA_CPP);
  const python = flags.python === undefined ? undefined : await startPython(model);
  const engines = [
    ...Object.keys(WAYS).map((engine) => ({ name: `Halfspace, ${engine}`, engine, process: halfspace })),
    { name: `${LLAMA_CPP} ${LLAMA_CPP_VERSION}, plain`, engine: LLAMA_CPP, process: llamaCpp },
    ...(python ? [{ name: 'transformers, plain', engine: 'transformers', process: python }] : []),
    ...(python && flags.aisteer360
      ? [{ name: "AISteer360's SASA, one attribute", engine: 'aisteer360', process: python }]
      : []),
  ].map((each) => ({ ...each, rates: [], kl: [], evaluations: [] }));
  try {
    const prompt = (await halfspace.ask({ encode: PROMPT })).tokens;
    for (let round = 0; round <= rounds; round++) {
      for (let turn = 0; turn < engines.length; turn++) {
        // Another one begins each round, so that none always follows the same one.
        const each = engines[(turn + round) % engines.length];
        const { msPerToken, kl, evaluations } = await each.process.ask({
          engine: each.engine,
          prompt,
          seed: round,
        });
        // The first round warms up.
        if (round === 0) continue;
        each.rates.push(msPerToken);
        if (kl !== undefined) each.kl.push(kl);
        if (evaluations !== undefined) each.evaluations.push(evaluations);
      }
      process.stderr.write(`\rround ${round} of ${rounds}`);
    }
  } finally {
    for (const each of [halfspace, llamaCpp, python]) each?.stop();
    process.stderr.write('\n');
  }
  report(engines);
}

async function startPython(model) {
  const script = fileURLToPath(new URL('peer_transformers.py', import.meta.url));
  const words = ['--model', model, '--threads', threads, '--tokens', tokens, '--beta', BETA];
  if (flags.aisteer360 !== undefined) words.push('--aisteer360', flags.aisteer360);
  const child = spawn(flags.python, [script, ...words.map(String)], { stdio: ['pipe', 'pipe', 2] });
  const lines = createInterface({ input: child.stdout });
  const answer = async () =>
    JSON.parse(await answerOf(child, flags.python, (use) => lines.once('line', use)));
  await answer();
  return {
    ask(question) {
      const answered = answer();
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return answered;
    },
    stop: () => child.kill(),
  };
}

async function serve({ encode, decode }) {
  /** The median time from token to token. A completion that ends early is tried again with another seed. */
  async function rate(engine, prompt, seed) {
    for (let attempt = 0; ; attempt++) {
      const { times, ...rest } = await decode(engine, prompt, seed + attempt * (rounds + 1));
      if (times.length < tokens) continue;
      return { msPerToken: median(times.slice(1).map((time, index) => time - times[index])), ...rest };
    }
  }
  answerQuestions(async ({ encode: text, engine, prompt, seed }) =>
    text === undefined ? rate(engine, prompt, seed) : { tokens: encode(text) },
  );
}

async function openHalfspace() {
  const backend = await createOnnxBackend({ model: flags.model, threads });
  let times = [];
  // A step begins with the question what comes next, and ends with the next one.
  const next = async (requests) => {
    times.push(performance.now());
    return backend.next(requests);
  };
  const halfspace = await createHalfspace({ backend: { ...backend, next }, attributes: ATTRIBUTES });
  const weight = { lazy: await weightAt(halfspace, false), early: await weightAt(halfspace, true) };
  return {
    encode: (text) => backend.tokenizer.encode(text),
    async decode(engine, prompt, seed) {
      times = [];
      const text = backend.tokenizer.decode(prompt);
      const options = WAYS[engine](weight[engine === 'early' ? 'early' : 'lazy']);
      const [done] = await halfspace.generate({
        prompt: text,
        maxTokens: tokens,
        seed,
        ...SAMPLING,
        ...options,
      });
      const written = done.tokens.length;
      return { times, kl: done.kl / written, evaluations: done.evaluations / written };
    },
  };
}

/** The weight of each attribute that moves a token by so many nats on average. */
async function weightAt(halfspace, earlyExit) {
  const tuned = await tuneWeights(halfspace, {
    prompts: [PROMPT],
    ...SAMPLING,
    maxTokens: tokens,
    samples: 12,
    seed: 1000,
    earlyExit,
    weights: equal(1),
    goal: { kl: KL },
  });
  return tuned.weights.nontoxic;
}

async function openLlamaCpp() {
  const model = await loadLlamaCpp(flags['llama-cpp'], flags.model, threads);
  const context = await model.createContext({ contextSize: 512, threads });
  const sequence = context.getSequence();
  return {
    async decode(_engine, prompt, seed) {
      await sequence.clearHistory();
      const times = [];
      for await (const _ of sequence.evaluate(prompt, { ...SAMPLING, minP: 0, seed, yieldEogToken: true })) {
        times.push(performance.now());
        if (times.length === tokens) break;
      }
      return { times };
    },
  };
}

/** The median of the rounds' ratios, with a bootstrap interval of 95 %. */
function ratioOf(rates, base) {
  const ratios = rates.map((rate, round) => rate / base[round]);
  let state = 1;
  const below = (end) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[below(ratios.length)])),
  ).toSorted((a, b) => a - b);
  return { median: median(ratios), low: medians[RESAMPLES * 0.025], high: medians[RESAMPLES * 0.975] };
}

function mean(values) {
  return values.length === 0 ? undefined : values.reduce((sum, each) => sum + each, 0) / values.length;
}

function report(engines) {
  const [plain] = engines;
  const found = engines.map(({ name, rates, kl, evaluations }) => ({
    name,
    msPerToken: median(rates),
    ratio: ratioOf(rates, plain.rates),
    klPerToken: mean(kl),
    evaluationsPerToken: mean(evaluations),
    rounds: rates,
  }));
  if (flags.json) {
    console.log(JSON.stringify({ threads, tokens, engines: found }));
    return;
  }
  console.log(
    '| system | ms a token | times plain Halfspace | KL (nats) | evaluations |\n|---|---|---|---|---|',
  );
  for (const { name, msPerToken, ratio, klPerToken, evaluationsPerToken } of found) {
    const [middle, low, high] = [ratio.median, ratio.low, ratio.high].map((each) => each.toFixed(2));
    const shown = [msPerToken.toFixed(1), `${middle} (${low} to ${high})`];
    console.log(
      `| ${[name, ...shown, klPerToken?.toFixed(2) ?? '–', evaluationsPerToken?.toFixed(2) ?? '–'].join(' | ')} |`,
    );
  }
  console.log(
    `\nMedians over ${rounds} rounds of ${tokens} tokens, ${threads} threads, with 95 % intervals.`,
  );
}
