import { HalfspaceError, type Backend, type Context, type LookAhead } from '@halfspace/core';
import { Answer, type Handlers } from './channel.js';
import { packArrays, type PackedArrays } from './packed-arrays.js';
import type { Change, ContextNumber, Numbered, WorkerCalls } from './protocol.js';

/** What is held of a context: itself, and what was found for candidates after it; or why there is none. */
type Held =
  | { readonly context: Context; readonly looks: Map<number, LookAhead> }
  | { readonly error: unknown };

/** A context of nobody, which every backend refuses. */
const NO_CONTEXT: Context = { length: 0 };

const pack = (packed: PackedArrays) => new Answer(packed, [packed.buffer]);

/** Contexts by their numbers, and what happens to them between calls. */
function createContexts(backend: Backend) {
  const held = new Map<ContextNumber, Held>();

  function contextOf(number: ContextNumber): Context {
    const found = held.get(number);
    if (found === undefined) return NO_CONTEXT;
    if ('error' in found) throw found.error;
    return found.context;
  }

  function looksOf(number: ContextNumber): Map<number, LookAhead> | undefined {
    const found = held.get(number);
    return found !== undefined && 'looks' in found ? found.looks : undefined;
  }

  function hold(number: ContextNumber, open: () => Context): void {
    try {
      held.set(number, { context: open(), looks: new Map() });
    } catch (error) {
      // Nobody waits for an answer. Whoever uses the context is told.
      held.set(number, { error });
    }
  }

  function commit({ context, look, token }: Extract<Change, { kind: 'commit' }>): Context {
    const found = looksOf(context)?.get(look);
    if (found !== undefined) return found.commit(token);
    contextOf(context);
    throw new HalfspaceError('invalid-context', 'The context of this winner was released before.');
  }

  return {
    contextOf,
    hold,
    withContext: <R extends Numbered<{ readonly context: Context }>>(request: R) => ({
      ...request,
      context: contextOf(request.context),
    }),
    keepLook: (number: ContextNumber, id: number, look: LookAhead) => looksOf(number)?.set(id, look),
    change(change: Change): void {
      if (change.kind === 'fork') hold(change.as, () => backend.fork(contextOf(change.context)));
      else if (change.kind === 'commit') hold(change.as, () => commit(change));
      else if (change.kind === 'forget') looksOf(change.context)?.delete(change.look);
      else {
        const found = held.get(change.context);
        held.delete(change.context);
        if (found !== undefined && 'context' in found) backend.release(found.context);
      }
    },
  };
}

/** What answers for a backend that is open. */
export type BackendHandlers = Omit<Handlers<WorkerCalls>, 'open' | 'dispose'>;

/** Answers for a backend. */
export function handlersOf(backend: Backend): BackendHandlers {
  const contexts = createContexts(backend);
  return {
    async prefill({ requests, maxRows }) {
      const wanted = requests.map((numbered) => {
        const { after, as: _, ...request } = numbered;
        return { ...request, ...(after !== undefined && { after: contexts.contextOf(after) }) };
      });
      const found = await backend.prefill(wanted, { ...(maxRows !== undefined && { maxRows }) });
      const hidden = packArrays(
        found.flatMap((each, index) => (requests[index]?.layers ?? []).map((layer) => each.hidden(layer))),
      );
      found.forEach(({ context }, index) => contexts.hold(requests[index]?.as ?? 0, () => context));
      const prompts = found.map(({ context: { length }, cachedTokens }) => ({ length, cachedTokens }));
      return new Answer({ prompts, hidden }, [hidden.buffer]);
    },
    async next(requests) {
      const found = await backend.next(requests.map(contexts.withContext));
      return pack(
        packArrays(
          found.flatMap(({ tokens, logProbs, asked, logSumExp }) => [
            tokens,
            logProbs,
            asked,
            Float64Array.of(logSumExp),
          ]),
        ),
      );
    },
    async lookAhead(requests) {
      const looks = await backend.lookAhead(requests.map(contexts.withContext));
      looks.forEach((look, index) => {
        const { context, look: id } = requests[index] ?? { context: 0, look: 0 };
        contexts.keepLook(context, id, look);
      });
      return pack(
        packArrays(
          looks.flatMap((look, index) => (requests[index]?.layers ?? []).map((layer) => look.hidden(layer))),
        ),
      );
    },
    logProbs: async (tokens, signal) => pack(packArrays([await backend.logProbs(tokens, { signal })])),
    async states({ texts, layers }, signal) {
      const found = await backend.states(texts, { layers, signal });
      const packed = found.map((text) => packArrays(layers.map((layer) => text.hidden(layer))));
      return new Answer(
        packed,
        packed.map(({ buffer }) => buffer),
      );
    },
    async change(changes) {
      for (const change of changes) contexts.change(change);
      return new Answer(undefined);
    },
  };
}
