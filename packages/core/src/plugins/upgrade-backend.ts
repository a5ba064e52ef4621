import type { Backend, BackendV1, Context, Prefill, PrefillRequest, PrefillV1 } from '@halfspace/contracts';
import { fieldsOf, SPECIFICATION_VERSIONS, versionOf } from '@halfspace/contracts/internal';
import { checkBackend } from './check-backend.js';

/** What stands before backends of version 1, one for each, so that all who use a backend share its rounds. */
const upgraded = new WeakMap<BackendV1, Backend>();

/**
 * A backend of the current version: as it is, or what stands before one of the version before it. `createHalfspace` does this by itself;
 * it is for programs that give a backend to something else.
 *
 * @throws HalfspaceError `contract-mismatch` for any other version, `bad-backend` for what is none
 */
export function upgradeBackend(backend: Backend | BackendV1): Backend {
  checkBackend(backend);
  if (versionOf(fieldsOf(backend)) === SPECIFICATION_VERSIONS.backend) return backend as Backend;
  const old = backend as BackendV1;
  const found = upgraded.get(old) ?? fromVersion1(old);
  upgraded.set(old, found);
  return found;
}

/** What is known of a context, so that its text can be run once more with what comes after it. */
interface Origin {
  readonly tokens: readonly number[];
  readonly rowsPerStep: number;
}

/**
 * Version 2 by means of version 1. Prompts are run whole, one after the other: `maxRows` is not kept, and a prompt that goes on
 * from a context is run from its beginning. A look-ahead is as deep as the deepest of its requests.
 */
function fromVersion1(backend: BackendV1): Backend {
  const { model, tokenizer } = backend;
  const origins = new WeakMap<Context, Origin>();

  function known(context: Context, origin: Origin): Context {
    origins.set(context, origin);
    return context;
  }

  /** The backend itself refuses contexts of others, before or after. */
  const originOf = (context: Context) => origins.get(context) ?? { tokens: [], rowsPerStep: 1 };

  async function prefillOne({ tokens, after, rowsPerStep, layers }: PrefillRequest): Promise<PrefillV1> {
    // Refuses what cannot be continued.
    if (after !== undefined) backend.release(backend.fork(after));
    const before = after === undefined ? { tokens: [], rowsPerStep } : originOf(after);
    const origin = { ...before, tokens: [...before.tokens, ...tokens] };
    const { rowsPerStep: rows } = origin;
    const found = await backend.prefill(origin.tokens, { rowsPerStep: rows, ...(layers && { layers }) });
    known(found.context, origin);
    return found;
  }

  function prefillOf(found: PrefillV1, request: PrefillRequest): Prefill {
    const { context, cachedTokens = 0 } = found;
    const begun = request.after?.length ?? 0;
    const first = Math.max(begun, request.from ?? 0);
    return {
      context,
      cachedTokens: Math.max(0, cachedTokens - begun),
      hidden: (layer) => found.hidden(layer).subarray(first * model.width),
    };
  }

  return {
    specificationVersion: SPECIFICATION_VERSIONS.backend,
    model,
    tokenizer,
    exact: true,
    async prefill(requests) {
      const found: PrefillV1[] = [];
      try {
        for (const request of requests) found.push(await prefillOne(request));
      } catch (error) {
        for (const { context } of found) backend.release(context);
        throw error;
      }
      return found.map((each, i) => prefillOf(each, requests[i]));
    },
    async lookAhead(requests) {
      const layers = [...new Set(requests.flatMap((each) => each.layers))].sort((a, b) => a - b);
      const looks = await backend.lookAhead(requests, { layers });
      return looks.map((look, i) => {
        const { tokens, rowsPerStep } = originOf(requests[i].context);
        return {
          hidden: (layer) => look.hidden(layer),
          commit: (candidate) =>
            known(look.commit(candidate), { rowsPerStep, tokens: [...tokens, candidate] }),
        };
      });
    },
    next: async (requests) => backend.next(requests),
    logProbs: async (tokens, options) => backend.logProbs(tokens, options),
    states: async (texts, options) => backend.states(texts, options),
    fork: (context) => known(backend.fork(context), originOf(context)),
    release: (context) => backend.release(context),
    dispose: async () => backend.dispose(),
  };
}
