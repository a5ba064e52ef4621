import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSmallModel } from './support/small-model.js';

let directory: string;
let server: ViteDevServer;
let address: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-chat-'));
  process.env['HALFSPACE_MODEL'] = await makeSmallModel('untied', join(directory, 'untied'));
  const configFile = fileURLToPath(new URL('../examples/chat/vite.config.js', import.meta.url));
  server = await createServer({
    configFile,
    server: { port: 0, hmr: false, watch: null },
    cacheDir: directory,
    logLevel: 'error',
  });
  await server.listen();
  address = server.resolvedUrls?.local[0] ?? '';
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

it('serves the page and its program', async () => {
  expect(await (await fetch(address)).text()).toContain('src="/src/chat.js"');
  expect(await (await fetch(`${address}src/chat.js`)).text()).toContain('sendMessages');
});

it('answers a conversation with a stream that the page reads', async () => {
  const messages = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }];
  const body = JSON.stringify({ messages });
  const response = await fetch(`${address}api/chat`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const text = await response.text();
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(text).toContain('"type":"text-delta"');
  expect(text).toContain('"halfspace":{"margins":{}');
  expect(text.trim().endsWith('data: [DONE]')).toBe(true);
});
