import { didYouMean, HalfspaceError, schemaComplaint } from '@halfspace/core';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { HalfspaceConfig } from './config.js';
import { ARITHMETICS, DEVICE_NAMES } from '../options/model.js';
import { PRESET_NAMES } from '../options/preset.js';

const SETTINGS = {
  attributes: { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true },
  formula: { type: 'string', minLength: 1 },
  model: { type: 'string', minLength: 1 },
  preset: { enum: PRESET_NAMES },
  precision: { enum: ARITHMETICS },
  chatTemplate: { type: 'string', minLength: 1 },
  threads: { type: 'integer', minimum: 1 },
  device: { enum: DEVICE_NAMES },
  serve: {
    type: 'object',
    additionalProperties: false,
    properties: {
      host: { type: 'string', minLength: 1 },
      port: { type: 'integer', minimum: 0, maximum: 65535 },
      key: { type: ['string', 'array'], items: { type: 'string' }, minLength: 1 },
      id: { type: ['string', 'array'], items: { type: 'string' }, minLength: 1 },
      // The server checks them by what "halfspace" of requests is checked by.
      defaults: { type: 'object' },
      presets: { type: 'object' },
      limits: { type: 'object' },
      metrics: { type: 'boolean' },
      cors: { type: 'array', items: { type: 'string' } },
      log: { enum: ['none', 'requests', 'texts'] },
      grace: { type: 'number', minimum: 0 },
    },
  },
  modules: { type: 'array', items: { anyOf: [{ type: 'string', minLength: 1 }, { type: 'object' }] } },
} satisfies Record<keyof HalfspaceConfig, object>;

const validate = new Ajv2020({ strict: true, verbose: true, allowUnionTypes: true }).compile<HalfspaceConfig>(
  {
    type: 'object',
    properties: SETTINGS,
    additionalProperties: false,
  },
);

/**
 * Checks what a config says.
 *
 * @param path - Where it is, for the message.
 * @throws HalfspaceError `bad-config`, naming the setting at fault
 */
export function checkConfig(config: unknown, path: string): HalfspaceConfig {
  if (validate(config)) return config;
  throw new HalfspaceError('bad-config', `${path}: ${complaint(validate.errors)}`);
}

function complaint(faults: readonly ErrorObject[] | null | undefined): string {
  const [fault] = faults ?? [];
  const name = String(fault?.params['additionalProperty']);
  const known = Object.keys(SETTINGS);
  switch (fault?.keyword) {
    case 'additionalProperties':
      return `there is no setting "${name}".${didYouMean(name, known)} There are ${known.join(', ')}.`;
    case 'enum':
      return `${fault.instancePath.slice(1)} must be ${(fault.params['allowedValues'] as string[]).join(' or ')}.`;
    default:
      return fault?.instancePath
        ? `${schemaComplaint(faults)}.`
        : 'a config is an object such as { attributes: ["./calm"] }, in a module the default export.';
  }
}
