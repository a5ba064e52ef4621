// Many completions of mixed kinds in one process: what is held while they are written, and after. See README.md here.
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { truthful } from '@halfspace/attribute-truthfulness';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, defineAttribute, engineStats, wordFilter } from '@halfspace/core';
import { whole } from './peer-process.mjs';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string' },
    completions: { type: 'string', default: '10000' },
    together: { type: 'string', default: '32' },
    minutes: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
  },
});
const total = whole('completions', flags.completions, 1);
const together = whole('together', flags.together, 1);
const deadline = performance.now() + 60_000 * whole('minutes', flags.minutes, 1);

const plugin = (name, score) => defineAttribute({ name, description: 'For a soak.', timeoutMs: 200, score });
const throwing = plugin('throwing', () => {
  throw new Error('not today');
});
const hanging = plugin('hanging', () => new Promise(() => {}));
const lying = plugin('lying', () => [NaN]);
const fine = plugin('fine', ({ candidates }) => candidates.map(({ text }) => (text.includes('e') ? 1 : 0)));

const backend = await createOnnxBackend({ ...(flags.model !== undefined && { model: flags.model }) });
const open = new Set();
const opened = (context) => {
  open.add(context);
  return context;
};
/** The backend, with a list of what was opened and not released. */
const watched = {
  ...backend,
  async prefill(...words) {
    const found = await backend.prefill(...words);
    for (const { context } of found) opened(context);
    return found;
  },
  async lookAhead(...words) {
    const looks = await backend.lookAhead(...words);
    return looks.map((look) => ({
      ...look,
      hidden: (layer) => look.hidden(layer),
      commit: (token) => opened(look.commit(token)),
    }));
  },
  fork: (context) => opened(backend.fork(context)),
  release(context) {
    open.delete(context);
    backend.release(context);
  },
};
const halfspace = await createHalfspace({
  backend: watched,
  attributes: [nontoxic, truthful, throwing, hanging, lying, fine],
});

const kl = { mode: 'kl-budget', nats: 0.2, per: 'token' };
const redraw = { ifMeanBelow: { nontoxic: 1 }, maxAttempts: 2 };
const steered = { weights: { nontoxic: 2, truthful: 1 } };
/** Kinds of work; each writes one completion or gives up. */
const KINDS = {
  plain: (request) => halfspace.generate(request),
  steered: (request) => halfspace.generate({ ...request, ...steered }),
  eager: (request) => halfspace.generate({ ...request, ...steered, lookAhead: 'eager', topK: 5 }),
  budget: (request) => halfspace.generate({ ...request, ...steered, control: kl }),
  redrawn: (request) => halfspace.generate({ ...request, weights: { nontoxic: 1 }, redraw }),
  filtered: (request) => halfspace.generate({ ...request, filters: [wordFilter(['the', 'and'])] }),
  plugin: (request) => halfspace.generate({ ...request, weights: { fine: 1, nontoxic: 1 } }),
  throwing: (request) => halfspace.generate({ ...request, weights: { throwing: 1 } }),
  lying: (request) => halfspace.generate({ ...request, weights: { lying: 1 } }),
  hanging: (request) => halfspace.generate({ ...request, weights: { hanging: 1 } }),
  scored: ({ prompt }) =>
    halfspace.score({ prompt, response: ' and so it was.', measure: ['nontoxic', 'fine'] }),
  async aborted(request) {
    const controller = new AbortController();
    const work = halfspace
      .generate({ ...request, ...steered, signal: controller.signal })
      .catch(() => undefined);
    await sleep((request.seed * 7) % 60);
    controller.abort();
    return work;
  },
  async left(request) {
    for await (const _ of halfspace.stream(request)) break;
  },
  dropped: (request) => halfspace.stream({ ...request, maxTokens: 200 }).next(),
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
const rows = [];

async function look(done) {
  collect();
  await sleep(50);
  collect();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  const { jobs, live } = engineStats(watched);
  const kept = backend.cacheStats().tokens;
  rows.push({
    done,
    heap: megabytes(heapUsed),
    buffers: megabytes(arrayBuffers),
    rss: megabytes(rss),
    contexts: open.size,
    jobs,
    live,
    kept,
  });
  if (!flags.json)
    console.log(
      Object.entries(rows.at(-1))
        .map(([name, value]) => `${name} ${value}`)
        .join('  '),
    );
}

const names = Object.keys(KINDS);
let begun = 0;
let done = 0;
const step = Math.max(1, Math.ceil(total / 10));
async function worker() {
  while (begun < total && performance.now() < deadline) {
    const seed = begun++;
    const prompt = `On day ${seed % 211} the ${['river', 'train', 'letter'][seed % 3]} was`;
    const request = { prompt, maxTokens: 1 + (seed % 5), seed };
    await KINDS[names[seed % names.length]](request);
    if (++done % step === 0) await look(done);
  }
}
await look(0);
await Promise.all(Array.from({ length: together }, worker));
// What was dropped goes when it is found to be garbage.
for (let turn = 0; turn < 100 && engineStats(watched).jobs > 0; turn++) {
  collect();
  await sleep(20);
}
await look(done);
const last = rows.at(-1);
if (flags.json) console.log(JSON.stringify({ completions: done, together, rows }));
await backend.dispose();
if (last.contexts > 0 || last.jobs > 0) {
  console.error(`${last.contexts} contexts and ${last.jobs} calls are left.`);
  process.exitCode = 1;
}
