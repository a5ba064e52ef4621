// Plain and steered decoding in a page of Chromium, and the same on the machine: tokens a second, and whether the texts are the
// same. See README.md here.
import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpful } from '@halfspace/attribute-helpfulness';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { truthful } from '@halfspace/attribute-truthfulness';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { resolveModel } from '@halfspace/model';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { median, whole } from './peer-process.mjs';

const PROMPT = 'My neighbour said that';
const WAYS = { plain: {}, steered: { nontoxic: 2, helpful: 2, truthful: 2 } };
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    native: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const threads = whole('threads', flags.threads, 1);
const maxTokens = whole('tokens', flags.tokens, 1);
const rounds = whole('rounds', flags.rounds, 1);
const { path: model } = await resolveModel(flags.model);

/** What runs in the page: the same as below. */
const PAGE = `
import { helpful } from '@halfspace/attribute-helpfulness';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { truthful } from '@halfspace/attribute-truthfulness';
import { createWebBackend } from '@halfspace/backend-web';
import { createHalfspace } from '@halfspace/core';
globalThis.load = async (model, threads) => {
  const started = performance.now();
  const backend = await createWebBackend({ model, threads, keep: false, worker: () => new Worker('worker.js', { type: 'module' }) });
  const seconds = (performance.now() - started) / 1000;
  globalThis.halfspace = await createHalfspace({ backend, attributes: [nontoxic, helpful, truthful] });
  return { seconds, threads: backend.threads, warnings: backend.warnings };
};
globalThis.complete = async (request) => {
  const started = performance.now();
  const { text, tokens } = await globalThis.halfspace.complete(request);
  return { text, tokens: tokens.length, seconds: (performance.now() - started) / 1000 };
};
`;

async function bundle(folder) {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const settings = { bundle: true, format: 'esm', platform: 'browser', minify: true, logLevel: 'error' };
  const of = (contents) => ({ ...settings, stdin: { contents, resolveDir: here } });
  await build({ ...of(PAGE), outfile: join(folder, 'page.js') });
  await build({ ...of("import '@halfspace/backend-web/worker';"), outfile: join(folder, 'worker.js') });
  const require = createRequire(import.meta.url);
  const runtime = dirname(require.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  await mkdir(join(folder, 'ort'));
  for (const name of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
    await cp(join(runtime, name), join(folder, 'ort', name));
  await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="page.js"></script>');
}

async function serve(folder) {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, 'http://site').pathname.slice(1);
    const path = name === basename(model) ? model : join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-length': found.size,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    return createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Each way so many times, in turns; the first of each is not counted. */
async function measure(complete) {
  const found = Object.fromEntries(Object.keys(WAYS).map((way) => [way, { rates: [] }]));
  for (let round = 0; round <= rounds; round++)
    for (const [way, weights] of Object.entries(WAYS)) {
      const { text, tokens, seconds } = await complete({ prompt: PROMPT, weights, seed: 2, maxTokens });
      found[way].text = text;
      if (round > 0) found[way].rates.push(tokens / seconds);
    }
  return Object.fromEntries(
    Object.entries(found).map(([way, { text, rates }]) => [way, { text, tokensPerSecond: median(rates) }]),
  );
}

async function inBrowser() {
  const folder = await mkdtemp(join(tmpdir(), 'halfspace-bench-browser-'));
  await bundle(folder);
  const server = await serve(folder);
  const browser = await chromium.launch({
    executablePath: flags.chromium,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage();
    const address = `http://127.0.0.1:${server.address().port}/`;
    await page.goto(`${address}index.html`);
    await page.waitForFunction(() => 'load' in globalThis);
    const loaded = await page.evaluate(
      ([name, count]) => globalThis.load(name, count),
      [basename(model), threads],
    );
    const ways = await measure((request) => page.evaluate((given) => globalThis.complete(given), request));
    return { ...loaded, version: browser.version(), ways };
  } finally {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function onMachine() {
  const backend = await createOnnxBackend({ model, precision: 'f32', threads });
  const halfspace = await createHalfspace({ backend, attributes: [nontoxic, helpful, truthful] });
  const ways = await measure(async (request) => {
    const started = performance.now();
    const { text, tokens } = await halfspace.complete(request);
    return { text, tokens: tokens.length, seconds: (performance.now() - started) / 1000 };
  });
  await halfspace.dispose();
  return { ways };
}

const browser = await inBrowser();
const native = flags.native ? await onMachine() : undefined;
const same = native && Object.keys(WAYS).every((way) => native.ways[way].text === browser.ways[way].text);
if (flags.json) console.log(JSON.stringify({ model: basename(model), browser, native, same }));
else {
  console.log(
    `${basename(model)}, Chromium ${browser.version}, ${browser.threads} threads: loaded in ${browser.seconds.toFixed(1)} s`,
  );
  for (const warning of browser.warnings) console.log(warning);
  for (const [where, found] of Object.entries({ browser, ...(native && { native }) }))
    for (const [way, { tokensPerSecond }] of Object.entries(found.ways))
      console.log(`${where.padEnd(8)} ${way.padEnd(8)} ${tokensPerSecond.toFixed(2)} tokens/s`);
  if (native) console.log(same ? 'The texts are the same.' : 'The texts differ.');
}
