// Plain decoding of Halfspace and of node-llama-cpp, in turns: same file, prompt, sampling and threads. See README.md here.
import { execFileSync, fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { cacheDirectory, resolveModel } from '@halfspace/model';

const PEER = 'node-llama-cpp';
const PEER_VERSION = '3.22.1';
const PROMPT =
  'The quick brown fox jumps over the lazy dog. It was a nice day and the people of the town went out to see ' +
  'what was happening in the streets. They had never seen anything like that.';
const SAMPLING = { temperature: 1, topK: 10, topP: 0.9 };
const RESAMPLES = 2000;

const { values: flags } = parseArgs({
  options: {
    engine: { type: 'string' },
    peer: { type: 'string', default: join(cacheDirectory(), 'peers', `${PEER}-${PEER_VERSION}`) },
    model: { type: 'string' },
    precision: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '48' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});
const threads = whole('threads', 1);
const tokens = whole('tokens', 2);
const rounds = whole('rounds', 1);

if (flags.engine === undefined) await compare();
else await serve(flags.engine === 'peer' ? await openPeer() : await openHalfspace());

function whole(name, least) {
  const value = Number(flags[name]);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${name} must be a whole number from ${least}; got ${flags[name]}.`);
  }
  return value;
}

/** Each engine lives in a process of its own, which sleeps while the other works. */
async function compare() {
  install();
  const { path: model } = await resolveModel(flags.model);
  const engines = {};
  const rates = { halfspace: [], peer: [] };
  try {
    for (const name of Object.keys(rates)) engines[name] = await start(name, model);
    const prompt = (await engines.halfspace.ask({ encode: PROMPT })).tokens;
    for (let round = 0; round <= rounds; round++) {
      const turns = Object.keys(rates);
      if (round % 2 === 1) turns.reverse();
      for (const name of turns) {
        const { msPerToken } = await engines[name].ask({ prompt, seed: round });
        // The first round warms up.
        if (round > 0) rates[name].push(msPerToken);
      }
      process.stderr.write(`\rround ${round} of ${rounds}`);
    }
  } finally {
    for (const engine of Object.values(engines)) engine.stop();
    process.stderr.write('\n');
  }
  report(rates);
}

/** Puts the peer where the workspace does not see it. */
function install() {
  if (existsSync(join(flags.peer, 'node_modules', PEER, 'package.json'))) return;
  process.stderr.write(`Installing ${PEER} ${PEER_VERSION} in ${flags.peer}\n`);
  mkdirSync(flags.peer, { recursive: true });
  const words = [
    'install',
    '--prefix',
    flags.peer,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  execFileSync('npm', [...words, `${PEER}@${PEER_VERSION}`], { stdio: ['ignore', 2, 2] });
}

async function start(engine, model) {
  const words = ['--engine', engine, '--model', model, '--peer', flags.peer];
  for (const name of ['threads', 'tokens', 'rounds']) words.push(`--${name}`, flags[name]);
  if (flags.precision !== undefined) words.push('--precision', flags.precision);
  const child = fork(fileURLToPath(import.meta.url), words, { stdio: ['ignore', 2, 2, 'ipc'] });
  const answer = () =>
    new Promise((resolve, reject) => {
      const failed = () => reject(new Error(`The process of ${engine} ended early.`));
      child.once('exit', failed);
      child.once('message', (message) => {
        child.off('exit', failed);
        resolve(message);
      });
    });
  await answer();
  return {
    ask(question) {
      const answered = answer();
      child.send(question);
      return answered;
    },
    stop: () => child.kill(),
  };
}

async function serve({ encode, decode }) {
  /** The median time from token to token. A completion that ends early is tried again with another seed. */
  async function rate(prompt, seed) {
    for (let attempt = 0; ; attempt++) {
      const times = await decode(prompt, seed + attempt * (rounds + 1));
      if (times.length < tokens) continue;
      return median(times.slice(1).map((time, index) => time - times[index]));
    }
  }
  process.on('message', async (question) => {
    if (question.encode === undefined)
      process.send({ msPerToken: await rate(question.prompt, question.seed) });
    else process.send({ tokens: encode(question.encode) });
  });
  process.on('disconnect', () => process.exit());
  process.send('ready');
}

async function openHalfspace() {
  const { model, precision } = flags;
  const backend = await createOnnxBackend({ model, threads, ...(precision && { precision }) });
  let times = [];
  // A step begins with the question what comes next, and ends with the next one.
  const next = async (requests) => {
    times.push(performance.now());
    return backend.next(requests);
  };
  const halfspace = createHalfspace({ backend: { ...backend, next } });
  return {
    encode: (text) => backend.tokenizer.encode(text),
    async decode(prompt, seed) {
      times = [];
      const text = backend.tokenizer.decode(prompt);
      await halfspace.generate({ prompt: text, maxTokens: tokens, seed, ...SAMPLING });
      return times;
    },
  };
}

async function openPeer() {
  const entry = join(flags.peer, 'node_modules', PEER, 'dist', 'index.js');
  const { getLlama } = await import(pathToFileURL(entry).href);
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: flags.model });
  const context = await model.createContext({ contextSize: 512, threads });
  const sequence = context.getSequence();
  return {
    async decode(prompt, seed) {
      await sequence.clearHistory();
      const times = [];
      for await (const _ of sequence.evaluate(prompt, { ...SAMPLING, minP: 0, seed, yieldEogToken: true })) {
        times.push(performance.now());
        if (times.length === tokens) break;
      }
      return times;
    },
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of the rounds' ratios, with a bootstrap interval of 95 %. */
function ratioOf(rates) {
  const ratios = rates.halfspace.map((rate, round) => rate / rates.peer[round]);
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

function report(rates) {
  const ratio = ratioOf(rates);
  const { version } = JSON.parse(
    readFileSync(join(flags.peer, 'node_modules', PEER, 'package.json'), 'utf8'),
  );
  const names = { halfspace: 'Halfspace', peer: `${PEER} ${version}` };
  if (flags.json) {
    const found = Object.entries(rates).map(([engine, all]) => [
      engine,
      { name: names[engine], msPerToken: median(all), rounds: all },
    ]);
    console.log(JSON.stringify({ threads, tokens, ...Object.fromEntries(found), ratio }));
    return;
  }
  console.log('| engine | ms a token, median | least | most |\n|---|---|---|---|');
  for (const [engine, all] of Object.entries(rates)) {
    const figures = [median(all), Math.min(...all), Math.max(...all)].map((each) => each.toFixed(2));
    console.log(`| ${names[engine]} | ${figures.join(' | ')} |`);
  }
  const [middle, low, high] = [ratio.median, ratio.low, ratio.high].map((each) => each.toFixed(3));
  console.log(
    `\nHalfspace takes ${middle} times as long (95 % interval ${low} to ${high}; ${rounds} rounds of`,
  );
  console.log(`${tokens} tokens, ${threads} threads).`);
}
