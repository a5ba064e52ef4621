import { parentPort, workerData } from 'node:worker_threads';
import { createMatcherFactory, type Matcher, type MatcherFactory } from './matcher.js';
import type { WorkerAnswer, WorkerInput, WorkerRequest } from './protocol.js';

const { vocabulary, maxBytes, port, answers } = workerData as WorkerInput;

const BYTES_OF_A_PAGE = 65536;

let ranOut = false;
limitMemory();

/** What the library needs of `WebAssembly.Memory`, which is known to types of browsers alone. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What the library asks for beyond the limit it does not get, and it gives up then. */
function limitMemory(): void {
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } })
    .WebAssembly;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its object
  const { grow } = Memory.prototype;
  Memory.prototype.grow = function limited(this: Memory, pages: number) {
    if (this.buffer.byteLength + pages * BYTES_OF_A_PAGE > maxBytes) {
      ranOut = true;
      throw new RangeError('The memory is limited.');
    }
    return grow.call(this, pages);
  };
}

let factory: Promise<MatcherFactory> | undefined;
let matcher: Matcher | undefined;

async function answerTo(request: WorkerRequest): Promise<WorkerAnswer> {
  if (request.kind === 'compile') {
    matcher?.dispose();
    factory ??= createMatcherFactory(vocabulary);
    matcher = await (await factory).compile(request.ebnf);
    return { kind: 'compiled' };
  }
  if (matcher === undefined) throw new Error('Nothing was compiled.');
  return request.kind === 'after'
    ? { kind: 'mask', mask: await matcher.after(request.begun, request.tokens) }
    : { kind: 'complete', isComplete: await matcher.isComplete(request.text) };
}

async function answered(request: WorkerRequest): Promise<WorkerAnswer> {
  try {
    return await answerTo(request);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', fault, isMemory: ranOut };
  }
}

parentPort?.on('message', async (request: WorkerRequest) => parentPort?.postMessage(await answered(request)));

port.on('message', async (request: WorkerRequest) => {
  port.postMessage(await answered(request));
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
});
