import { MessageChannel } from 'node:worker_threads';
import { HalfspaceError } from '@halfspace/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Answer, openChannel, type Handlers } from './channel.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });

interface Sums {
  readonly double: { readonly args: number; readonly answer: number };
  readonly numbers: { readonly args: number; readonly answer: ArrayBuffer };
  readonly wait: { readonly args: undefined; readonly answer: void };
}

let ports: MessageChannel;
let isAborted: boolean;
beforeEach(() => {
  ports = new MessageChannel();
  isAborted = false;
});
afterEach(() => ports.port1.close());

const sums: Handlers<Sums> = {
  async double(value) {
    if (value > 100) throw new HalfspaceError('bad-option', 'It is too large.');
    return new Answer(2 * value);
  },
  async numbers(length) {
    const buffer = new ArrayBuffer(length);
    return new Answer(buffer, [buffer]);
  },
  wait: async (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        isAborted = true;
        resolve(new Answer(undefined));
      });
    }),
};

function open(onWaiting?: (isWaiting: boolean) => void) {
  openChannel<Record<never, never>, Sums>(ports.port2, sums);
  return openChannel<Sums, Record<never, never>>(ports.port1, {}, onWaiting);
}

it('carries calls, several at once, their answers and their errors', async () => {
  const onWaiting = vi.fn();
  const channel = open(onWaiting);
  const answers = await Promise.allSettled([1, 101, 3].map(async (value) => channel.call('double', value)));
  expect(answers).toEqual([
    { status: 'fulfilled', value: 2 },
    { status: 'rejected', reason: code('bad-option') },
    { status: 'fulfilled', value: 6 },
  ]);
  expect(onWaiting.mock.calls).toEqual([[true], [false]]);
  expect((await channel.call('numbers', 8)).byteLength).toBe(8);
});

it.each(['toString', '__proto__', 'constructor', 'none'])('refuses a call of the name %s', async (name) => {
  const channel = open() as unknown as { call(name: string, args: unknown): Promise<unknown> };
  await expect(channel.call(name, 1)).rejects.toThrow(`There is no call of the name ${name}.`);
});

it('sends nothing that cannot be sent, and goes on', async () => {
  const channel = open();
  const unsendable = (() => 1) as unknown as number;
  await expect(channel.call('double', unsendable)).rejects.toThrow('could not be cloned');
  expect(await channel.call('double', 4)).toBe(8);
});

it('ends a call at once when it is aborted, and tells the other side', async () => {
  const channel = open();
  const controller = new AbortController();
  const waiting = channel.call('wait', undefined, controller.signal);
  await channel.call('double', 1);
  controller.abort('enough');
  await expect(waiting).rejects.toThrow(code('aborted'));
  await expect(waiting).rejects.toMatchObject({ cause: 'enough' });
  await channel.call('double', 1);
  expect(isAborted).toBe(true);
  await expect(channel.call('double', 1, controller.signal)).rejects.toThrow(code('aborted'));
});

it('has calls fail once it has ended, those that wait, too', async () => {
  const onWaiting = vi.fn();
  const channel = open(onWaiting);
  const waiting = channel.call('wait', undefined);
  const reason = new HalfspaceError('worker-lost', 'It is gone.');
  channel.end(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(channel.call('double', 1)).rejects.toBe(reason);
  expect(onWaiting.mock.calls).toEqual([[true], [false]]);
  channel.tell('double', 1);
});
