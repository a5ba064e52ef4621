import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { createGateMemory, gateOf, waitAtExit } from './exit-gate.js';

const disposed = expect.objectContaining({ code: 'disposed' });

/** What listens for the end of this process since `before`, called as if it came. */
function exit(before: readonly unknown[]): void {
  const added = process.listeners('exit').filter((listener) => !before.includes(listener));
  expect(added).toHaveLength(1);
  for (const listener of added) Reflect.apply(listener, process, [0]);
}

it('lets calls through until it is closed, by either side', () => {
  const memory = createGateMemory();
  const gate = gateOf(memory);
  gate.leave();
  gate.enter();
  gate.leave();
  gate.close();
  expect(() => gate.enter()).toThrow(disposed);
  // A call that was refused is none that anybody waits for.
  expect(memory[0]).toBe(0);
});

it('has the end of a program wait for the calls of all workers, and begin no more', async () => {
  const before = process.listeners('exit');
  const memories = [createGateMemory(), createGateMemory()];
  const forgets = memories.map((memory) => waitAtExit(memory));
  // Leaves both gates while this thread waits.
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     parentPort.postMessage('up');
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
     for (const memory of workerData) { Atomics.sub(memory, 0, 1); Atomics.notify(memory, 0); }`,
    { eval: true, workerData: memories },
  );
  await once(worker, 'message');
  exit(before);
  expect(memories.map(([calls]) => calls)).toEqual([0, 0]);
  for (const memory of memories) expect(() => gateOf(memory).enter()).toThrow(disposed);
  for (const forget of forgets) forget();
  expect(process.listeners('exit')).toEqual(before);
});
