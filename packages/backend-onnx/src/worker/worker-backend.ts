import {
  HalfspaceError,
  SPECIFICATION_VERSIONS,
  type Backend,
  type Context,
  type LookAhead,
  type LookAheadRequest,
  type NextTokens,
  type Tokenizer,
} from '@halfspace/core';
import type { CacheStats } from '../backend.js';
import type { OpenedBackend } from '../open-backend.js';
import type { Channel } from './channel.js';
import { unpackArrays, type PackedArrays } from './packed-arrays.js';
import type { Change, ContextNumber, Opened, WorkerCalls } from './protocol.js';

/** What a backend in a worker is reached by. */
export interface WorkerLink {
  readonly channel: Channel<WorkerCalls>;
  /** Throws where the worker is gone, or was asked to end. */
  assertAlive(): void;
  /** Asks the worker to end, and waits until it has. */
  end(): Promise<void>;
}

function notAsked(layer: number): never {
  throw new HalfspaceError('unknown-layer', `Layer ${layer} was not asked for.`);
}

type HiddenStates = (layer: number) => Float32Array;

/** Hidden states by layer, of requests that follow one another in `packed`. */
function hiddenStates(packed: PackedArrays, layersOf: readonly (readonly number[])[]): HiddenStates[] {
  const arrays = unpackArrays(packed) as Float32Array[];
  let at = 0;
  return layersOf.map((layers) => {
    const states = new Map(layers.map((layer) => [layer, arrays[at++] as Float32Array]));
    return (layer) => states.get(layer) ?? notAsked(layer);
  });
}

/** Numbers of contexts, and what happens to them: sent with the next call, or at the end of what runs now. */
function createNumbers({ channel }: WorkerLink) {
  const numbers = new WeakMap<Context, ContextNumber>();
  let last = 0;
  let changes: Change[] = [];

  function send(): void {
    if (changes.length === 0) return;
    channel.tell('change', changes);
    changes = [];
  }

  return {
    /** A number for a context, or for what was found for candidates. */
    take: () => ++last,
    send,
    /** The number of a context that is held here, else 0. */
    of: (context: Context) => numbers.get(context) ?? 0,
    resolve(context: Context): ContextNumber {
      const number = numbers.get(context);
      if (number !== undefined) return number;
      throw new HalfspaceError(
        'invalid-context',
        'This context was released before, or belongs to another backend. Prefill its tokens again.',
      );
    },
    open(length: number, number: ContextNumber): Context {
      const context: Context = { length };
      numbers.set(context, number);
      return context;
    },
    close: (context: Context) => numbers.delete(context),
    change(change: Change): void {
      if (changes.length === 0) queueMicrotask(send);
      changes.push(change);
    },
  };
}

/**
 * The backend that a worker serves, as others in this thread use it. Contexts are numbered here, so that what needs no call of the
 * model waits for nothing.
 */
export function createWorkerBackend(link: WorkerLink, opened: Opened, tokenizer: Tokenizer): OpenedBackend {
  const { channel } = link;
  const numbers = createNumbers(link);
  const forgotten = new FinalizationRegistry<Extract<Change, { kind: 'forget' }>>((change) =>
    numbers.change(change),
  );
  let ending: Promise<void> | undefined;

  function assertAlive(): void {
    if (ending !== undefined)
      throw new HalfspaceError('disposed', 'This backend was disposed of. Create a new one.');
    link.assertAlive();
  }

  async function call<M extends keyof WorkerCalls>(
    name: M,
    args: WorkerCalls[M]['args'],
    signal?: AbortSignal,
  ): Promise<WorkerCalls[M]['answer']> {
    assertAlive();
    numbers.send();
    return channel.call(name, args, signal);
  }

  /** What was found for the candidates of a request. */
  function lookOf({ context, tokens }: LookAheadRequest, look: number, hidden: HiddenStates): LookAhead {
    const found: LookAhead = {
      hidden,
      commit(candidate) {
        assertAlive();
        if (!tokens.includes(candidate))
          throw new HalfspaceError('unknown-token', `${candidate} was not among the candidates.`);
        const number = numbers.resolve(context);
        const as = numbers.take();
        numbers.change({ kind: 'commit', context: number, look, token: candidate, as });
        return numbers.open(context.length + 1, as);
      },
    };
    // Who keeps a context and asks of it again and again would fill the memory of the worker.
    forgotten.register(found, { kind: 'forget', context: numbers.of(context), look }, context);
    return found;
  }

  return {
    specificationVersion: SPECIFICATION_VERSIONS.backend,
    model: opened.model,
    tokenizer,
    exact: opened.exact,
    cacheStats: () =>
      Object.fromEntries(
        opened.names.map((name, index) => [name, opened.figures[index]]),
      ) as unknown as CacheStats,
    async prefill(requests, options = {}) {
      const numbered = requests.map(({ after, ...request }) => ({
        ...request,
        ...(after !== undefined && { after: numbers.of(after) }),
        as: numbers.take(),
      }));
      const { prompts, hidden } = await call('prefill', { ...options, requests: numbered });
      const states = hiddenStates(
        hidden,
        requests.map(({ layers = [] }) => layers),
      );
      return prompts.map(({ length, cachedTokens }, index) => ({
        context: numbers.open(length, numbered[index]?.as ?? 0),
        cachedTokens,
        hidden: states[index] as HiddenStates,
      }));
    },
    async next(requests) {
      const numbered = requests.map((request) => ({ ...request, context: numbers.of(request.context) }));
      const arrays = unpackArrays(await call('next', numbered));
      return requests.map((_, index): NextTokens => {
        const [tokens, logProbs, asked, logSumExp] = arrays.slice(4 * index, 4 * index + 4);
        return {
          tokens: tokens as Int32Array,
          logProbs: logProbs as Float64Array,
          asked: asked as Float64Array,
          logSumExp: logSumExp?.[0] ?? NaN,
        };
      });
    },
    async lookAhead(requests) {
      const numbered = requests.map((request) => ({
        ...request,
        context: numbers.of(request.context),
        look: numbers.take(),
      }));
      const states = hiddenStates(
        await call('lookAhead', numbered),
        requests.map(({ layers }) => layers),
      );
      return requests.map((request, index) =>
        lookOf(request, numbered[index]?.look ?? 0, states[index] as HiddenStates),
      );
    },
    async logProbs(tokens, { signal } = {}) {
      const [found] = unpackArrays(await call('logProbs', tokens, signal));
      return found as Float64Array;
    },
    async states(texts, { layers, signal }) {
      const found = await call('states', { texts, layers }, signal);
      return found.map((each) => {
        const [hidden] = hiddenStates(each, [layers]);
        return { hidden: hidden as HiddenStates };
      });
    },
    fork(context) {
      assertAlive();
      const as = numbers.take();
      numbers.change({ kind: 'fork', context: numbers.resolve(context), as });
      return numbers.open(context.length, as);
    },
    release(context) {
      // Giving back what is gone is what a `finally` does; it must not hide the error that led there.
      if (ending !== undefined) return;
      numbers.change({ kind: 'release', context: numbers.resolve(context) });
      numbers.close(context);
      forgotten.unregister(context);
    },
    async dispose() {
      numbers.send();
      ending ??= link.end();
      await ending;
    },
  } satisfies Backend & Record<string, unknown>;
}
