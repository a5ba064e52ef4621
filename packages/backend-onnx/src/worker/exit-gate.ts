import { HalfspaceError } from '@halfspace/core';
import type { NativeCallGate } from '@halfspace/onnx-runtime';

/** Places in the memory that both threads see: calls that go on, and whether none may begin any more. */
const CALLS = 0;
const CLOSED = 1;

/** A call that takes longer than this is not waited for: it may never end. */
const LONGEST_MS = 120_000;

/** Memory for a gate, as it is when a worker begins: loading ONNX Runtime is a call, too. */
export function createGateMemory(): Int32Array<SharedArrayBuffer> {
  const memory = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  memory[CALLS] = 1;
  return memory;
}

/** The gate as the worker has it: it counts its calls, and may be closed from there, too. */
export function gateOf(memory: Int32Array): NativeCallGate & { close(): void } {
  const leave = () => {
    Atomics.sub(memory, CALLS, 1);
    Atomics.notify(memory, CALLS);
  };
  return {
    enter() {
      // Counted first and asked then, so that who closes the gate sees the call, or the call that it is closed.
      Atomics.add(memory, CALLS, 1);
      if (Atomics.load(memory, CLOSED) === 0) return;
      leave();
      throw new HalfspaceError('disposed', 'This backend was disposed of, or the program ends.');
    },
    leave,
    close: () => void Atomics.store(memory, CLOSED, 1),
  };
}

/** Gates of workers that may be running. */
const open = new Set<Int32Array>();

/** Lets no further call begin, and waits for those that go on. */
function closeAll(): void {
  for (const memory of open) Atomics.store(memory, CLOSED, 1);
  const end = performance.now() + LONGEST_MS;
  for (const memory of open) {
    for (;;) {
      const calls = Atomics.load(memory, CALLS);
      const left = end - performance.now();
      if (calls === 0 || left <= 0) break;
      Atomics.wait(memory, CALLS, calls, left);
    }
  }
}

/**
 * Has the end of the program wait for calls of a worker, because Node ends its threads then, and the process dies of that in the
 * middle of a call. All ways to the end come by here but signals that nobody handles.
 *
 * @returns Ends that, once the worker is gone.
 */
export function waitAtExit(memory: Int32Array): () => void {
  if (open.size === 0) process.on('exit', closeAll);
  open.add(memory);
  return () => {
    if (open.delete(memory) && open.size === 0) process.off('exit', closeAll);
  };
}
