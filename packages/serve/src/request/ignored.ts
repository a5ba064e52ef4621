import type { RequestName } from '../schemas/request-schemas.js';
import { isWithoutEffect } from './unsupported.js';
import type { Body, Validator } from './validator.js';

const MOST_NAMED = 20;
const LONGEST = 64;

/** What a client is told of fields that its request has and that nothing looks at. */
export function ignoredFields(validator: Validator, name: RequestName, body: Body): string[] {
  const all = validator.unknownFields(name, body).filter((field) => !isWithoutEffect(field));
  const named = all
    .slice(0, MOST_NAMED)
    .map((field) => `The field ${JSON.stringify(field.slice(0, LONGEST))} was ignored.`);
  const more = all.length - named.length;
  return more > 0 ? [...named, `${more} more fields were ignored.`] : named;
}
