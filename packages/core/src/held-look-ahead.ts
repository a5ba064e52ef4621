import type { Backend, Context, LookAhead } from './contracts/backend.js';

/** A look-ahead that outlives the next one. Its owner must release it. */
export interface HeldLookAhead extends LookAhead {
  /** Gives back every candidate that was not committed. Idempotent. */
  release(): void;
}

/**
 * Keeps what a look-ahead found of some candidates, because a choice among them takes time: others may
 * use the backend meanwhile.
 */
export function holdLookAhead(
  backend: Backend,
  look: LookAhead,
  tokens: readonly number[],
  layers: readonly number[],
): HeldLookAhead {
  const hidden = new Map(layers.map((layer) => [layer, look.hidden(layer).slice()]));
  const contexts = new Map(tokens.map((token) => [token, look.commit(token)]));
  return {
    hidden: (layer) => demand(hidden.get(layer), `layer ${layer}`),
    commit(token) {
      const context: Context = demand(contexts.get(token), `candidate ${token}`);
      contexts.delete(token);
      return context;
    },
    release() {
      for (const context of contexts.values()) backend.release(context);
      contexts.clear();
    },
  };
}

function demand<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} was not kept`);
  return value;
}
