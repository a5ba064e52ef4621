import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect } from './connect.js';
import { readQueuedPlan } from './queued-plan.js';

/** Whether commands are answered, as by a server that is ready; else nothing is said. */
let answers: boolean;
let server: Server;
let url: string;
const sockets = new Set<Socket>();

beforeEach(async () => {
  answers = false;
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (bytes) => {
      const commands = bytes.toString().match(/^\*\d+\r$/gm) ?? [];
      if (answers) for (const _ of commands) socket.write('$15\r\nredis_version:7\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
});

it('is interrupted while something listens that never answers', async () => {
  const controller = new AbortController();
  const plan = readQueuedPlan(url, controller.signal);
  await once(server, 'connection');
  controller.abort();
  await expect(plan).rejects.toMatchObject({ code: 'aborted' });
});

it('is interrupted while a server has stopped to answer', async () => {
  answers = true;
  const controller = new AbortController();
  const queue = await connect(url, { signal: controller.signal });
  answers = false;
  const answer = queue.use(async (redis) => redis.get('key'));
  controller.abort();
  await expect(answer).rejects.toMatchObject({ code: 'aborted' });
  queue.disconnect();
});

it('is interrupted where something was sent between two tries to reach a server', async () => {
  answers = true;
  const controller = new AbortController();
  const queue = await connect(url, { signal: controller.signal });
  const lost = once(queue.redis, 'reconnecting');
  server.close();
  for (const socket of sockets) socket.destroy();
  await lost;
  const answer = queue.use(async (redis) => redis.get('key'));
  controller.abort();
  await expect(answer).rejects.toMatchObject({ code: 'aborted' });
  queue.disconnect();
});
