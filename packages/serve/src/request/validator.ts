import { schemaComplaint } from '@halfspace/core';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { badRequest } from '../http/api-error.js';
import type { RequestName } from '../schemas/request-schemas.js';
import type { JsonSchema } from '../schemas/steering-schema.js';

/** A body whose fields have been checked by a schema. */
export type Body = Readonly<Record<string, unknown>>;

/** Checks bodies by the schemas of their operations. */
export interface Validator {
  /**
   * A body without the fields that are null, which clients send for what they leave out.
   *
   * @throws ApiError 400 with the field at fault
   */
  check(name: RequestName, body: unknown): Body;
  /** Fields of a body that its schema does not know. */
  unknownFields(name: RequestName, body: Body): string[];
}

/** Compiles schemas. */
export function createValidator(schemas: Readonly<Record<RequestName, JsonSchema>>): Validator {
  const ajv = new Ajv2020({ strict: true, verbose: true, allowUnionTypes: true, discriminator: true });
  const checks = new Map(
    Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)] as const),
  );
  return {
    check(name, body) {
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        throw badRequest(null, 'The body must be a JSON object.');
      }
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
      const check = checks.get(name);
      if (check?.(given) !== true) throw complaintOf(check?.errors);
      return given;
    },
    unknownFields(name, body) {
      const known = new Set(Object.keys(schemas[name]['properties'] as object));
      return Object.keys(body).filter((field) => !known.has(field));
    },
  };
}

function complaintOf(faults: readonly ErrorObject[] | null | undefined) {
  const [fault] = faults ?? [];
  const place = (fault?.instancePath ?? '').slice(1).split('/').filter(Boolean).map(unescaped);
  const missing: unknown = fault?.params['missingProperty'] ?? fault?.params['additionalProperty'];
  if (typeof missing === 'string') place.push(missing);
  const param = place.length === 0 ? null : place.join('.').slice(0, 200);
  const code = fault?.keyword === 'required' ? 'missing_required_parameter' : 'invalid_value';
  const words = schemaComplaint(faults, 'the body');
  return badRequest(
    param,
    `${words[0].toUpperCase()}${words.slice(1)}${/[.?]$/.test(words) ? '' : '.'}`,
    code,
  );
}

/** As JSON pointers have it. */
function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
