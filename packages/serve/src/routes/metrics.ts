import { ApiError } from '../http/api-error.js';
import type { Route } from './route.js';

/** `GET /metrics`. */
export const metrics: Route = async (server) => {
  if (server.metrics === undefined) {
    throw new ApiError(
      404,
      'not_found',
      'This server keeps no figures. They are kept with the option metrics.',
    );
  }
  const { body, type } = await server.metrics.text();
  return new Response(body, { headers: { 'content-type': type } });
};
