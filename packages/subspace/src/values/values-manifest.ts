import { HalfspaceError, schemaComplaint } from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** Name of the file that says what a folder of values holds. */
export const MANIFEST = 'values.json';
/** Largest manifest, file and folder that are believed, in bytes. */
export const LARGEST = { manifest: 2 ** 20, file: 2 ** 24, folder: 2 ** 28 } as const;
/** Most files of a folder. */
export const MOST_FILES = 1000;

/** What a folder of values to be shared holds: values of one model. */
export interface ValuesManifest {
  /** What the file is. */
  readonly format: 'halfspace-values';
  /** Of the format. */
  readonly version: 1;
  /** The model that the values are of. */
  readonly model: {
    /** Name for people. */
    readonly name: string;
    /** sha-256 (hex) of the weights as published. */
    readonly fingerprint: string;
  };
  /** The model on the hub, as `ORG/NAME`. */
  readonly baseModel: string;
  /** Licence of the folder, as the hub has it, such as `apache-2.0`. */
  readonly licence: string;
  /** Names of the attributes, a folder each. */
  readonly values: readonly string[];
  /** Every file but this one, by its path. */
  readonly files: Readonly<Record<string, FileDigest>>;
}

/** What the bytes of a file are. */
export interface FileDigest {
  /** How many there are. */
  readonly bytes: number;
  /** sha-256 (hex) of them. */
  readonly sha256: string;
}

const NAME = '[a-z][a-z0-9]*(-[a-z0-9]+)*';
/** Cards, licences and subspaces: text and numbers, and nothing that a program or a browser would run. */
const PATH = `^((README|NOTICE)\\.md|LICENSE|NOTICE|${NAME}/(README\\.md|subspace(-[a-z0-9]+)*\\.json))$`;

/** Whether a folder of values may hold a file of such a path. */
export function mayHold(path: string): boolean {
  return new RegExp(PATH).test(path);
}

/** A repository on the hub. */
export const REPOSITORY = '^\\w[\\w.-]{0,127}/\\w[\\w.-]{0,127}$';
/** A licence, as the hub abbreviates them. */
export const LICENCE = '^[a-z0-9][a-z0-9.-]{0,63}$';

const record = (properties: object) =>
  ({ type: 'object', additionalProperties: false, required: Object.keys(properties), properties }) as const;
const validate = new Ajv2020({ strict: true, verbose: true }).compile<ValuesManifest>(
  record({
    format: { const: 'halfspace-values' },
    version: { const: 1 },
    model: record({
      name: { type: 'string', minLength: 1, maxLength: 200 },
      fingerprint: { type: 'string', pattern: '^[0-9a-f]{1,64}$' },
    }),
    baseModel: { type: 'string', pattern: REPOSITORY },
    licence: { type: 'string', pattern: LICENCE },
    values: {
      type: 'array',
      minItems: 1,
      maxItems: 256,
      uniqueItems: true,
      items: { type: 'string', pattern: `^${NAME}$`, maxLength: 64 },
    },
    files: {
      type: 'object',
      maxProperties: MOST_FILES,
      propertyNames: { pattern: PATH, maxLength: 200 },
      additionalProperties: record({
        bytes: { type: 'integer', minimum: 0, maximum: LARGEST.file },
        sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      }),
    },
  }),
);

/** @throws HalfspaceError `bad-values` */
export function parseManifest(text: string, where: string): ValuesManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw badValues(where, `${MANIFEST} is no JSON`, cause);
  }
  if (!validate(json)) throw badValues(where, schemaComplaint(validate.errors, MANIFEST).replace(/\.$/, ''));
  return json;
}

/** The error of a folder of values that is not what it must be. */
export function badValues(where: string, fault: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError('bad-values', `${where} is no folder of values to be used: ${fault}.`, { cause });
}
