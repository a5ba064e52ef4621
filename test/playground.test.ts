import { createHalfspace, defineJudge } from '@halfspace/core';
import { createToyBackend, toyAttribute } from '@halfspace/core/testing';
import { createPlayground } from '@halfspace/playground';
import {
  createServer,
  listen,
  type Listening,
  type ServerOptions,
  type ValueExamples,
} from '@halfspace/serve';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, faultsOf, launchBrowser } from './support/browser.js';

/** Markup that would show itself by a mark on the page. */
const HOSTILE = `<img src="x" onerror="document.title='hacked'">`;

const judge = defineJudge({
  name: 'long',
  description: 'the text is long',
  revision: '1',
  desired: 'low',
  threshold: 0.5,
  score: async (texts) => Float64Array.from(texts, ({ completion }) => Math.min(1, completion.length / 10)),
});

/** The toy's letters, one of which is hostile. */
const VOCABULARY = ['a', 'b', 'c', 'd', ' ', HOSTILE, ''].map((text) => new TextEncoder().encode(text));

describe.skipIf(CHROMIUM === undefined)('the playground in a browser (needs Chromium)', () => {
  let browser: Browser;
  let url: string;
  const servers: Listening[] = [];
  const faults: string[] = [];
  const pages: Page[] = [];

  async function serveToy(options: Partial<ServerOptions> = {}): Promise<Listening> {
    const backend = createToyBackend({ endLogit: -3, vocabulary: VOCABULARY, contextLength: 256 });
    const attributes = [toyAttribute('kind', 0), toyAttribute('calm', 1)];
    const halfspace = await createHalfspace({ backend, attributes });
    const server = createServer({ halfspace, model: 'toy', pages: createPlayground(), ...options });
    const listening = await listen(server, { port: 0 });
    servers.push(listening);
    return listening;
  }

  async function open(at: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options);
    pages.push(page);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
        faults.push(message.text());
    });
    await page.goto(at);
    return page;
  }

  async function openReady(at: string, options?: Parameters<Browser['newPage']>[0]): Promise<Page> {
    const page = await open(at, options);
    await page.locator('#sliders input').first().waitFor();
    return page;
  }

  const written = async (page: Page) =>
    page.locator('#status', { hasText: 'Both texts are there' }).waitFor({ state: 'attached' });
  const textOf = async (page: Page, id: string) =>
    page.locator(`article[aria-labelledby=${id}-title] p.sr`).textContent();
  const said = async (page: Page) => {
    await page.locator('#message').waitFor();
    return page.locator('#message').textContent();
  };

  beforeAll(async () => {
    browser = await launchBrowser();
    ({ url } = await serveToy());
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map(async (page) => page.close()));
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(servers.map(async ({ stop }) => stop(0)));
  });

  async function complete(weight: number): Promise<string> {
    const body = {
      model: 'toy',
      prompt: 'ab',
      seed: 5,
      max_tokens: 12,
      halfspace: { weights: { kind: weight } },
    };
    const response = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { choices } = (await response.json()) as { choices: { text: string }[] };
    return choices[0].text;
  }

  it('writes plain and steered text side by side by the keyboard alone, and goes on from another candidate', async () => {
    const page = await openReady(url);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = async () => page.evaluate(() => document.activeElement?.id ?? '');
    const tabTo = async (id: string) => {
      for (let presses = 0; presses < 40; presses++) {
        if ((await focused()) === id) return;
        await press('Tab');
      }
      throw new Error(`No Tab leads to ${id}.`);
    };
    await tabTo('prompt');
    await press('Control+A');
    await page.keyboard.type('ab');
    await tabTo('value-0');
    await press('Home', ...Array.from({ length: 44 }, () => 'ArrowRight'));
    await tabTo('go');
    await page.locator('#seed').fill('5');
    await page.locator('#tokens').fill('12');
    await page.locator('#go').focus();
    await press('Enter');
    await written(page);
    expect(await page.locator('[aria-label="kind, nats"]').inputValue()).toBe('3');
    const [plain, steered] = [await complete(0), await complete(3)];
    expect(plain).not.toBe(steered);
    expect([await textOf(page, 'plain'), await textOf(page, 'steered')]).toEqual([plain, steered]);
    expect(await page.locator('#plain-title ~ .text .part').count()).toBe(1);
    expect(await page.locator('dl.figures').first().textContent()).toMatch(
      /KL, nats.*candidates run a token.*ms a token/,
    );

    const box = page.locator('[role=listbox]').nth(1);
    await box.focus();
    await press('Home', 'ArrowRight', 'Enter');
    await page.locator('#token table').waitFor();
    expect(await focused()).toBe('token');
    expect(await page.locator('#token-title').textContent()).toContain('token 2 of 12');
    expect(await page.locator('#token tr.chosen').count()).toBe(1);
    expect(await page.locator('#token thead').textContent()).toBe('tokenbeforeafterkindcalmgo on');
    const other = page.locator('#token tbody tr:not(.chosen) button').first();
    const label = (await other.getAttribute('aria-label')) ?? '';
    const candidate = JSON.parse(label.replace('Continue with ', '')) as string;
    await other.focus();
    await press('Enter');
    await written(page);
    const begun = await page.locator('.begun').nth(1).textContent();
    expect(begun).toMatch(candidate);
    expect(await page.locator('#begun').textContent()).toBe(JSON.stringify(begun));
    expect(await faultsOf(page)).toEqual([]);
  });

  it.each([
    [1280, 'light'],
    [768, 'dark'],
    [360, 'light'],
    [360, 'dark'],
  ] as const)('is read and used at %i pixels, %s', async (width, colorScheme) => {
    const page = await openReady(`${url}/#m=chat&p=ab&w.kind=3&w.calm=-2&s=5&n=24`, {
      viewport: { width, height: 800 },
      colorScheme,
    });
    await written(page);
    await page.locator('#steered-3').click();
    await page.locator('#token table').waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it('gives a link that writes the same texts again', async () => {
    const page = await openReady(`${url}/#m=completion&p=ab&w.kind=3&s=9&n=10&t=0.5`);
    await written(page);
    const before = [await textOf(page, 'plain'), await textOf(page, 'steered')];
    const link = await page.evaluate(() => location.href);
    const again = await openReady(link);
    await written(again);
    expect([await textOf(again, 'plain'), await textOf(again, 'steered')]).toEqual(before);
    await page.locator('#command').selectOption('curl');
    expect(await page.locator('#command-text').textContent()).toContain('"temperature": 0.5');
  });

  it('takes an answer into the conversation, and starts a new one', async () => {
    const page = await openReady(`${url}/#m=chat&p=ab&w.kind=3&s=9&n=10`);
    await written(page);
    const answer = await textOf(page, 'steered');
    await page.locator('#reply-steered').click();
    expect(await page.locator('#turns li').allTextContents()).toEqual(['You: ab', `Model: ${answer}`]);
    expect(await page.locator('#prompt').inputValue()).toBe('');
    await page.locator('#prompt').fill('c');
    const asked = page.waitForRequest((request) => request.url().endsWith('/v1/chat/completions'));
    await page.locator('#go').click();
    const { messages } = (await asked).postDataJSON() as { messages: unknown };
    expect(messages).toEqual([
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: answer },
      { role: 'user', content: 'c' },
    ]);
    await written(page);
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('#drop-turns').click();
    expect(await page.locator('#turns li').count()).toBe(0);
    expect(await page.locator('#drop-turns').isVisible()).toBe(false);
  });

  it('opens a trace that is dropped on the page', async () => {
    const page = await openReady(url);
    const candidates = [{ token: 1, text: 'dropped', reference: 1, probability: 1, margins: { kind: 1 } }];
    const steps = [{ step: 0, candidates, chosen: 0, kl: 0 }];
    const trace = { prompt: 'a', text: 'dropped', seed: 1, weights: { kind: 1 }, finishReason: 'end', steps };
    const data = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], 'trace.jsonl'));
      return transfer;
    }, JSON.stringify(trace));
    await page.dispatchEvent('body', 'drop', { dataTransfer: data });
    expect(await page.locator('#traced-0').textContent()).toBe('dropped');
  });

  it('shows what is hostile as text', async () => {
    const page = await openReady(
      `${url}/#${new URLSearchParams({ m: 'completion', p: HOSTILE, s: '1', n: '30' }).toString()}`,
    );
    await written(page);
    expect(await textOf(page, 'plain')).toContain(HOSTILE);
    await page.locator('#plain-2').click();
    await page.locator('#token table').waitFor();
    const step = {
      step: 0,
      candidates: [{ token: 1, text: HOSTILE, reference: 1, probability: 1, margins: { [HOSTILE]: -1 } }],
      chosen: 0,
      kl: 0,
    };
    const trace = {
      prompt: HOSTILE,
      text: HOSTILE,
      seed: 1,
      weights: { [HOSTILE]: 1 },
      finishReason: 'end',
      steps: [step],
    };
    await page.locator('#trace-file').setInputFiles({
      name: `${HOSTILE}.jsonl`,
      mimeType: 'text/plain',
      buffer: Buffer.from(JSON.stringify(trace)),
    });
    await page.locator('#traced-0').click();
    expect(await page.locator('#token-title').textContent()).toContain('onerror');
    expect(await page.locator('img, [onerror]').count()).toBe(0);
    expect(await page.title()).toBe('Halfspace playground');
  });

  it.each([
    ['not json', 'Line 1: it is no JSON. Choose a file that "halfspace generate --trace FILE" wrote.'],
    ['', 'The file: it is empty. Choose'],
    [
      '{"prompt":"a","text":"b","seed":1,"weights":{},"finishReason":"end","steps":[{}]}',
      'Line 1, step 0: "candidates" must be',
    ],
  ])('says what to do about the trace %j', async (content, message) => {
    const page = await openReady(url);
    const buffer = Buffer.from(content);
    await page.locator('#trace-file').setInputFiles({ name: 'trace.jsonl', mimeType: 'text/plain', buffer });
    expect(await said(page)).toContain(message);
  });

  it('says what to do when the server has stopped', async () => {
    const { url: own, stop } = await serveToy();
    const page = await openReady(own);
    await stop(0);
    await page.locator('#go').click();
    expect(await said(page)).toContain('start it again with "npx halfspace playground"');
    expect(await page.locator('#stop').isDisabled()).toBe(true);
  });

  it('asks for a key, and takes the one of the address out of it', async () => {
    const { url: own } = await serveToy({ keys: ['sesame'] });
    const page = await open(own);
    expect(await said(page)).toContain('asks for a key');
    await page.locator('#key').fill('sesame');
    await page.keyboard.press('Enter');
    await page.locator('#value-0').waitFor();
    expect(await page.locator('#message').isVisible()).toBe(false);
    const linked = await openReady(`${own}/#key=sesame`);
    expect(await linked.evaluate(() => location.hash)).toBe('');
  });

  it('makes a slider of examples, and shows what an independent judge says', async () => {
    const asked: ValueExamples[] = [];
    const { url: own } = await serveToy({
      judges: [judge],
      addValue: async (examples) => {
        asked.push(examples);
        const attributes = [toyAttribute('kind', 0), toyAttribute(examples.name, 2)];
        return createHalfspace({ backend: createToyBackend({ vocabulary: VOCABULARY }), attributes });
      },
    });
    const page = await openReady(own);
    await page.locator('summary', { hasText: 'A value of your own' }).click();
    await page.locator('#own-name').fill('mine');
    await page.locator('#own-good').fill('ab\n\n abc ');
    await page.locator('#own-bad').fill('dd\ncd');
    await page.locator('#own-go').click();
    await page.locator('#own-said', { hasText: 'There is a slider for mine' }).waitFor();
    expect(asked).toEqual([{ name: 'mine', good: ['ab', 'abc'], bad: ['dd', 'cd'] }]);
    expect(await page.locator('[aria-label="mine, nats"]').inputValue()).toBe('2');
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('#go').click();
    await page.locator('dt', { hasText: 'judge long, low is good' }).first().waitFor();
    expect(await page.locator('dt', { hasText: 'judge long' }).count()).toBe(2);
    const other = await openReady(url);
    expect(await other.locator('#own').isVisible()).toBe(false);
  });

  it('lets the browser run nothing but its own scripts', async () => {
    const { headers } = await fetch(url);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toContain('unsafe');
  });
});
