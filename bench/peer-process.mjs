// What the benchmarks against other systems have in common: each system lives in a process of its own, and they take turns.
import { execFileSync, fork } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDirectory } from '@halfspace/model';

export const LLAMA_CPP = 'node-llama-cpp';
export const LLAMA_CPP_VERSION = '3.22.1';

/** Where node-llama-cpp is looked for, and installed: never the workspace. */
export function llamaCppPlace() {
  return join(cacheDirectory(), 'peers', `${LLAMA_CPP}-${LLAMA_CPP_VERSION}`);
}

/** Puts node-llama-cpp in a directory, unless it is there. */
export function installLlamaCpp(place) {
  if (existsSync(join(place, 'node_modules', LLAMA_CPP, 'package.json'))) return;
  process.stderr.write(`Installing ${LLAMA_CPP} ${LLAMA_CPP_VERSION} in ${place}\n`);
  mkdirSync(place, { recursive: true });
  const words = ['install', '--prefix', place, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', [...words, `${LLAMA_CPP}@${LLAMA_CPP_VERSION}`], { stdio: ['ignore', 2, 2] });
}

/** Loads a model by node-llama-cpp, on the processor. */
export async function loadLlamaCpp(place, modelPath, threads) {
  const entry = join(place, 'node_modules', LLAMA_CPP, 'dist', 'index.js');
  const { getLlama } = await import(pathToFileURL(entry).href);
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
  return llama.loadModel({ modelPath });
}

/** Starts a script as the server of a system: it says that it is ready, and then answers one question after another. */
export async function startServer(script, name, words) {
  const child = fork(script, words, { stdio: ['ignore', 2, 2, 'ipc'] });
  const answer = () => answerOf(child, name, (use) => child.once('message', use));
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

/** What a process says next; an error when it ends before. */
export function answerOf(child, name, listen) {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error(`The process of ${name} ended early.`));
    child.once('exit', failed);
    listen((message) => {
      child.off('exit', failed);
      resolve(message);
    });
  });
}

/** The server's side: answers questions until the other side goes. */
export function answerQuestions(answer) {
  process.on('message', async (question) => {
    try {
      process.send(await answer(question));
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
  });
  process.on('disconnect', () => process.exit());
  process.send('ready');
}

/** A flag that is a whole number. */
export function whole(name, text, least) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number from ${least}; got ${text}.`);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** A quantile, between the two values next to it. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const rest = place - below;
  return rest === 0 ? sorted[below] : sorted[below] * (1 - rest) + sorted[below + 1] * rest;
}
