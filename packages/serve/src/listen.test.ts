import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, type Listening, type ListenOptions } from './listen.js';
import { toyServer, type ToyServer } from './testing/toy-server.js';

const closes: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function listening(options: ListenOptions = {}, server = {}, toy = {}): Promise<ToyServer & Listening> {
  const made = await toyServer(server, toy);
  const found = await listen(made.server, { port: 0, ...options });
  closes.push(async () => found.stop(0));
  return { ...made, ...found };
}

const LONG = { model: 'toy', prompt: 'a', max_tokens: 5000 };
const ENDLESS = [{ limits: { maxTokens: 5000 } }, { endLogit: -50, contextLength: 10_000 }] as const;

const post = async (url: string, body: unknown, signal?: AbortSignal) =>
  fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

/** What a socket hears until it is closed. */
async function heardOn(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

const idle = async (made: ToyServer) => {
  while (made.server.requests > 0 || made.backend.open > 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a server on a port', () => {
  it('is reached from this machine alone, and says where', async () => {
    const { url } = await listening();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    const answer = (await (
      await post(url, { model: 'toy', prompt: 'abc', max_tokens: 3, seed: 1 })
    ).json()) as { choices: object[] };
    expect(answer.choices).toHaveLength(1);
  });

  it('says so where the port is taken', async () => {
    const { url, server } = await listening();
    await expect(listen(server, { port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: 'cannot-listen',
    });
  });

  it('ends the work of clients that go, in the middle of a stream, while they wait, and before they read', async () => {
    const made = await listening({}, ...ENDLESS);
    const streaming = new AbortController();
    const response = await post(made.url, { ...LONG, stream: true }, streaming.signal);
    await response.body?.getReader().read();
    const waiting = new AbortController();
    const asked = post(made.url, LONG, waiting.signal);
    while (made.server.requests < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    waiting.abort();
    streaming.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    const body = JSON.stringify({ ...LONG, stream: true });
    const rude = connect(Number(new URL(made.url).port), '127.0.0.1');
    rude.write(
      `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    while (made.log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    rude.destroy();
    await idle(made);
    expect(made.log.map(({ status }) => status)).toEqual([499, 499, 499]);
  });

  it('does not wait for those who send slowly', async () => {
    const { url } = await listening({ requestMs: 200 });
    const port = Number(new URL(url).port);
    const inHead = connect(port, '127.0.0.1');
    inHead.write('POST /v1/completions HTTP/1.1\r\nHost: x\r\n');
    const inBody = connect(port, '127.0.0.1');
    inBody.write(
      'POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    const drip = setInterval(() => {
      if (inHead.writable) inHead.write('X-A: b\r\n');
      if (inBody.writable) inBody.write(' ');
    }, 50);
    const [head, body] = await Promise.all([heardOn(inHead), heardOn(inBody)]);
    clearInterval(drip);
    expect(head).toMatch(/^HTTP\/1\.1 408/);
    expect(body).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('survives what is no HTTP', async () => {
    const { url } = await listening();
    for (const rubbish of [
      '\u0000\u0001\u0002\r\n\r\n',
      'GET\r\n\r\n',
      `GET / HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
      'POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n',
    ]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(rubbish);
      expect(await heardOn(socket)).toMatch(/^HTTP\/1\.1 4\d\d/);
    }
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('keeps a slow reader from slowing others', async () => {
    const made = await listening({}, ...ENDLESS);
    const slow = connect(Number(new URL(made.url).port), '127.0.0.1');
    const body = JSON.stringify({ ...LONG, stream: true });
    slow.write(
      `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    slow.pause();
    while (made.server.requests < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 0; i < 5; i++)
      expect((await post(made.url, { model: 'toy', prompt: 'ab', max_tokens: 3 })).status).toBe(200);
    slow.destroy();
    await idle(made);
  });

  it('finishes what it has, or says that it does not, when it is stopped', async () => {
    const made = await listening({}, ...ENDLESS);
    const short = post(made.url, { ...LONG, max_tokens: 5 });
    const long = await post(made.url, { ...LONG, stream: true });
    while (made.server.requests < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const stopped = made.stop(500);
    const text = await long.text();
    expect(text).toMatch(/"code":"stopping"/);
    expect((await short).status).toBe(200);
    const { finished, cancelled } = await stopped;
    expect(cancelled).toBe(1);
    expect(finished).toBeLessThanOrEqual(1);
    await expect(fetch(`${made.url}/health`)).rejects.toThrow();
  });
});
