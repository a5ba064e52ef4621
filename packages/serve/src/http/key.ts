import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError } from './api-error.js';

/** Says whether a request has one of some keys. */
export type KeyCheck = (authorization: string | undefined) => void;

/**
 * A check of `Authorization: Bearer KEY` that takes as long for any wrong key: digests are compared, of all keys, in constant time.
 *
 * @param keys - None for a server that asks for none.
 * @returns Throws ApiError 401 for a request without one of the keys.
 */
export function createKeyCheck(keys: readonly string[]): KeyCheck {
  const digests = keys.map(digest);
  return (authorization = '') => {
    if (digests.length === 0) return;
    const given = digest(/^bearer +(.*)$/i.exec(authorization)?.[1] ?? '');
    let found = false;
    for (const each of digests) found = timingSafeEqual(each, given) || found;
    if (found) return;
    throw new ApiError(
      401,
      'invalid_api_key',
      'This server asks for a key. Send "Authorization: Bearer KEY" with one of its keys.',
    );
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
