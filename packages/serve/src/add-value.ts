import type { Halfspace } from '@halfspace/core';
import { ApiError, badRequest } from './http/api-error.js';
import type { ReadyServer } from './routes/route.js';
import type { ServerOptions } from './server-options.js';

/** Values of requests that a server keeps. */
const MOST_VALUES = 8;
/** Until another may be made. */
const BUSY_MS = 3000;

/**
 * Makes values of examples, one at a time.
 *
 * @param first - What there is at first: its attributes cannot be replaced, those of requests can.
 * @param onChange - Told what has the new one.
 * @returns Undefined where the server makes none.
 */
export function createAdding(
  { addValue }: Pick<ServerOptions, 'addValue'>,
  first: Halfspace,
  onChange: (halfspace: Halfspace) => void,
): ReadyServer['addValue'] {
  if (addValue === undefined) return undefined;
  const shipped = new Set(first.attributes.map(({ name }) => name));
  const added = new Set<string>();
  let isBusy = false;
  return async (examples, signal) => {
    const { name } = examples;
    if (shipped.has(name)) throw badRequest('name', `There is a value ${name} already. Take another name.`);
    if (!added.has(name) && added.size >= MOST_VALUES) {
      throw badRequest('name', `There are ${MOST_VALUES} values of requests. Take the name of one of them.`);
    }
    if (isBusy) {
      throw new ApiError(429, 'busy', 'Another value is being made. Try again in a few seconds.', {
        retryAfterMs: BUSY_MS,
      });
    }
    isBusy = true;
    try {
      onChange(await addValue(examples, signal));
      added.add(name);
    } finally {
      isBusy = false;
    }
  };
}
