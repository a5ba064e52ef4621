import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { u32 } from '../../model/src/testing/gguf-bytes.js';
import { tinyGguf, tinyMetadata } from '../../model/src/testing/tiny-llama.js';
import { CHROMIUM, launchBrowser } from '../../../test/support/browser.js';
import { ISOLATED, serveFolder, type StaticSite } from '../../../test/support/static-site.js';
import type { PageTools } from './testing/page.js';
import { attributeOf, type PlainAttribute } from './testing/plain-attribute.js';

declare const tools: PageTools;

const HERE = dirname(fileURLToPath(import.meta.url));
const RUNTIME = dirname(
  createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'),
);
const MODEL = tinyGguf({ metadata: { ...tinyMetadata(), 'llama.context_length': u32(64) } });
const REQUEST = { prompt: 'he said', weights: { one: 1.5, two: -1, three: 0.5 } };

describe.skipIf(CHROMIUM === undefined)('in a browser (needs Chromium)', () => {
  let browser: Browser;
  let site: StaticSite;
  let page: Page;
  let folder: string;
  let fingerprint: string;
  let native: readonly string[];
  let values: PlainAttribute[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'halfspace-web-'));
    await build({
      entryPoints: {
        page: join(HERE, 'testing/page.ts'),
        worker: join(HERE, 'worker.ts'),
        'shared-worker': join(HERE, 'testing/shared-worker.ts'),
      },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      outdir: folder,
      logLevel: 'error',
    });
    await mkdir(join(folder, 'ort'));
    for (const ending of ['mjs', 'wasm'])
      await copyFile(
        join(RUNTIME, `ort-wasm-simd-threaded.${ending}`),
        join(folder, 'ort', `ort-wasm-simd-threaded.${ending}`),
      );
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><script type="module" src="page.js"></script>',
    );
    await writeFile(join(folder, 'tiny.gguf'), MODEL);
    const backend = await createOnnxBackend({
      model: join(folder, 'tiny.gguf'),
      precision: 'f32',
      worker: false,
    });
    ({ fingerprint } = backend.model);
    values = ['one', 'two', 'three'].map((name, value) => ({
      name,
      fingerprint,
      layers: [value === 2 ? 2 : 1],
      direction: Array.from({ length: 32 }, (_, at) => Math.sin(at * (value + 1))),
    }));
    const halfspace = await createHalfspace({ backend, attributes: values.map(attributeOf) });
    const completions = await halfspace.generate({ samples: 3, maxTokens: 12, seed: 3, ...REQUEST });
    native = completions.map(({ text }) => text);
    await halfspace.dispose();
    site = await serveFolder(folder);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    site.headers = ISOLATED;
    const context = await browser.newContext();
    page = await context.newPage();
    await page.goto(`${site.url}index.html`);
    await page.waitForFunction(() => 'tools' in globalThis);
  });
  afterEach(async () => page.context().close());

  const generate = async (options: object) =>
    page.evaluate(
      async ([given, attributes, request]) => tools.generate(given as never, attributes, request),
      [options, values, REQUEST] as const,
    );
  const failure = async (options: object) =>
    page.evaluate(
      async (given) =>
        tools.codeOf(async () => tools.createWebBackend({ worker: tools.alone, ...given } as never)),
      options,
    );

  it('keeps the contract of backends', async () => {
    const { passed, failed } = await page.evaluate(async () => tools.conformance('tiny.gguf'));
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(15);
  });

  it('writes the text that it writes on the machine, steered by three values, with threads', async () => {
    const found = await generate({ model: 'tiny.gguf' });
    expect(found).toMatchObject({
      texts: native,
      threads: await page.evaluate(() => navigator.hardwareConcurrency),
      warnings: [],
      exact: true,
      model: { fingerprint, name: 'tiny' },
    });
    expect(found.phases).toEqual(['download', 'compile', 'load']);
    // The second time it comes from the browser's storage.
    const asked = site.asked.filter((path) => path === '/tiny.gguf').length;
    const again = await generate({ model: 'tiny.gguf' });
    expect(again.texts).toEqual(native);
    expect(site.asked.filter((path) => path === '/tiny.gguf')).toHaveLength(asked);
    const stored = await page.evaluate(async () => tools.listStoredModels());
    expect(stored).toEqual([
      { key: `${site.url}tiny.gguf`, name: 'tiny.gguf', bytes: MODEL.length, fingerprint },
    ]);
    await page.evaluate(async (each) => tools.removeStoredModel(each), stored[0] as (typeof stored)[0]);
    expect(await page.evaluate(async () => tools.listStoredModels())).toEqual([]);
    expect(await failure({ model: stored[0] })).toMatchObject({ code: 'model-not-found' });
  });

  it('runs with one thread where memory cannot be shared, and says why', async () => {
    site.headers = {};
    await page.reload();
    await page.waitForFunction(() => 'tools' in globalThis);
    const { texts, threads, warnings } = await generate({ model: 'tiny.gguf', threads: 2 });
    expect(texts).toEqual(native);
    expect(threads).toBe(1);
    expect(warnings.join()).toMatch(/one thread.*Cross-Origin-Opener-Policy/);
  });

  it('takes a file that the user has chosen, and keeps it', async () => {
    await page.setContent('<input type="file"><script type="module" src="/page.js"></script>');
    await page.waitForFunction(() => 'tools' in globalThis);
    await page.setInputFiles('input', { name: 'mine.gguf', mimeType: '', buffer: MODEL });
    const found = await page.evaluate(
      async ([attributes, request]) => {
        const file = document.querySelector('input')?.files?.[0] as File;
        return tools.generate({ model: file, threads: 1 }, attributes, request);
      },
      [values, REQUEST] as const,
    );
    expect(found).toMatchObject({ texts: native, model: { name: 'mine', fingerprint } });
    const stored = await page.evaluate(async () => tools.listStoredModels());
    expect(stored).toMatchObject([{ name: 'mine.gguf', fingerprint }]);
    expect((await generate({ model: stored[0], threads: 1 })).texts).toEqual(native);
  });

  it('says in words what is wrong', async () => {
    expect(await failure({ model: 'none.gguf' })).toEqual({
      code: 'model-not-found',
      message: `There is no model at ${site.url}none.gguf. Check the address.`,
    });
    site.files.set('cut.gguf', { bytes: MODEL.subarray(0, 100), announced: MODEL.length });
    expect(await failure({ model: 'cut.gguf' })).toMatchObject({ code: 'download-failed' });
    site.files.set('busy.gguf', { status: 503, bytes: Buffer.from('later'), announced: 5 });
    expect(await failure({ model: 'busy.gguf' })).toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('answers 503') as string,
    });
    expect(await failure({ model: 'http://127.0.0.1:1/x.gguf' })).toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('CORS') as string,
    });
    site.files.set('text.gguf', Buffer.from('<b>no model</b>'.repeat(9)));
    expect(await failure({ model: 'text.gguf' })).toMatchObject({ code: 'corrupt-model' });
    expect(await failure({ model: 'tiny.gguf', sha256: '0'.repeat(64) })).toMatchObject({
      code: 'checksum-mismatch',
    });
    expect(await failure({ model: 'tiny.gguf', threads: 0 })).toMatchObject({ code: 'bad-option' });
    expect(await failure({ model: 'tiny.gguf', runtime: 'nowhere/' })).toMatchObject({
      code: 'runtime-missing',
      message: expect.stringContaining(`${site.url}nowhere/`) as string,
    });
    expect(
      await page.evaluate(async () =>
        tools.codeOf(async () =>
          tools.createWebBackend({
            model: 'tiny.gguf',
            worker: () => new Worker('none.js', { type: 'module' }),
          }),
        ),
      ),
    ).toMatchObject({ code: 'worker-unavailable' });
    expect(
      await page.evaluate(async () =>
        tools.codeOf(async () => {
          const stop = new AbortController();
          const onProgress = () => stop.abort();
          await tools.createWebBackend({
            model: 'tiny.gguf',
            worker: tools.alone,
            signal: stop.signal,
            onProgress,
          });
        }),
      ),
    ).toMatchObject({ code: 'aborted' });
  });

  it('says that the storage is full before anything is fetched whole, and goes on without it', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(site.url).origin,
      quotaSize: 1000,
    });
    expect(await failure({ model: 'tiny.gguf' })).toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('keep: false') as string,
    });
    expect((await generate({ model: 'tiny.gguf', keep: false, threads: 1 })).texts).toEqual(native);
  });
});
