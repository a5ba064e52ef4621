import type { ServerOptions } from '../server-options.js';
import { ApiError } from './api-error.js';
import { createKeyCheck } from './key.js';

/**
 * Lets a request in, or throws why not.
 *
 * @param open - Whether the path asks for no key.
 * @throws ApiError 401, 403
 */
export type Admit = (request: Request, open: boolean) => void;

/** Looks at the name that a request asks for and at its key. */
export function createAdmission({ hosts, keys = [] }: Pick<ServerOptions, 'hosts' | 'keys'>): Admit {
  const checkKey = createKeyCheck(keys);
  return (request, open) => {
    assertHost(request, hosts);
    if (!open) checkKey(request.headers.get('authorization') ?? undefined);
  };
}

/** A name that leads here and is none of the server's: a page of somebody else asks, by way of a name of its own. */
function assertHost({ url, headers }: Request, hosts: readonly string[] | undefined): void {
  if (hosts === undefined) return;
  const host = headers.get('host') ?? new URL(url).host;
  if (hosts.includes(host.replace(/:\d+$/, '').toLowerCase())) return;
  throw new ApiError(403, 'wrong_host', 'This server is not asked for by that name.');
}
