import { ApiError } from '../http/api-error.js';
import { type Operation, OPERATIONS } from '../schemas/operations.js';

/** What a path is answered that is not there: 405 where another method is. */
export function notFound({ method, url }: Request): ApiError {
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
