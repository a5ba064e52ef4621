import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { Admit } from '../http/admit.js';
import { apiErrorOf } from '../http/api-error.js';
import { readJson } from '../http/read-json.js';
import { errorResponse } from '../http/respond.js';
import type { RunTurn } from '../http/run-turn.js';
import type { ServerLimits } from '../limits.js';
import type { Readiness } from '../readiness.js';
import type { Validator } from '../request/validator.js';
import { type Operation, type OperationName, OPERATIONS } from '../schemas/operations.js';
import { attributes } from './attributes.js';
import { chat, complete } from './completions.js';
import { metrics } from './metrics.js';
import { judge } from './judge.js';
import { getModel, listModels } from './models.js';
import { notFound } from './not-found.js';
import type { Route } from './route.js';
import { score } from './score.js';
import { applyTemplate, detokenize, tokenize } from './tokens.js';
import { values } from './values.js';

/** What needs no model is answered at once. */
type EarlyName = 'health' | 'openapi';

const ROUTES: Readonly<Record<Exclude<OperationName, EarlyName>, Route>> = {
  metrics,
  listModels,
  getModel,
  chat,
  complete,
  tokenize,
  detokenize,
  applyTemplate,
  attributes,
  score,
  judge,
  values,
};

/** What an app is made of. */
export interface AppParts {
  readonly admit: Admit;
  readonly runTurn: RunTurn;
  readonly limits: ServerLimits;
  readonly model: Readiness;
  readonly validator: Validator;
  readonly early: Readonly<Record<EarlyName, () => Response>>;
  /** Files of a page beside the routes; see the option `pages` of a server. */
  readonly pages: (request: Request) => Response | undefined;
}

/**
 * An app with a route for each of {@link OPERATIONS}.
 *
 * @param origins - Whose pages may use it; see the option `cors` of a server.
 */
export function createApp(parts: AppParts, origins: readonly string[]): Hono {
  const app = new Hono();
  if (origins.length > 0) {
    app.use(
      cors({
        origin: origins.includes('*') ? '*' : [...origins],
        exposeHeaders: ['x-request-id', 'retry-after'],
      }),
    );
  }
  for (const name of Object.keys(OPERATIONS)) addOperation(app, name as OperationName, parts);
  addErrors(app, parts);
  return app;
}

function addOperation(
  app: Hono,
  name: OperationName,
  { admit, runTurn, limits, model, validator, early }: AppParts,
): void {
  const { method, path, request: schema, open }: Operation = OPERATIONS[name];
  app[method](path.replaceAll(/\{(\w+)\}/g, ':$1{.+}'), async (c) =>
    runTurn(c.req.raw, name, async (turn) => {
      const { raw } = c.req;
      admit(raw, open === true);
      if (name === 'health' || name === 'openapi') return early[name]();
      const server = model.server();
      const body =
        schema === undefined ? {} : validator.check(schema, await readJson(raw, limits.maxBodyBytes));
      return ROUTES[name](server, { raw, body, params: c.req.param(), turn });
    }),
  );
}

function addErrors(app: Hono, { admit, runTurn, pages }: AppParts): void {
  app.notFound(async (c) =>
    runTurn(c.req.raw, 'none', () => {
      const page = pages(c.req.raw);
      admit(c.req.raw, page !== undefined);
      if (page !== undefined) return page;
      throw notFound(c.req.raw);
    }),
  );
  app.onError((error) => errorResponse(apiErrorOf(error)));
}
