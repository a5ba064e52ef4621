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
import { createHalfspace, defineAttribute, tuneWeights } from '@halfspace/core';
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
const FITTED = [nontoxic, helpful, truthful];
const NAMES = FITTED.map(({ name }) => name);
/** Nats a token that steered decoding is timed at, about. */
const KL = 0.15;
const BETA = 10;
const RESAMPLES = 2000;
/** Rounds of prefill at most: each takes as long as many of decoding. */
const PREFILL_ROUNDS = 5;

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
    precision: { type: 'string' },
    ways: { type: 'string', default: 'plain,lazy,early,budget' },
    prefill: { type: 'string', default: '512,4096' },
    minutes: { type: 'string', default: '9' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '48' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});
const threads = whole('threads', flags.threads, 1);
const tokens = whole('tokens', flags.tokens, 2);
const rounds = whole('rounds', flags.rounds, 1);
const minutes = whole('minutes', flags.minutes, 1);
const prefills = flags.prefill === '' ? [] : flags.prefill.split(',').map(Number);
const ways = flags.ways.split(',');
for (const way of ways) if (!Object.hasOwn(WAYS, way)) throw new Error(`--ways knows no ${way}.`);
if (!prefills.every((length) => Number.isInteger(length) && length > 0))
  throw new Error(`--prefill wants numbers of tokens, with commas between them; got ${flags.prefill}.`);

if (flags.serve === undefined) await compare();
else await serve(flags.serve === LLAMA_CPP ? await openLlamaCpp() : await openHalfspace());

function equal(weight) {
  return Object.fromEntries(NAMES.map((name) => [name, weight]));
}

/** Each system lives in a process of its own, which sleeps while the others work. */
async function compare() {
  const deadline = performance.now() + minutes * 60_000;
  installLlamaCpp(flags['llama-cpp']);
  const { path: model } = await resolveModel(flags.model);
  const words = ['--model', model, '--llama-cpp', flags['llama-cpp']];
  for (const name of ['threads', 'tokens', 'rounds', 'precision', 'ways', 'prefill'])
    if (flags[name] !== undefined) words.push(`--${name}`, flags[name]);
  const script = fileURLToPath(import.meta.url);
  const start = async (engine) => startServer(script, engine, ['--serve', engine, ...words]);
  const halfspace = await start('halfspace');
  const llamaCpp = await start(LLAMA_CPP);
  const python = flags.python === undefined ? undefined : await startPython(model);
  const peer = `${LLAMA_CPP} ${LLAMA_CPP_VERSION}`;
  const decoding = [
    ...ways.map((engine) => ({ name: `Halfspace, ${engine}`, engine, process: halfspace })),
    { name: `${peer}, plain`, engine: LLAMA_CPP, process: llamaCpp },
    ...(python ? [{ name: 'transformers, plain', engine: 'transformers', process: python }] : []),
    ...(python && flags.aisteer360
      ? [{ name: "AISteer360's SASA, one attribute", engine: 'aisteer360', process: python }]
      : []),
  ];
  const tasks = [
    { what: `decoding, ${tokens} tokens`, most: rounds, engines: decoding },
    ...prefills.map((length) => ({
      what: `prefill, ${length} tokens`,
      most: Math.min(rounds, PREFILL_ROUNDS),
      prefill: length,
      engines: [
        { name: 'Halfspace', engine: 'plain', process: halfspace },
        { name: peer, engine: LLAMA_CPP, process: llamaCpp },
      ],
    })),
  ].map((task) => ({
    ...task,
    seconds: 0,
    engines: task.engines.map((each) => ({ ...each, rates: [], kl: [], evaluations: [] })),
  }));
  let precisions;
  try {
    const { tokens: prompt, precisions: chosen } = await halfspace.ask({ encode: PROMPT });
    precisions = chosen;
    for (let round = 0; round <= rounds; round++) {
      for (const task of tasks) {
        // The first round of decoding warms up. One of prefill is long, and does not need that.
        const isWarmingUp = round === 0 && task.prefill === undefined;
        if (round > task.most || (round > 0 && performance.now() + task.seconds * 1000 > deadline)) continue;
        const begun = performance.now();
        await runRound(task, round, prompt, isWarmingUp);
        task.seconds = (performance.now() - begun) / 1000;
      }
      process.stderr.write(`\rround ${round} of ${rounds}`);
      if (performance.now() > deadline) break;
    }
  } finally {
    for (const each of [halfspace, llamaCpp, python]) each?.stop();
    process.stderr.write('\n');
  }
  report(tasks, precisions);
}

/** Each system does a task once. Another one begins each round, so that none always follows the same one. */
async function runRound({ engines, prefill }, round, prompt, isWarmingUp) {
  for (let turn = 0; turn < engines.length; turn++) {
    const each = engines[(turn + round) % engines.length];
    const { engine } = each;
    const long = Array.from({ length: prefill ?? 0 }, (_, at) => prompt[(at + round) % prompt.length]);
    const question = { engine, seed: round, ...(prefill === undefined ? { prompt } : { prefill: long }) };
    const { msPerToken, kl, evaluations } = await each.process.ask(question);
    if (isWarmingUp) continue;
    each.rates.push(msPerToken);
    if (kl !== undefined) each.kl.push(kl);
    if (evaluations !== undefined) each.evaluations.push(evaluations);
  }
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

async function serve({ encode, decode, prefill }) {
  /** The median time from token to token. A completion that ends early is tried again with another seed. */
  async function rate(engine, prompt, seed) {
    for (let attempt = 0; ; attempt++) {
      const { times, ...rest } = await decode(engine, prompt, seed + attempt * (rounds + 1));
      if (times.length < tokens) continue;
      return { msPerToken: median(times.slice(1).map((time, index) => time - times[index])), ...rest };
    }
  }
  async function prefillRate(prompt) {
    const begun = performance.now();
    await prefill(prompt);
    return { msPerToken: (performance.now() - begun) / prompt.length };
  }
  answerQuestions(async ({ encode: text, engine, prompt, prefill: long, seed }) => {
    if (text !== undefined) return encode(text);
    return long === undefined ? rate(engine, prompt, seed) : prefillRate(long);
  });
}

async function openHalfspace() {
  const { precision } = flags;
  // What is known of earlier prompts must not be used.
  const backend = await createOnnxBackend({
    model: flags.model,
    threads,
    cacheBytes: 0,
    ...(precision !== undefined && { precision }),
  });
  let times = [];
  // A step begins with the question what comes next, and ends with the next one.
  const next = async (requests) => {
    times.push(performance.now());
    return backend.next(requests);
  };
  const attributes = await attributesFor(backend);
  const halfspace = await createHalfspace({ backend: { ...backend, next }, attributes });
  const weight = {};
  if (ways.some((way) => way === 'lazy' || way === 'budget')) weight.lazy = await weightAt(halfspace, false);
  if (ways.includes('early')) weight.early = await weightAt(halfspace, true);
  return {
    encode: (text) => ({ tokens: backend.tokenizer.encode(text), precisions: precision ?? 'auto' }),
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
    /** To the distribution of the first token. */
    async prefill(prompt) {
      const [{ context }] = await backend.prefill([{ tokens: prompt, rowsPerStep: 1 }]);
      await backend.next([{ context, topK: SAMPLING.topK }]);
      backend.release(context);
    },
  };
}

/** The fitted attributes where they are of this model; else random directions, which cost the same and mean nothing. */
async function attributesFor(backend) {
  const { fingerprint, layers, width, cut = layers } = backend.model;
  const isFitted = FITTED.every(({ subspaces }) => subspaces.some(({ model }) => model === fingerprint));
  if (isFitted) return FITTED;
  // As those of the default model: one reads deeper than candidates must be run, and one does not.
  const read = [Math.round(layers * 0.8), cut];
  const text = backend.tokenizer.encode(PROMPT);
  const [states] = await backend.states([text], { layers: read });
  return NAMES.map((name, index) => {
    const subspaces = read.map((layer) => {
      const direction = unitVector(width, index + 1);
      const hidden = states.hidden(layer);
      const margins = text.map((_, row) =>
        direction.reduce((sum, value, at) => sum + value * hidden[row * width + at], 0),
      );
      const offset = mean(margins);
      const deviation = Math.sqrt(mean(margins.map((margin) => (margin - offset) ** 2)));
      const calibration = { slope: 1 / deviation, intercept: 0 };
      return { model: fingerprint, layers: [layer], direction, offset, calibration };
    });
    return defineAttribute({ name, description: 'a random direction, for timing only', subspaces });
  });
}

function unitVector(width, seed) {
  const values = Float32Array.from({ length: width }, (_, at) => Math.sin((at + 1) * 78.233 * seed + seed));
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

/** The weight of each attribute that moves a token by so many nats on average. */
async function weightAt(halfspace, earlyExit) {
  const isLarge = halfspace.backend.model.layers * halfspace.backend.model.width ** 2 > 2e7;
  const tuned = await tuneWeights(halfspace, {
    prompts: [PROMPT],
    ...SAMPLING,
    maxTokens: isLarge ? 24 : tokens,
    samples: isLarge ? 4 : 12,
    seed: 1000,
    earlyExit,
    weights: equal(1),
    goal: { kl: KL },
  });
  return tuned.weights[NAMES[0]];
}

async function openLlamaCpp() {
  const model = await loadLlamaCpp(flags['llama-cpp'], flags.model, threads);
  const contextSize = Math.max(512, ...prefills.map((length) => length + 64));
  const context = await model.createContext({ contextSize, threads });
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
    async prefill(prompt) {
      await sequence.clearHistory();
      for await (const _ of sequence.evaluate(prompt, { ...SAMPLING, minP: 0, yieldEogToken: true })) break;
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

function report(tasks, precision) {
  const found = tasks.map(({ what, engines }) => ({
    what,
    engines: engines.map(({ name, rates, kl, evaluations }) => ({
      name,
      msPerToken: median(rates),
      ratio: ratioOf(rates, engines[0].rates),
      klPerToken: mean(kl),
      evaluationsPerToken: mean(evaluations),
      rounds: rates,
    })),
  }));
  if (flags.json) {
    console.log(JSON.stringify({ model: flags.model, precision, threads, tokens, tasks: found }));
    return;
  }
  for (const { what, engines } of found) {
    console.log(
      `| ${what} | ms a token | times the first | KL (nats) | evaluations |\n|---|---|---|---|---|`,
    );
    for (const { name, msPerToken, ratio, klPerToken, evaluationsPerToken } of engines) {
      const [middle, low, high] = [ratio.median, ratio.low, ratio.high].map((each) => each.toFixed(2));
      const shown = [msPerToken.toFixed(2), `${middle} (${low} to ${high})`];
      console.log(
        `| ${[name, ...shown, klPerToken?.toFixed(2) ?? '–', evaluationsPerToken?.toFixed(2) ?? '–'].join(' | ')} |`,
      );
    }
    console.log(`\nMedians over ${engines[0].rounds.length} rounds, with 95 % intervals.\n`);
  }
  console.log(`${threads} threads, precision ${precision}.`);
}
