import { HalfspaceError } from '@halfspace/contracts';

/** Refuses a schema, or what is said of a place in it. */
export type Refuse = (fault: string) => never;

/**
 * Refuses what a place in a schema says.
 *
 * @param pointer - The place, as a JSON pointer.
 * @param fault - What it does, such as `has a keyword not that is not supported`.
 */
export function refuseAt(pointer: string, fault: string): never {
  const place = pointer === '' ? 'The JSON Schema' : `The JSON Schema at ${JSON.stringify(pointer)}`;
  throw new HalfspaceError('bad-schema', `${place} ${fault}.`);
}
