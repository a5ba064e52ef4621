import type { RequestName } from '../schemas/request-schemas.js';
import { isWithoutEffect } from './unsupported.js';
import type { Body, Validator } from './validator.js';

const MOST_NAMED = 20;
const LONGEST = 64;

/**
 * What a client is told of fields that its request has and that nothing looks at.
 *
 * @param unused - Fields that are known, and are not looked at this time.
 */
export function ignoredFields(
  validator: Validator,
  name: RequestName,
  body: Body,
  unused: readonly string[] = [],
): string[] {
  const unknown = new Set([...validator.unknownFields(name, body), ...unused]);
  const all = Object.keys(body).filter((field) => unknown.has(field) && !isWithoutEffect(field));
  const named = all
    .slice(0, MOST_NAMED)
    .map((field) => `The field ${JSON.stringify(field.slice(0, LONGEST))} was ignored.`);
  const more = all.length - named.length;
  return more > 0 ? [...named, `${more} more fields were ignored.`] : named;
}
