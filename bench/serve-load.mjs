// A server under load on the loopback: clients that stream, of which a tenth abort, a tenth read slowly and a tenth send rubbish. It
// reports requests that failed, texts that differ from what they are alone, growth of memory, fairness and tokens a second.
// With --peer node-llama-cpp stands behind the same route, for its throughput. See README.md here.
import { execFileSync, fork, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDirectory, resolveModel } from '@halfspace/model';

const LLAMA_CPP = 'node-llama-cpp';
const LLAMA_CPP_VERSION = '3.22.1';
const CLI = fileURLToPath(new URL('../packages/cli/bin/halfspace.js', import.meta.url));
/** Requests that differ, each of which clients send again and again. */
const KINDS = 24;
const PROMPTS = [
  'The committee said that',
  'My neighbour is such a',
  'In the morning the ferry',
  'Nobody had seen the captain since',
  'The quick brown fox jumps over the lazy dog. It was a nice day and',
  'Well, I think that people who',
];
const STEERED = [{}, { weights: { nontoxic: 2 } }, { weights: { nontoxic: 1, helpful: 1, truthful: 1 } }];
const RUBBISH = [
  '{',
  '[]',
  '{"model":"nix","prompt":"a"}',
  '{"model":"load","prompt":5}',
  '{"model":"load","prompt":"a","n":1000}',
  '{"model":"load","prompt":"a","halfspace":{"weights":{"../x":1}}}',
  '{"model":"load","prompt":"' + ' '.repeat(9000) + '"}',
  '\u0000\u0001',
];

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '570' },
    clients: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(availableParallelism()) },
    model: { type: 'string' },
    peer: { type: 'boolean', default: false },
    'peer-server': { type: 'boolean', default: false },
    'llama-cpp': {
      type: 'string',
      default: join(cacheDirectory(), 'peers', `${LLAMA_CPP}-${LLAMA_CPP_VERSION}`),
    },
    json: { type: 'boolean', default: false },
  },
});
const [seconds, clients, tokens, threads] = ['seconds', 'clients', 'tokens', 'threads'].map((name) => {
  const value = Number(flags[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number from 1; got ${flags[name]}.`);
  return value;
});

if (flags['peer-server']) await servePeer();
else await main();

async function main() {
  const server = flags.peer ? await startPeer() : await startHalfspace();
  try {
    const alone = flags.peer ? undefined : await textsAlone(server.url);
    const figures = await load(server, alone);
    report(figures);
  } finally {
    server.stop();
  }
}

async function startHalfspace() {
  const words = ['serve', '--port', '0', '--id', 'load', '--log', 'none', '--threads', String(threads)];
  const limits = ['--limit', `maxRequests=${4 * clients}`];
  if (flags.model !== undefined) words.push('--model', flags.model);
  const child = spawn(process.execPath, [CLI, ...words, ...limits], { stdio: ['ignore', 'inherit', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  while (!said.includes('Ready.')) {
    if (child.exitCode !== null) throw new Error(said);
    await wait(50);
  }
  return { url: /Listening on (\S+)\./.exec(said)[1], pid: child.pid, stop: () => child.kill('SIGTERM') };
}

/** Puts node-llama-cpp where the workspace does not see it, and starts a process that serves it. */
async function startPeer() {
  const place = flags['llama-cpp'];
  if (!existsSync(join(place, 'node_modules', LLAMA_CPP, 'package.json'))) {
    mkdirSync(place, { recursive: true });
    const words = ['install', '--prefix', place, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', [...words, `${LLAMA_CPP}@${LLAMA_CPP_VERSION}`], { stdio: ['ignore', 2, 2] });
  }
  const words = ['--peer-server', '--llama-cpp', place, '--clients', flags.clients, '--tokens', flags.tokens];
  words.push('--threads', flags.threads);
  if (flags.model !== undefined) words.push('--model', flags.model);
  const child = fork(fileURLToPath(import.meta.url), words, { stdio: ['ignore', 2, 2, 'ipc'] });
  const url = await new Promise((resolve, reject) => {
    child.once('message', resolve).once('exit', () => reject(new Error('The peer did not start.')));
  });
  return { url, pid: child.pid, stop: () => child.kill() };
}

/** node-llama-cpp behind `POST /v1/completions`, all completions in one batch. */
async function servePeer() {
  const { createServer } = await import('node:http');
  const entry = join(flags['llama-cpp'], 'node_modules', LLAMA_CPP, 'dist', 'index.js');
  const { getLlama, LlamaCompletion } = await import(pathToFileURL(entry).href);
  const { path: modelPath } = await resolveModel(flags.model);
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({
    sequences: clients,
    contextSize: 256,
    threads,
    batchSize: 512,
  });
  const waiting = [];
  const http = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    let body;
    try {
      body = JSON.parse(Buffer.concat(parts).toString());
      if (body.model !== 'load' || typeof body.prompt !== 'string' || body.n > 1 || body.prompt.length > 4000)
        throw new Error();
      if (body.halfspace?.weights?.['../x'] !== undefined) throw new Error();
    } catch {
      response.writeHead(400).end('{}');
      return;
    }
    while (context.sequencesLeft === 0) await new Promise((resolve) => waiting.push(resolve));
    const sequence = context.getSequence();
    const controller = new AbortController();
    response.on('close', () => controller.abort());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let written = 0;
    try {
      await new LlamaCompletion({ contextSequence: sequence }).generateCompletion(body.prompt, {
        maxTokens: body.max_tokens,
        temperature: 1,
        topK: 10,
        topP: 0.9,
        seed: body.seed,
        signal: controller.signal,
        stopOnAbortSignal: true,
        onToken: (found) => (written += found.length),
        onTextChunk: (text) =>
          response.write(
            `data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason: null }] })}\n\n`,
          ),
      });
      response.write(
        `data: ${JSON.stringify({ choices: [{ index: 0, text: '', finish_reason: 'length' }] })}\n\n`,
      );
      response.end(
        `data: ${JSON.stringify({ choices: [], usage: { completion_tokens: written } })}\n\ndata: [DONE]\n\n`,
      );
    } finally {
      sequence.dispose();
      waiting.shift()?.();
    }
  });
  http.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${http.address().port}`));
}

function requestOf(kind) {
  return {
    model: 'load',
    prompt: PROMPTS[kind % PROMPTS.length],
    seed: kind,
    max_tokens: tokens,
    stream: true,
    stream_options: { include_usage: true },
    ...(!flags.peer && { halfspace: STEERED[kind % STEERED.length] }),
  };
}

/** Sends a request and reads its stream. */
async function ask(url, kind, { signal, onChunk } = {}) {
  const began = performance.now();
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(requestOf(kind)),
    signal,
  });
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  let [text, rest, firstMs, written, done, reason] = ['', '', undefined, 0, false, null];
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    rest += decoder.decode(bytes, { stream: true });
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const each of events) {
      if (!each.startsWith('data: ')) continue;
      if (each === 'data: [DONE]') {
        done = true;
        continue;
      }
      const { choices = [], usage, error } = JSON.parse(each.slice(6));
      if (error !== undefined) throw new Error(error.message);
      firstMs ??= performance.now() - began;
      written = usage?.completion_tokens ?? written;
      text += choices[0]?.text ?? '';
      reason = choices[0]?.finish_reason ?? reason;
    }
    await onChunk?.();
  }
  if (!done || reason === null) throw new Error('the stream broke off');
  return { text, firstMs, written };
}

async function textsAlone(url) {
  const texts = [];
  for (let kind = 0; kind < KINDS; kind++) texts.push((await ask(url, kind)).text);
  return texts;
}

async function load({ url, pid }, alone) {
  const figures = {
    good: 0,
    failed: [],
    differing: 0,
    aborted: 0,
    slow: 0,
    rubbish: 0,
    rubbishAnswers: {},
    firstMs: [],
    tokens: 0,
    memory: [],
  };
  const end = performance.now() + 1000 * seconds;
  const isOver = () => performance.now() >= end;
  let next = 0;

  async function good(options) {
    const kind = next++ % KINDS;
    try {
      const { text, firstMs, written } = await ask(url, kind, options);
      figures.tokens += written;
      if (alone !== undefined && text !== alone[kind]) figures.differing++;
      return firstMs;
    } catch (error) {
      figures.failed.push(String(error.cause ?? error));
      return undefined;
    }
  }

  /** The status of the answer to rubbish, or how the connection ended without one. */
  async function refused(body) {
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/v1/completions`, { method: 'POST', headers, body });
      await response.text();
      return response.status;
    } catch (error) {
      return error.cause?.code ?? String(error);
    }
  }

  async function client(index) {
    for (let turn = 0; !isOver(); turn++) {
      if (index % 10 === 0) {
        const controller = new AbortController();
        let chunks = 0;
        const most = turn % 5;
        if (most === 0) setTimeout(() => controller.abort(), 20);
        await ask(url, turn % KINDS, {
          signal: controller.signal,
          onChunk: () => ++chunks >= most && controller.abort(),
        }).catch((error) => {
          if (error.name !== 'AbortError') figures.failed.push(`aborting: ${error}`);
        });
        figures.aborted++;
      } else if (index % 10 === 1) {
        await good({ onChunk: () => wait(100) });
        figures.slow++;
      } else if (index % 10 === 2) {
        const answer = await refused(RUBBISH[turn % RUBBISH.length]);
        figures.rubbish++;
        figures.rubbishAnswers[answer] = (figures.rubbishAnswers[answer] ?? 0) + 1;
        await wait(50);
      } else {
        const firstMs = await good();
        if (firstMs !== undefined) figures.firstMs.push(firstMs);
        figures.good++;
      }
    }
  }

  async function watch() {
    while (!isOver()) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      figures.memory.push(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
      await wait(Math.min(5000, (1000 * seconds) / 20));
    }
  }
  const began = performance.now();
  await Promise.all([watch(), ...Array.from({ length: clients }, (_, index) => client(index))]);
  return { ...figures, seconds: (performance.now() - began) / 1000 };
}

function report({
  good,
  slow,
  failed,
  differing,
  aborted,
  rubbish,
  rubbishAnswers,
  firstMs,
  tokens: written,
  memory,
  seconds: took,
}) {
  const sorted = firstMs.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  const quarter = Math.max(1, Math.floor(memory.length / 4));
  const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const figures = {
    server: flags.peer ? `${LLAMA_CPP} ${LLAMA_CPP_VERSION}` : 'halfspace',
    clients,
    seconds: took,
    goodRequests: good + slow,
    failed: failed.length,
    failures: [...new Set(failed)].slice(0, 10),
    differingTexts: flags.peer ? null : differing,
    aborted,
    rubbish,
    rubbishAnswers,
    firstTokenMs: { median: at(0.5), p99: at(0.99) },
    fairness: at(0.99) / at(0.5),
    tokensPerSecond: written / took,
    memoryMB: {
      secondQuarter: mean(memory.slice(quarter, 2 * quarter)),
      lastQuarter: mean(memory.slice(-quarter)),
    },
  };
  if (flags.json) {
    console.log(JSON.stringify(figures));
    return;
  }
  const { median, p99 } = figures.firstTokenMs;
  const { secondQuarter, lastQuarter } = figures.memoryMB;
  console.log(
    `${figures.server}: ${clients} clients for ${took.toFixed(0)} s, ${threads} threads, ${tokens} tokens each`,
  );
  console.log(`good requests        ${figures.goodRequests}, of which failed: ${failed.length}`);
  for (const each of figures.failures) console.log(`                     ${each}`);
  if (!flags.peer) console.log(`texts                ${differing} differ from what they are alone`);
  console.log(`aborted, rubbish     ${aborted}, ${rubbish} (${JSON.stringify(rubbishAnswers)})`);
  console.log(
    `time to first token  median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms: ${figures.fairness.toFixed(2)} times`,
  );
  console.log(`throughput           ${figures.tokensPerSecond.toFixed(1)} tokens a second`);
  console.log(
    `memory               ${secondQuarter.toFixed(0)} MB in the second quarter, ${lastQuarter.toFixed(0)} MB in the last`,
  );
}
