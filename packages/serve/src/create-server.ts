import { randomUUID } from 'node:crypto';
import type { Halfspace } from '@halfspace/core';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { checkSteeringNames, checkSteeringShape } from './check-steering.js';
import { ApiError, apiErrorOf } from './http/api-error.js';
import { createKeyCheck } from './http/key.js';
import { readJson } from './http/read-json.js';
import { errorResponse, jsonResponse } from './http/respond.js';
import { createTurn, type Turn } from './http/turn.js';
import { createWorkList, type Stopped } from './http/work.js';
import { limitsWith } from './limits.js';
import { createMetrics } from './metrics.js';
import { modelName, servedModels } from './models.js';
import type { Names } from './request/steering.js';
import { createValidator } from './request/validator.js';
import { attributes, isAvailable } from './routes/attributes.js';
import { chat, complete } from './routes/completions.js';
import { metrics as metricsRoute } from './routes/metrics.js';
import { getModel, listModels } from './routes/models.js';
import type { ReadyServer, Route } from './routes/route.js';
import { score } from './routes/score.js';
import { applyTemplate, detokenize, tokenize } from './routes/tokens.js';
import { openApiDocument } from './schemas/openapi.js';
import { type Operation, type OperationName, OPERATIONS } from './schemas/operations.js';
import { requestSchemas } from './schemas/request-schemas.js';
import type { ServerOptions } from './server-options.js';
import { VERSION } from './version.js';

/** A server that is not bound to any port: what has `fetch` can be mounted wherever requests come from. */
export interface Server {
  /** Answers a request. It never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Settles once the model is there; rejects where it cannot be had. */
  readonly ready: Promise<void>;
  /** How many requests are worked on. */
  readonly requests: number;
  /**
   * Takes no more requests, waits for those that there are, and ends those that take longer. The model is left to its owner.
   *
   * @param graceMs - How long to wait (default 10,000).
   */
  stop(graceMs?: number): Promise<Stopped>;
}

/** What needs no model is answered by the server itself. */
type EarlyName = 'health' | 'openapi';

const ROUTES: Readonly<Record<Exclude<OperationName, EarlyName>, Route>> = {
  metrics: metricsRoute,
  listModels,
  getModel,
  chat,
  complete,
  tokenize,
  detokenize,
  applyTemplate,
  attributes,
  score,
};

/** How long to wait for a model that is being loaded, and between tries. */
const LOADING_MS = 5000;
const GRACE_MS = 10_000;

/**
 * Makes a server with the routes of the OpenAI API, and those of Halfspace beside them. All requests share the rounds of the one
 * engine that the backend has; the server decodes nothing itself.
 *
 * @throws HalfspaceError `bad-option` for limits, presets and defaults that cannot be; names of attributes in them are checked
 * when the model is there, and {@link Server.ready} rejects then
 */
export function createServer(options: ServerOptions): Server {
  const limits = limitsWith(options.limits);
  checkSteeringShape(options, limits);
  const requests = requestSchemas(limits);
  const validator = createValidator(requests);
  const document = openApiDocument(requests, VERSION);
  const work = createWorkList(limits.maxRequests, limits.maxMs);
  let halfspace: Halfspace | undefined;
  let state: ReadyServer | undefined;
  let failure: unknown;
  const metrics =
    options.metrics === true
      ? createMetrics(
          () => work.size,
          () => halfspace?.backend,
        )
      : undefined;
  const checkKey = createKeyCheck(options.keys ?? []);
  const created = Math.floor(Date.now() / 1000);

  const ready = Promise.resolve(options.halfspace).then((found) => {
    halfspace = found;
    const names = namesOf(found, options);
    checkSteeringNames(options, names);
    const { model = modelName(found), presets = {}, defaults = {}, cards = {} } = options;
    const models = servedModels(typeof model === 'string' ? [model] : model, presets);
    state = { halfspace: found, models, names, defaults, cards, limits, validator, work, metrics, created };
  });
  ready.catch((error: unknown) => {
    failure = error;
  });

  function health(): Response {
    const status = work.stopping
      ? 'stopping'
      : failure !== undefined
        ? 'failed'
        : state === undefined
          ? 'loading'
          : 'ok';
    return jsonResponse({ status }, status === 'ok' ? 200 : 503);
  }

  const early: Readonly<Record<EarlyName, () => Response>> = {
    health,
    openapi: () => jsonResponse(document),
  };

  function readyServer(): ReadyServer {
    if (state !== undefined) return state;
    if (failure !== undefined)
      throw new ApiError(503, 'model_failed', 'The model could not be loaded. The log says why.');
    throw new ApiError(503, 'loading', 'The model is being loaded. Come back in a few seconds.', {
      retryAfterMs: LOADING_MS,
    });
  }

  function beginTurn(request: Request, route: string): Turn {
    return createTurn(request, randomUUID(), options.logTexts === true, (entry) => {
      metrics?.countRequest(entry, route);
      options.onRequest?.(entry);
    });
  }

  /** Runs one route for one request, and tells how it went. */
  async function run(
    request: Request,
    name: string,
    serve: (turn: Turn) => Response | Promise<Response>,
  ): Promise<Response> {
    const turn = beginTurn(request, name);
    let error: ApiError | undefined;
    const response = await Promise.resolve()
      .then(async () => serve(turn))
      .catch((thrown: unknown) => errorResponse((error = apiErrorOf(thrown))));
    response.headers.set('x-request-id', turn.id);
    if (!turn.postponed) turn.finish(response.status, error);
    return response;
  }

  const app = new Hono();
  const origins = options.cors ?? [];
  if (origins.length > 0) {
    app.use(
      cors({
        origin: origins.includes('*') ? '*' : [...origins],
        exposeHeaders: ['x-request-id', 'retry-after'],
      }),
    );
  }

  function admit(request: Request, open: boolean | undefined): void {
    assertHost(request, options.hosts);
    if (open !== true) checkKey(request.headers.get('authorization') ?? undefined);
  }

  for (const [name, { method, path, request: schema, open }] of Object.entries<Operation>(OPERATIONS)) {
    app[method](path.replaceAll(/\{(\w+)\}/g, ':$1{.+}'), async (c) =>
      run(c.req.raw, name, async (turn) => {
        const { raw } = c.req;
        admit(raw, open);
        if (name in early) return early[name as EarlyName]();
        const server = readyServer();
        const body =
          schema === undefined ? {} : validator.check(schema, await readJson(raw, limits.maxBodyBytes));
        return ROUTES[name as keyof typeof ROUTES](server, { raw, body, params: c.req.param(), turn });
      }),
    );
  }
  app.notFound(async (c) =>
    run(c.req.raw, 'none', () => {
      admit(c.req.raw, false);
      throw notFound(c.req.raw);
    }),
  );
  app.onError((error) => errorResponse(apiErrorOf(error)));

  return {
    fetch: async (request) => app.fetch(request),
    ready,
    get requests() {
      return work.size;
    },
    stop: async (graceMs = GRACE_MS) => work.stop(graceMs),
  };
}

function notFound({ method, url }: Request): ApiError {
  const { pathname } = new URL(url);
  const others = Object.values<Operation>(OPERATIONS).filter(({ path }) => path === pathname);
  if (others.length > 0) {
    const allowed = others.map((each) => each.method.toUpperCase()).join(', ');
    return new ApiError(405, 'method_not_allowed', `This path takes ${allowed}.`);
  }
  return new ApiError(
    404,
    'not_found',
    `There is no ${method} ${pathname.slice(0, 100)}. GET /openapi.json has what there is.`,
  );
}

/** A name that leads here and is none of the server's: a page of somebody else asks, by way of a name of its own. */
function assertHost({ url, headers }: Request, hosts: readonly string[] | undefined): void {
  if (hosts === undefined) return;
  const host = headers.get('host') ?? new URL(url).host;
  if (hosts.includes(host.replace(/:\d+$/, '').toLowerCase())) return;
  throw new ApiError(403, 'wrong_host', 'This server is not asked for by that name.');
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
