import { jsonResponse } from '../http/respond.js';
import { findModel, type ServedModel } from '../models.js';
import type { ReadyServer, Route } from './route.js';

/** `GET /v1/models`. */
export const listModels: Route = (server) =>
  jsonResponse({ object: 'list', data: server.models.map((model) => described(model, server)) });

/** `GET /v1/models/{model}`. */
export const getModel: Route = (server, { params }) =>
  jsonResponse(described(findModel(server.models, params['model'] ?? ''), server));

function described({ id, preset }: ServedModel, { halfspace, created }: ReadyServer): object {
  const { contextLength, fingerprint } = halfspace.backend.model;
  return {
    id,
    object: 'model',
    created,
    owned_by: 'halfspace',
    halfspace: { ...(preset !== undefined && { preset }), context_length: contextLength, fingerprint },
  };
}
