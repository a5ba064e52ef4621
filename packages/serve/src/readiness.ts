import type { Halfspace } from '@halfspace/core';
import { checkSteeringNames } from './check-steering.js';
import { createAdding } from './add-value.js';
import { ApiError } from './http/api-error.js';
import { modelName, servedModels } from './models.js';
import type { Names } from './request/steering.js';
import { isAvailable } from './routes/attributes.js';
import type { ReadyServer } from './routes/route.js';
import type { ServerOptions } from './server-options.js';

/** How long a client waits before it asks again for a model that is being loaded. */
const LOADING_MS = 5000;

/** A model on its way. */
export interface Readiness {
  /** Settles once the model is there; rejects where it cannot be had. */
  readonly ready: Promise<void>;
  /** Where it is now. */
  readonly status: 'loading' | 'failed' | 'ok';
  /** The model, once it is there. */
  readonly halfspace: Halfspace | undefined;
  /**
   * What routes need.
   *
   * @throws ApiError 503 as long as the model is not there
   */
  server(): ReadyServer;
}

/** What a server knows before its model is there. */
export type ServerParts = Pick<ReadyServer, 'limits' | 'validator' | 'work' | 'metrics'>;

/**
 * Waits for the model of a server, and checks the names in its options then.
 *
 * @param parts - Asked for when the model is there.
 */
export function awaitModel(options: ServerOptions, parts: () => ServerParts): Readiness {
  const created = Math.floor(Date.now() / 1000);
  let halfspace: Halfspace | undefined;
  let state: ReadyServer | undefined;
  let hasFailed = false;

  const ready = Promise.resolve(options.halfspace).then((found) => {
    halfspace = found;
    const names = namesOf(found, options);
    checkSteeringNames(options, names);
    const { model = modelName(found), presets = {}, defaults = {}, cards = {}, judges = [] } = options;
    const models = servedModels(typeof model === 'string' ? [model] : model, presets);
    const addValue = createAdding(options, found, (changed) => {
      if (state === undefined) return;
      halfspace = changed;
      state = { ...state, halfspace: changed, names: namesOf(changed, options) };
    });
    state = { halfspace: found, models, names, defaults, cards, judges, addValue, created, ...parts() };
  });
  ready.catch(() => {
    hasFailed = true;
  });

  return {
    ready,
    get status() {
      if (hasFailed) return 'failed';
      return state === undefined ? 'loading' : 'ok';
    },
    get halfspace() {
      return halfspace;
    },
    server() {
      if (state !== undefined) return state;
      if (hasFailed)
        throw new ApiError(503, 'model_failed', 'The model could not be loaded. The log says why.');
      throw new ApiError(503, 'loading', 'The model is being loaded. Come back in a few seconds.', {
        retryAfterMs: LOADING_MS,
      });
    },
  };
}

function namesOf(
  { attributes: all, backend }: Halfspace,
  { filters = {}, presets = {} }: ServerOptions,
): Names {
  return {
    attributes: all.filter((each) => isAvailable(each, backend.model)).map(({ name }) => name),
    filters,
    presets,
  };
}
