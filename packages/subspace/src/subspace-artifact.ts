import { defineAttribute, HalfspaceError, type LinearAttribute, type Subspace } from '@halfspace/core';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Calibration } from './calibrate.js';
import type { Figures } from './figures.js';
import type { Estimator } from './fit-direction.js';
import { POSITIONS, type Positions, readPositions } from './labelled-text.js';

/**
 * A fitted subspace with everything that says where it came from and how good it is. Plain JSON; the
 * same data and model give the same bytes.
 */
export interface SubspaceArtifact {
  /** What the file is. */
  readonly format: 'halfspace-subspace';
  /** Of the format. */
  readonly version: 1;
  /** Name of the attribute, kebab-case. */
  readonly attribute: string;
  /** The model whose hidden states it reads. */
  readonly model: {
    /** Name for people. */
    readonly name: string;
    /** sha-256 (hex) of the weights as published. */
    readonly fingerprint: string;
    /** Width of a hidden state. */
    readonly width: number;
  };
  /** Layer read, 0 (embedding) to the number of blocks. */
  readonly layer: number;
  /** How the direction was solved for. */
  readonly estimator: Estimator;
  /** The positions of a response that it was fitted on; it is calibrated on the last or on every one. */
  readonly positions: Positions;
  /** How far the covariance was shrunk, 0 to 1; only with the estimator `shrinkage`. */
  readonly shrinkage?: number;
  /** Unit vector as base64 of little-endian float32. */
  readonly direction: string;
  /** direction · midpoint of the class means. */
  readonly offset: number;
  /** margin = slope · (direction · h − offset) + intercept, in log-odds. */
  readonly calibration: Calibration;
  /** What it was fitted and measured on. */
  readonly data: DataSummary;
  /** Held-out AUROC, never on rows that the direction was fitted on. */
  readonly figures: Figures;
  /** Present when it was not better than chance at its own positions and was kept all the same. */
  readonly forced?: true;
  /** Version of the package that made it. */
  readonly createdWith: string;
}

/** How many rows there are of each kind. */
export interface RowCounts {
  /** All rows. */
  readonly rows: number;
  /** Rows of label 1. */
  readonly positive: number;
  /** Rows of label 0. */
  readonly negative: number;
  /** Distinct groups. */
  readonly groups: number;
}

/** The data of a fit, the held-out part included. */
export interface DataSummary extends RowCounts {
  /** sha-256 (hex) of the rows as JSON lines, or the digest that the caller gave. */
  readonly digest: string;
  /** Tokens of all responses. */
  readonly tokens: number;
  /** The part that the calibration and the figures are from. */
  readonly heldOut: RowCounts & {
    /** Share of the groups asked for. */
    readonly share: number;
    /** Seed of the split and of the bootstrap. */
    readonly seed: number;
  };
}

/** How far from 1 the norm of a float32 direction may be, as in core. */
const NORM_TOLERANCE = 1e-4;
/** Widest model that is believed; bounds what a hostile file can ask for. */
const MOST_WIDTH = 2 ** 17;

const text = { type: 'string', minLength: 1 } as const;
const number = { type: 'number' } as const;
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;

function record<T extends object>(properties: T, optional: readonly (keyof T)[] = []) {
  const required = Object.keys(properties).filter((key) => !optional.includes(key as keyof T));
  return { type: 'object', additionalProperties: false, required, properties } as const;
}

const counts = { rows: count, positive: count, negative: count, groups: count };
const interval = record({ auroc: share, low: share, high: share });

const SCHEMA = record(
  {
    format: { const: 'halfspace-subspace' },
    version: { const: 1 },
    attribute: { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' },
    model: record({ name: text, fingerprint: text, width: { ...count, minimum: 1, maximum: MOST_WIDTH } }),
    layer: count,
    estimator: { enum: ['paper', 'shrinkage'] },
    positions: { enum: POSITIONS },
    shrinkage: share,
    direction: { type: 'string', maxLength: Math.ceil((MOST_WIDTH * 4) / 3) + 4 },
    offset: number,
    calibration: record({ slope: { type: 'number', exclusiveMinimum: 0 }, intercept: number }),
    data: record({
      digest: text,
      ...counts,
      tokens: count,
      heldOut: record({ ...counts, share, seed: { type: 'integer' } }),
    }),
    figures: record({ last: interval, mean: interval, min: interval, every: interval }),
    forced: { const: true },
    createdWith: text,
  },
  ['shrinkage', 'forced'],
);

const validate = new Ajv2020({ strict: true }).compile<SubspaceArtifact>(SCHEMA);

/**
 * Checks that a value is a subspace, in form and in itself.
 *
 * @param where - What to call it in a message, such as the path of its file.
 * @throws HalfspaceError `bad-subspace`, naming the field at fault
 */
export function parseSubspace(json: unknown, where: string): SubspaceArtifact {
  if (!validate(json)) throw bad(where, complaint(validate.errors?.[0]));
  const fault = inconsistency(json);
  if (fault !== undefined) throw bad(where, fault);
  return json;
}

/** What core needs to know of a subspace. */
export function subspaceOf(artifact: SubspaceArtifact): Subspace {
  return {
    model: artifact.model.fingerprint,
    layers: [artifact.layer],
    direction: decodeDirection(artifact.direction),
    offset: artifact.offset,
    calibration: artifact.calibration,
  };
}

/**
 * An attribute with one subspace. A forced one says so in its description.
 *
 * @param description - What the positive side means, in one line (default: names the attribute).
 */
export function attributeOf(
  artifact: SubspaceArtifact,
  description = `text with the value "${artifact.attribute}"`,
): LinearAttribute {
  const caveat = artifact.forced ? ' (forced: not better than chance when it was fitted)' : '';
  return defineAttribute({
    name: artifact.attribute,
    description: description + caveat,
    subspaces: [subspaceOf(artifact)],
  });
}

/** A direction as base64 of little-endian float32. */
export function encodeDirection(direction: Float32Array): string {
  const bytes = Buffer.alloc(direction.length * 4);
  direction.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}

function decodeDirection(direction: string): Float32Array {
  const bytes = Buffer.from(direction, 'base64');
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
}

function inconsistency(artifact: SubspaceArtifact): string | undefined {
  const { model, estimator, shrinkage, data, figures, positions, forced } = artifact;
  if ((estimator === 'shrinkage') !== (shrinkage !== undefined)) {
    return `shrinkage is ${shrinkage ?? 'missing'}, with the estimator "${estimator}".`;
  }
  const fault = directionFault(artifact.direction, model.width);
  if (fault !== undefined) return fault;
  for (const [name, part] of Object.entries({ data, 'data.heldOut': data.heldOut })) {
    if (part.positive + part.negative !== part.rows) return `${name}.rows is not positive + negative.`;
    if (part.groups > part.rows) return `${name}.groups is more than ${name}.rows.`;
  }
  for (const kind of ['rows', 'positive', 'negative', 'groups'] as const) {
    if (data.heldOut[kind] > data[kind]) return `data.heldOut.${kind} is more than data.${kind}.`;
  }
  for (const [name, { low, high }] of Object.entries(figures)) {
    if (low > high) return `figures.${name}.low is above figures.${name}.high.`;
  }
  if (!isAboveChance(figures, positions) && !forced) {
    return `forced is missing, and figures.${readPositions(positions)} is not above chance.`;
  }
  return undefined;
}

/** Whether the interval at the positions that a subspace was fitted on lies above 0.5. */
export function isAboveChance(figures: Figures, positions: Positions): boolean {
  return figures[readPositions(positions)].low > 0.5;
}

function directionFault(encoded: string, width: number): string | undefined {
  const direction = decodeDirection(encoded);
  if (encodeDirection(direction) !== encoded) return 'direction is not base64 of whole float32 numbers.';
  if (direction.length !== width) {
    return `direction has ${direction.length} numbers, and model.width is ${width}.`;
  }
  const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  if (!(Math.abs(norm - 1) < NORM_TOLERANCE)) return `direction has the norm ${norm} and not 1.`;
  return undefined;
}

function complaint(error: ErrorObject | undefined): string {
  const field = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const named = (key: unknown) => (field === '' ? String(key) : `${field}.${String(key)}`);
  switch (error?.keyword) {
    case 'required':
      return `${named(error.params['missingProperty'])} is missing.`;
    case 'additionalProperties':
      return `${named(error.params['additionalProperty'])} is not a field of a subspace.`;
    case 'const':
      return field === 'version'
        ? 'version is not 1: it was written by another release of Halfspace, which is needed to read it.'
        : `${field} must be ${JSON.stringify(error.params['allowedValue'])}.`;
    case 'enum':
      return `${field} must be one of ${(error.params['allowedValues'] as string[]).join(', ')}.`;
    default:
      return `${field || 'it'} ${error?.message ?? 'is wrong'}.`;
  }
}

function bad(where: string, fault: string): HalfspaceError {
  return new HalfspaceError('bad-subspace', `${where} is not a usable subspace: ${fault}`);
}
