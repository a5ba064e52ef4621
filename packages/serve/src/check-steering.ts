import { HalfspaceError, schemaComplaint } from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ApiError } from './http/api-error.js';
import type { ServerLimits } from './limits.js';
import { checkNames, type Names, type Steering, steeringOptions } from './request/steering.js';
import { serverSteeringSchema } from './schemas/steering-schema.js';
import type { ServerOptions } from './server-options.js';

type Parts = Pick<ServerOptions, 'defaults' | 'presets'>;

/**
 * Checks what a server is told of steering by what requests are checked by: it may come from a file.
 *
 * @throws HalfspaceError `bad-option`
 */
export function checkSteeringShape(options: Parts, limits: ServerLimits): void {
  const ajv = new Ajv2020({ strict: true, verbose: true, allowUnionTypes: true, discriminator: true });
  const check = ajv.compile(serverSteeringSchema(limits));
  for (const [at, steering] of partsOf(options)) {
    if (check(steering)) continue;
    throw new HalfspaceError('bad-option', `In ${at}: ${schemaComplaint(check.errors)}.`);
  }
}

/**
 * Checks the names in it.
 *
 * @throws HalfspaceError `bad-option`
 */
export function checkSteeringNames(options: Parts, names: Names): void {
  for (const [at, steering] of partsOf(options)) {
    try {
      checkNames(steering, names, at);
      steeringOptions(steering, names, 1, at);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new HalfspaceError('bad-option', `${error.details.param ?? at}: ${error.message}`, {
        cause: error,
      });
    }
  }
}

function partsOf({ defaults = {}, presets = {} }: Parts): [string, Steering][] {
  return [
    ['defaults', defaults],
    ...Object.entries(presets).map(([name, each]): [string, Steering] => [`presets.${name}`, each]),
  ];
}
