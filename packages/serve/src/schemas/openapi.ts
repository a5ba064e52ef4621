import { type Operation, OPERATIONS } from './operations.js';
import { RESPONSE_SCHEMAS } from './response-schemas.js';
import type { JsonSchema } from './steering-schema.js';

const STATUSES = {
  400: 'Something is wrong with the request; `param` says with which field',
  401: 'There is no key, or a wrong one',
  404: 'There is no such model or path',
  413: 'The body is larger than the server takes',
  429: 'The server is busy; Retry-After says when to come back',
  500: 'The server has failed',
  503: 'The model is being loaded, or the server is stopping',
  504: 'The request took too long',
};

/**
 * The OpenAPI 3.1 document of a server, made of the schemas that its requests are checked by.
 *
 * @param requests - As {@link requestSchemas} makes them.
 * @param version - Of this package.
 */
export function openApiDocument(requests: Readonly<Record<string, JsonSchema>>, version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, operation] of Object.entries<Operation>(OPERATIONS)) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: { operationId: name, ...describe(operation) },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Halfspace',
      version,
      description: 'Value-aligned decoding behind the routes of the OpenAI API.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths,
    components: {
      schemas: { ...requests, ...RESPONSE_SCHEMAS },
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function describe({ summary, path, request, response, chunk, open }: Operation): JsonSchema {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const errors = Object.entries(STATUSES).map(([status, description]) => [
    status,
    { description, ...json(response === 'Health' ? 'Health' : 'Error') },
  ]);
  return {
    summary,
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(request && { requestBody: { required: true, ...json(request) } }),
    responses: {
      200: {
        description: 'The answer',
        ...(response && { content: { ...json(response).content, ...events(chunk) } }),
      },
      ...Object.fromEntries(errors),
    },
  };
}

function json(name: string) {
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}

function events(chunk: string | undefined): object {
  if (chunk === undefined) return {};
  return { 'text/event-stream': { schema: { $ref: `#/components/schemas/${chunk}` } } };
}
