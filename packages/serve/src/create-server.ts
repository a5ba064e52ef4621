import { checkSteeringShape } from './check-steering.js';
import { createAdmission } from './http/admit.js';
import { jsonResponse } from './http/respond.js';
import { createTurns } from './http/run-turn.js';
import { createWorkList, type Stopped, type WorkList } from './http/work.js';
import { limitsWith } from './limits.js';
import { createMetrics } from './metrics.js';
import { awaitModel, type Readiness } from './readiness.js';
import { createValidator } from './request/validator.js';
import { createApp } from './routes/app.js';
import { openApiDocument } from './schemas/openapi.js';
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
  const model = awaitModel(options, () => ({ limits, validator, work, metrics }));
  const metrics = options.metrics === true ? createMetrics(work, model) : undefined;
  const early = { health: () => health(work, model), openapi: () => jsonResponse(document) };
  const runTurn = createTurns(options, (entry, route) => metrics?.countRequest(entry, route));
  const admit = createAdmission(options);
  const { pages = () => undefined, cors = [] } = options;
  const app = createApp({ admit, runTurn, limits, model, validator, early, pages }, cors);

  return {
    fetch: async (request) => app.fetch(request),
    ready: model.ready,
    get requests() {
      return work.size;
    },
    stop: async (graceMs = GRACE_MS) => work.stop(graceMs),
  };
}

function health({ stopping }: WorkList, model: Readiness): Response {
  const status = stopping ? 'stopping' : model.status;
  return jsonResponse({ status }, status === 'ok' ? 200 : 503);
}
