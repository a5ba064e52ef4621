import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { HalfspaceError } from '@halfspace/contracts';
import type { WorkerAnswer, WorkerInput, WorkerRequest } from './protocol.js';
import type { Vocabulary } from './vocabulary.js';

/** What a worker may take. */
export interface MatcherLimits {
  /** Milliseconds to read the vocabulary and to compile a grammar. Nobody is held meanwhile. */
  readonly compileMs: number;
  /** Milliseconds of one mask, for which everybody is held: usually a tenth of one. */
  readonly maskMs: number;
  /** Bytes of the memory of the library. */
  readonly maxBytes: number;
}

/** The limits of all workers. */
export const MATCHER_LIMITS: MatcherLimits = { compileMs: 20_000, maskMs: 2000, maxBytes: 512 * 2 ** 20 };

/** A matcher in a thread of its own, which can be stopped whatever it is at. */
export interface MatcherClient {
  /** Whether it has been ended, or had to be. */
  readonly isDead: boolean;
  /**
   * Compiles a grammar in place of that before.
   *
   * @throws HalfspaceError `bad-grammar`, `grammar-too-large`; it is dead then
   */
  compile(ebnf: string): Promise<void>;
  /**
   * Asks something and waits for the answer.
   *
   * @throws HalfspaceError `grammar-too-large`; it is dead then
   */
  ask(request: WorkerRequest): WorkerAnswer;
  /** Ends the thread. */
  end(): void;
}

/** Starts a thread for a vocabulary. It keeps no process alive. */
export function createMatcherClient(
  vocabulary: Vocabulary,
  limits: MatcherLimits = MATCHER_LIMITS,
): MatcherClient {
  const { port1: port, port2 } = new MessageChannel();
  const answers = new Int32Array(new SharedArrayBuffer(4));
  const workerData: WorkerInput = { vocabulary, maxBytes: limits.maxBytes, port: port2, answers };
  const file = createRequire(import.meta.url).resolve('#matcher-worker');
  const worker = new Worker(file, { workerData, transferList: [port2], execArgv: [] });
  worker.unref();
  port.unref();
  let isDead = false;

  function end(): void {
    isDead = true;
    void worker.terminate();
    port.close();
  }

  function read(answer: WorkerAnswer): WorkerAnswer {
    if (answer.kind !== 'failed') return answer;
    end();
    if (answer.isMemory) throw tooLarge(`more than ${limits.maxBytes / 2 ** 20} MB of memory`);
    throw new HalfspaceError('bad-grammar', `The grammar cannot be read: ${answer.fault}`);
  }

  return {
    get isDead() {
      return isDead;
    },
    end,
    async compile(ebnf) {
      if (isDead) throw died(undefined);
      const answer = answerOf(worker, limits.compileMs);
      const request: WorkerRequest = { kind: 'compile', ebnf };
      worker.postMessage(request);
      try {
        read(await answer);
      } catch (error) {
        end();
        throw error;
      }
    },
    ask(request) {
      if (isDead) throw died(undefined);
      const before = Atomics.load(answers, 0);
      port.postMessage(request);
      Atomics.wait(answers, 0, before, limits.maskMs);
      const found = receiveMessageOnPort(port) as { readonly message: WorkerAnswer } | undefined;
      if (found !== undefined) return read(found.message);
      end();
      throw tooLarge(`more than ${limits.maskMs / 1000} seconds for the tokens that may come next`);
    },
  };
}

/** The next message of a worker. */
async function answerOf(worker: Worker, limitMs: number): Promise<WorkerAnswer> {
  const listening = new AbortController();
  const { signal } = listening;
  worker.ref();
  try {
    return await Promise.race([
      once(worker, 'message', { signal }).then(([answer]) => answer as WorkerAnswer),
      once(worker, 'exit', { signal }).then(() => Promise.reject(died(undefined))),
      setTimeout(limitMs, undefined, { signal }).then(() =>
        Promise.reject(tooLarge(`more than ${limitMs / 1000} seconds to be read`)),
      ),
    ]);
  } finally {
    listening.abort();
    worker.unref();
  }
}

function tooLarge(what: string): HalfspaceError {
  return new HalfspaceError(
    'grammar-too-large',
    `The structure takes ${what}. Make it smaller: fewer alternatives, and no large repetitions inside repetitions.`,
  );
}

function died(cause: unknown): HalfspaceError {
  return new HalfspaceError(
    'grammar-too-large',
    'The thread that follows the structure has ended, because of this structure.',
    {
      cause,
    },
  );
}
