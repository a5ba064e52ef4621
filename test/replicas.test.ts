import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';

const ROOT = new URL('..', import.meta.url);
const CONFIG = new URL('docs/guides/nginx.conf', ROOT);

function findNginx(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v nginx'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** A replica: the toy model behind the routes, slow enough to be killed at work. */
const REPLICA = `
import { createHalfspace } from '@halfspace/core';
import { createToyBackend } from '@halfspace/core/testing';
import { createServer, listen } from '@halfspace/serve';
const toy = createToyBackend({ endLogit: -50, contextLength: 100000 });
const slowly = async (requests) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return toy.next(requests);
};
const halfspace = await createHalfspace({ backend: { ...toy, next: slowly }, attributes: [] });
const server = createServer({ halfspace, model: 'toy', limits: { maxTokens: 20000 }, metrics: true });
await listen(server, { port: Number(process.argv[1]) });
process.send('ready');
`;

const nginx = findNginx();

describe.skipIf(nginx === undefined)('two servers behind one address (needs nginx)', () => {
  let directory: string;
  let proxy: ChildProcess;
  let url: string;
  let ports: number[];
  const replicas = new Map<number, ChildProcess>();

  async function start(port: number): Promise<void> {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', REPLICA, String(port)], {
      cwd: fileURLToPath(new URL('packages/serve', ROOT)),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    replicas.set(port, child);
    await once(child, 'message');
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'halfspace-nginx-'));
    ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [own, first, second] = ports;
    const config = (await readFile(CONFIG, 'utf8'))
      .replace('127.0.0.1:8080', `127.0.0.1:${own}`)
      .replace('127.0.0.1:8081', `127.0.0.1:${first}`)
      .replace('127.0.0.1:8082', `127.0.0.1:${second}`)
      .replace('worker_processes auto', 'user root; worker_processes 1');
    await writeFile(
      join(directory, 'nginx.conf'),
      process.getuid?.() === 0 ? config : config.replace('user root; ', ''),
    );
    await Promise.all([start(first), start(second)]);
    proxy = spawn(nginx ?? '', ['-p', directory, '-c', 'nginx.conf', '-e', 'stderr'], {
      stdio: 'ignore',
    });
    url = `http://127.0.0.1:${own}`;
    while ((await fetch(`${url}/health`).catch(() => undefined))?.status !== 200) await wait(20);
  });
  afterAll(async () => {
    // A master that is killed leaves its workers behind.
    const gone = once(proxy, 'exit');
    proxy.kill('SIGTERM');
    await gone;
    for (const child of replicas.values()) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  const chat = (content: string, later: readonly string[] = []) => ({
    model: 'toy',
    messages: [content, ...later].map((text, i) => ({
      role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: text,
    })),
    seed: 1,
  });

  const post = async (port: number, body: object, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });

  /** Requests that a replica works on. */
  async function inProgress(port: number): Promise<number> {
    const figures = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^halfspace_requests_in_progress (\d+)$/m.exec(figures)?.[1]);
  }

  it('goes on with a conversation where it began, and divides conversations', async () => {
    const seen = async (body: object) => {
      const response = await post(ports[0], { ...body, max_tokens: 1 });
      return response.headers.get('x-upstream');
    };
    const first = await seen(chat('abc'));
    expect(first).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await seen(chat('abc', ['d', 'e']))).toBe(first);
    expect(await seen({ ...chat('abc'), temperature: 0.3 })).toBe(first);
    const places = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => seen(chat(`a${'bcdefg'[i % 6]}${i}`))),
    );
    expect(new Set(places).size).toBe(2);
  });

  it('gives the same texts as one of them', async () => {
    for (const content of ['abc', 'bcd', 'cde', 'def']) {
      const [through, direct] = await Promise.all(
        [ports[0], ports[1]].map(
          async (port) =>
            (await post(port, { ...chat(content), max_tokens: 8 })).json() as Promise<{
              choices: { message: object }[];
            }>,
        ),
      );
      expect(through.choices[0].message).toEqual(direct.choices[0].message);
    }
  });

  it('loses with a replica what it was at, with an error, and nothing else', async () => {
    const places = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const body = chat(`a${'bcdefg'[i % 6]}${i}`);
        const response = await post(ports[0], { ...body, max_tokens: 1 });
        return { body, at: Number(response.headers.get('x-upstream')?.split(':')[1]) };
      }),
    );
    const lost = ports[1];
    const openai = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${ports[0]}/v1`, maxRetries: 0 });
    const running = places.map(async ({ body, at }, i) => {
      if (i % 2 === 0) {
        const answer = await openai.chat.completions.create({ ...body, max_tokens: 400 });
        return { at, text: answer.choices[0].message.content };
      }
      let text = '';
      let reason: string | null = null;
      const stream = await openai.chat.completions.create({ ...body, max_tokens: 400, stream: true });
      for await (const { choices } of stream) {
        text += choices[0]?.delta.content ?? '';
        reason = choices[0]?.finish_reason ?? reason;
      }
      if (reason === null) throw new Error('The stream has no end.');
      return { at, text };
    });
    const expected = places.filter(({ at }) => at === lost).length;
    while ((await inProgress(lost)) < expected) await wait(10);
    replicas.get(lost)?.kill('SIGKILL');
    const outcomes = await Promise.allSettled(running);
    outcomes.forEach((outcome, i) => {
      const { at } = places[i];
      expect({ i, at, status: outcome.status }).toEqual({
        i,
        at,
        status: at === lost ? 'rejected' : 'fulfilled',
      });
    });
    const told = outcomes
      .filter((each) => each.status === 'rejected')
      .map(({ reason }) => reason as Error & { code?: string });
    expect(told.length).toBeGreaterThan(0);
    expect(told.some(({ code }) => code === 'replica_gone')).toBe(true);
    // New requests of the same conversations are served by the other.
    for (const { body } of places)
      expect((await post(ports[0], { ...body, max_tokens: 2 })).status).toBe(200);
    await start(lost);
  });
});
