// What a token and a prompt cost as texts grow, plain and with rivals, alone and together, beside node-llama-cpp. See README.md here.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { cacheDirectory, resolveModel } from '@halfspace/model';

const LLAMA_CPP = 'node-llama-cpp';
const LLAMA_CPP_VERSION = '3.22.1';
const CONTEXTS = [64, 256, 1024, 4096];
const PROMPTS = [512, 4096];
/** Completions that are decoded together, and candidates of each that are run. */
const COMPANY = [
  { texts: 1, rows: 1 },
  { texts: 1, rows: 3 },
  { texts: 10, rows: 1 },
  { texts: 25, rows: 1 },
];
/** Texts that are decoded in company have a context of at most so many tokens. */
const LONGEST_TOGETHER = 1024;
const MEMORY_TOKENS = 48;

const { values: flags } = parseArgs({
  options: {
    serve: { type: 'string' },
    memory: { type: 'string' },
    'llama-cpp': {
      type: 'string',
      default: join(cacheDirectory(), 'peers', `${LLAMA_CPP}-${LLAMA_CPP_VERSION}`),
    },
    model: { type: 'string' },
    precision: { type: 'string' },
    'kv-cache': { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '5' },
    prefills: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const [threads, tokens, rounds, prefills] = ['threads', 'tokens', 'rounds', 'prefills'].map((name) =>
  Number(flags[name]),
);
const options = {
  model: flags.model,
  threads,
  cacheBytes: 0,
  ...(flags.precision && { precision: flags.precision }),
  ...(flags['kv-cache'] && { kvCache: flags['kv-cache'] }),
};
/** Words that no model takes for a repetition. */
const promptOf = (length) => Array.from({ length }, (_, index) => 100 + ((index * 7919) % 20_000));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

if (flags.memory !== undefined) await measureMemory(Number(flags.memory));
else if (flags.serve !== undefined)
  await serve(flags.serve === LLAMA_CPP ? await openLlamaCpp() : await openHalfspace());
else await compare();

async function compare() {
  const { path: model } = await resolveModel(flags.model);
  const peers = [await start('halfspace', model)];
  if (existsSync(join(flags['llama-cpp'], 'node_modules', LLAMA_CPP)))
    peers.push(await start(LLAMA_CPP, model));
  else process.stderr.write(`${LLAMA_CPP} is not in ${flags['llama-cpp']}, and is left out.\n`);
  const questions = [
    ...CONTEXTS.flatMap((context) =>
      COMPANY.filter(({ texts }) => texts === 1 || context <= LONGEST_TOGETHER).map((company) => ({
        context,
        ...company,
      })),
    ),
    ...PROMPTS.map((prompt) => ({ prompt })),
  ];
  const found = questions.map((question) => ({ ...question, times: peers.map(() => []) }));
  try {
    // The first round warms up, and runs the contexts.
    for (let round = 0; round <= rounds; round++) {
      for (const each of found) {
        const { times, ...question } = each;
        if (question.prompt !== undefined && (round === 0 || round > prefills)) continue;
        for (let turn = 0; turn < peers.length; turn++) {
          const peer = (turn + round) % peers.length;
          const ms = await peers[peer].ask(question);
          if (round > 0 && ms !== null) times[peer].push(ms);
        }
      }
      process.stderr.write(`\rround ${round} of ${rounds}`);
    }
  } finally {
    for (const peer of peers) peer.stop();
    process.stderr.write('\n');
  }
  const memory = {};
  for (const texts of [1, 25]) memory[texts] = await run(['--memory', String(texts), '--model', model]);
  report(peers, found, memory);
}

function wordsOf(...words) {
  for (const name of ['llama-cpp', 'threads', 'tokens', 'precision', 'kv-cache'])
    if (flags[name] !== undefined) words.push(`--${name}`, flags[name]);
  return words;
}

async function start(name, model) {
  const script = fileURLToPath(import.meta.url);
  const child = fork(script, wordsOf('--serve', name, '--model', model), { stdio: ['ignore', 2, 2, 'ipc'] });
  await answerOf(child, name);
  return {
    name,
    ask(question) {
      const answered = answerOf(child, name);
      child.send(question);
      return answered;
    },
    stop: () => child.kill(),
  };
}

function answerOf(child, name) {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error(`The process of ${name} ended early.`));
    child.once('exit', failed);
    child.once('message', ({ value }) => {
      child.off('exit', failed);
      resolve(value);
    });
  });
}

async function run(words) {
  const child = fork(fileURLToPath(import.meta.url), wordsOf(...words), { stdio: ['ignore', 2, 2, 'ipc'] });
  return answerOf(child, words.join(' '));
}

/** The most memory that a process takes which writes so many completions. */
async function measureMemory(samples) {
  const backend = await createOnnxBackend(options);
  const halfspace = await createHalfspace({ backend });
  const prompt = 'The lighthouse keeper wrote in his journal every evening, as always:';
  await halfspace.generate({ prompt, samples, maxTokens: MEMORY_TOKENS, seed: 1 });
  process.send({ value: process.resourceUsage().maxRSS * 1024 });
  await halfspace.dispose();
  process.disconnect();
}

async function serve(engine) {
  process.on('message', async (question) => {
    const ms =
      question.prompt === undefined ? await engine.decode(question) : await engine.prefill(question.prompt);
    process.send({ value: ms ?? null });
  });
  process.on('disconnect', () => process.exit());
  process.send({ value: 'ready' });
}

async function openHalfspace() {
  const backend = await createOnnxBackend(options);
  const roots = new Map();
  const prefill = async (length) =>
    (await backend.prefill([{ tokens: promptOf(length), rowsPerStep: 1 }]))[0].context;
  return {
    async prefill(length) {
      const start = performance.now();
      const context = await prefill(length);
      await backend.next([{ context, topK: 10 }]);
      const ms = performance.now() - start;
      backend.release(context);
      return ms;
    },
    async decode({ context: length, texts, rows }) {
      if (!roots.has(length)) roots.set(length, await prefill(length));
      let contexts = Array.from({ length: texts }, () => backend.fork(roots.get(length)));
      await backend.next(contexts.map((context) => ({ context, topK: 10 })));
      const times = [];
      for (let step = 0; step < tokens; step++) {
        const start = performance.now();
        const looks = await backend.lookAhead(
          contexts.map((context, text) => ({
            context,
            tokens: Array.from({ length: rows }, (_, rank) => 200 + step * 37 + text * 11 + rank * 3),
            layers: rows === 1 ? [] : [backend.model.cut],
          })),
        );
        const longer = looks.map((look, text) => look.commit(200 + step * 37 + text * 11));
        for (const context of contexts) backend.release(context);
        contexts = longer;
        await backend.next(contexts.map((context) => ({ context, topK: 10 })));
        times.push((performance.now() - start) / texts);
      }
      for (const context of contexts) backend.release(context);
      return median(times);
    },
  };
}

async function openLlamaCpp() {
  const entry = join(flags['llama-cpp'], 'node_modules', LLAMA_CPP, 'dist', 'index.js');
  const { getLlama } = await import(pathToFileURL(entry).href);
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: flags.model });
  const roots = new Map();
  async function open(length) {
    const context = await model.createContext({ contextSize: length + 64, threads });
    return { context, sequence: context.getSequence() };
  }
  const sampling = { temperature: 1, topK: 10, topP: 0.9, minP: 0, yieldEogToken: true };
  return {
    async prefill(length) {
      const { context, sequence } = await open(length);
      const start = performance.now();
      for await (const _ of sequence.evaluate(promptOf(length), sampling)) break;
      const ms = performance.now() - start;
      await context.dispose();
      return ms;
    },
    async decode({ context: length, texts, rows }) {
      if (texts > 1 || rows > 1) return undefined;
      if (!roots.has(length)) {
        const made = await open(length);
        await made.sequence.evaluateWithoutGeneratingNewTokens(promptOf(length).slice(0, -1));
        roots.set(length, made);
      }
      const { sequence } = roots.get(length);
      const times = [];
      for await (const _ of sequence.evaluate(promptOf(length).slice(-1), sampling)) {
        times.push(performance.now());
        if (times.length > tokens) break;
      }
      await sequence.eraseContextTokenRanges([{ start: length - 1, end: sequence.nextTokenIndex }]);
      return median(times.slice(1).map((time, index) => time - times[index]));
    },
  };
}

function report(peers, found, memory) {
  const names = peers.map(({ name }) => name);
  if (flags.json) {
    console.log(JSON.stringify({ names, found, memory }));
    return;
  }
  const figure = (times) => (times.length === 0 ? '' : median(times).toFixed(2));
  const ratio = ([ours, theirs = []]) =>
    theirs.length === 0 ? '' : median(theirs.map((time, index) => time / ours[index])).toFixed(2);
  console.log(
    `| tokens of context | completions | candidates | ${names.join(', ms | ')}, ms | times as fast |`,
  );
  console.log(`|${'---|'.repeat(4 + names.length)}`);
  for (const { context, texts, rows, times } of found.filter((each) => each.prompt === undefined))
    console.log(`| ${[context, texts, rows, ...times.map(figure), ratio(times)].join(' | ')} |`);
  const at = (length) =>
    median(found.find((each) => each.context === length && each.rows === 1 && each.texts === 1).times[0]);
  console.log(`\nA token after 4,096 tokens takes ${(at(4096) / at(64)).toFixed(2)} times one after 64.\n`);
  console.log(
    `| tokens of a prompt | ${names.join(', tokens/s | ')}, tokens/s |\n|${'---|'.repeat(1 + names.length)}`,
  );
  const prompts = found.filter((each) => each.prompt !== undefined);
  const speeds = prompts.map(({ prompt, times }) => times.map((each) => (1000 * prompt) / median(each)));
  prompts.forEach(({ prompt }, index) =>
    console.log(`| ${[prompt, ...speeds[index].map((each) => each.toFixed(0))].join(' | ')} |`),
  );
  console.log(
    `\nThe longer prompt runs at ${(speeds[1][0] / speeds[0][0]).toFixed(2)} times the speed of the shorter one.`,
  );
  const more = ((memory[25] / memory[1] - 1) * 100).toFixed(1);
  const megabytes = [1, 25].map((texts) => `${texts}: ${(memory[texts] / 1e6).toFixed(0)} MB`).join(', ');
  console.log(`\nPeak memory by completions of ${MEMORY_TOKENS} tokens: ${megabytes} (${more} % more).`);
}
