import {
  attributeNameFault,
  type Calibration,
  decodeSubspace,
  defineAttribute,
  fromBase64,
  HalfspaceError,
  type LinearAttribute,
  type Prediction,
  type Readings,
  schemaComplaint,
  type Subspace,
  toBase64,
} from '@halfspace/core';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { LayerScore } from './layer-score.js';
import type { Figures } from './figures.js';
import { type Estimator, ESTIMATORS } from './estimators.js';
import { type Centring, CENTRINGS, POSITIONS, type Positions, readPositions } from '../data/labelled-text.js';
import type { CrossValidation, RowCounts } from '../data/row-counts.js';

/**
 * A fitted subspace with everything that says where it came from and how good it is. Plain JSON; the
 * same data and model give the same bytes.
 */
export interface SubspaceArtifact {
  /** What the file is. */
  readonly format: 'halfspace-subspace';
  /** Of the format. */
  readonly version: 2;
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
  /** Layers read, 0 (embedding) to the number of blocks, ascending; the h below is their states end to end. */
  readonly layers: readonly number[];
  /**
   * Where the layer was chosen among several: how well each tells the sides apart, by cross-validation on the rows
   * fitted on. The figures are of other rows.
   */
  readonly layerScores?: readonly LayerScore[];
  /** How the direction was solved for; `imported` where it comes from elsewhere, such as a control vector. */
  readonly estimator: Estimator | 'imported';
  /** The positions of a response that it was fitted on; it is calibrated on the last or on every one. */
  readonly positions: Positions;
  /** What was taken off hidden states before the direction was fitted. Distances and margins are of states as they are. */
  readonly centring: Centring;
  /** Whether prompts were given to the model as a user's turn in its chat template. */
  readonly chat: boolean;
  /** How far the covariance was shrunk, 0 to 1; not with the estimator `paper`. */
  readonly shrinkage?: number;
  /** Unit vector, as wide as the model for each layer, as base64 of little-endian float32. */
  readonly direction: string;
  /** direction · midpoint of the class means, as they were fitted: near 0 where states were centred. */
  readonly offset: number;
  /**
   * margin = slope · (direction · h − offset) + intercept, in log-odds; where the data are pairs, the difference of two
   * margins is that of the first response being the better one.
   */
  readonly calibration: Calibration;
  /** What is expected of a distance before a token is run; see `fitTokenEffects`. */
  readonly prediction?: PredictionRecord;
  /** Which hidden states it was fitted on; files of before version 0.2 do not say. */
  readonly readings?: Readings;
  /** What it was fitted and measured on. */
  readonly data: DataSummary;
  /** Held-out AUROC, never on rows that the direction was fitted on. */
  readonly figures: Figures;
  /** Present when it was not better than chance at its own positions and was kept all the same. */
  readonly forced?: true;
  /** Names of the attributes that it was decorrelated from; its calibration and figures are of that data. */
  readonly decorrelatedFrom?: readonly string[];
  /** Version of the package that made it. */
  readonly createdWith: string;
}

/** A prediction as a file has it. */
export interface PredictionRecord {
  /** For each token of the vocabulary a signed byte, as base64; times `unit` it is the token's effect on a distance. */
  readonly tokenEffects: string;
  /** Distance that 1 stands for. */
  readonly unit: number;
  /** Share of the way back to its level that a distance goes with a token, 0 to 1. */
  readonly meanReversion: number;
  /** Candidates that it was fitted on. */
  readonly candidates: number;
  /** Share of the squared changes of a distance that it explains on prompts not fitted on. */
  readonly explained: number;
}

/** The data of a fit, the held-out split included. */
export interface DataSummary extends RowCounts {
  /** sha-256 (hex) of the rows as JSON lines with their keys in alphabetical order. */
  readonly digest: string;
  /** Tokens of all responses. */
  readonly tokens: number;
  /**
   * The split that the calibration and the figures are from; where they were cross-validated all rows, each measured by
   * directions that were fitted without its group.
   */
  readonly heldOut: RowCounts & {
    /** Share of the groups asked for, or that a fold is of all. */
    readonly share: number;
    /** Present where figures are out of fold: those of a fit on all but a fold, of every fold of several divisions. */
    readonly crossValidation?: CrossValidation;
    /** Seed of the split and of the bootstrap. */
    readonly seed: number;
  };
}

/** How far from 1 the norm of a float32 direction may be, as in core. */
const NORM_TOLERANCE = 1e-4;
/** Most layers that are believed. */
const MOST_LAYERS = 2 ** 10;
/** What sums of labels may differ by from whole numbers, of their size. */
const ROUNDING = 1e-9;
/** Largest vocabulary that is believed. */
const MOST_TOKENS = 2 ** 19;
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

const amount = { type: 'number', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const counts = { rows: count, positive: amount, negative: amount, groups: count };
const interval = record({ auroc: share, low: share, high: share });
const shareInterval = record({ share, low: share, high: share });
const pairShares = { count, last: shareInterval, mean: shareInterval, min: shareInterval };

const SCHEMA = record(
  {
    format: { const: 'halfspace-subspace' },
    version: { const: 2 },
    attribute: { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' },
    model: record({ name: text, fingerprint: text, width: { ...count, minimum: 1, maximum: MOST_WIDTH } }),
    layers: { type: 'array', items: count, minItems: 1, maxItems: MOST_LAYERS, uniqueItems: true },
    layerScores: {
      type: 'array',
      minItems: 2,
      maxItems: MOST_LAYERS,
      items: record({ layer: count, auroc: share, error: share }, ['error']),
    },
    estimator: { enum: [...ESTIMATORS, 'imported'] },
    positions: { enum: POSITIONS },
    centring: { enum: CENTRINGS },
    chat: { type: 'boolean' },
    shrinkage: share,
    direction: { type: 'string', maxLength: Math.ceil((MOST_WIDTH * 4) / 3) + 4 },
    offset: number,
    calibration: record({ slope: { type: 'number', exclusiveMinimum: 0 }, intercept: number }),
    prediction: record({
      tokenEffects: { type: 'string', minLength: 1, maxLength: Math.ceil((MOST_TOKENS * 4) / 3) + 4 },
      unit: { type: 'number', exclusiveMinimum: 0, maximum: 1e30 },
      meanReversion: share,
      candidates: count,
      explained: { type: 'number', maximum: 1 },
    }),
    readings: record(
      {
        arithmetic: text,
        layers: { const: 'transformers' },
        others: {
          type: 'object',
          maxProperties: 64,
          additionalProperties: record({
            rows: { ...count, minimum: 1 },
            margin: { type: 'number', minimum: 0 },
            shift: number,
            auroc: { type: 'array', items: share, minItems: 2, maxItems: 2 },
          }),
        },
      },
      ['others'],
    ),
    data: record({
      digest: text,
      ...counts,
      tokens: count,
      heldOut: record(
        {
          ...counts,
          share,
          seed: { type: 'integer' },
          crossValidation: record({ folds: { ...count, minimum: 2 }, divisions: { ...count, minimum: 1 } }),
        },
        ['crossValidation'],
      ),
    }),
    figures: record(
      {
        last: interval,
        mean: interval,
        min: interval,
        every: interval,
        pairs: record({ ...pairShares, similarLength: record(pairShares) }, ['similarLength']),
      },
      ['pairs'],
    ),
    forced: { const: true },
    decorrelatedFrom: { type: 'array', items: text, minItems: 1, maxItems: 1024 },
    createdWith: text,
  },
  ['layerScores', 'shrinkage', 'prediction', 'readings', 'forced', 'decorrelatedFrom'],
);

const validate = new Ajv2020({ strict: true, verbose: true }).compile<SubspaceArtifact>(SCHEMA);

/**
 * Checks that a value is a subspace, in form and in itself.
 *
 * @param where - What to call it in a message, such as the path of its file.
 * @throws HalfspaceError `bad-subspace`, naming the field at fault
 */
export function parseSubspace(json: unknown, where: string): SubspaceArtifact {
  if (!validate(json)) throw bad(where, complaint(validate.errors));
  const fault = nameFault(json) ?? inconsistency(json);
  if (fault !== undefined) throw bad(where, fault);
  return json;
}

function nameFault({ attribute }: SubspaceArtifact): string | undefined {
  const fault = attributeNameFault(attribute);
  return fault && `its attribute ${fault}. Write that name into the file, where it has the field "attribute"`;
}

/** What core needs to know of a subspace. */
export function subspaceOf(artifact: SubspaceArtifact): Subspace {
  return decodeSubspace(artifact);
}

/** A prediction in a byte a token: an effect is off by at most half a 127th of the largest. */
export function encodePrediction({
  tokenEffects,
  meanReversion,
}: Prediction): Pick<PredictionRecord, 'tokenEffects' | 'unit' | 'meanReversion'> {
  const largest = tokenEffects.reduce((most, effect) => Math.max(most, Math.abs(effect)), 0);
  const unit = (largest || 1) / 127;
  const bytes = Int8Array.from(tokenEffects, (effect) => Math.round(effect / unit));
  return { tokenEffects: toBase64(new Uint8Array(bytes.buffer)), unit, meanReversion };
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
  const bytes = new DataView(new ArrayBuffer(direction.length * 4));
  direction.forEach((value, i) => bytes.setFloat32(i * 4, value, true));
  return toBase64(new Uint8Array(bytes.buffer));
}

function decodeDirection(direction: string): Float32Array {
  const bytes = new DataView(bytesOf(direction).buffer);
  const length = Math.floor(bytes.byteLength / 4);
  return Float32Array.from({ length }, (_, i) => bytes.getFloat32(i * 4, true));
}

/** The bytes of a text in base64; of what is none there are none. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromBase64(text) ?? []);
}

function inconsistency(artifact: SubspaceArtifact): string | undefined {
  const { model, layers, estimator, shrinkage, layerScores, data, figures, positions, forced } = artifact;
  if ((estimator === 'paper' || estimator === 'imported') !== (shrinkage === undefined)) {
    return `shrinkage is ${shrinkage ?? 'missing'}, with the estimator "${estimator}".`;
  }
  const fault = directionFault(artifact.direction, layers.length, model.width);
  if (fault !== undefined) return fault;
  const { tokenEffects = '' } = artifact.prediction ?? {};
  if (toBase64(bytesOf(tokenEffects)) !== tokenEffects) return 'prediction.tokenEffects is not base64.';
  for (const [name, split] of Object.entries({ data, 'data.heldOut': data.heldOut })) {
    if (Math.abs(split.positive + split.negative - split.rows) > ROUNDING * split.rows)
      return `${name}.rows is not positive + negative.`;
    if (split.groups > split.rows) return `${name}.groups is more than ${name}.rows.`;
  }
  for (const kind of ['rows', 'positive', 'negative', 'groups'] as const) {
    if (data.heldOut[kind] > data[kind]) return `data.heldOut.${kind} is more than data.${kind}.`;
  }
  for (const [name, { low, high }] of intervalsOf(figures)) {
    if (low > high) return `${name}.low is above ${name}.high.`;
  }
  if (layers.some((layer, i) => i > 0 && layer <= layers[i - 1])) return 'layers are not in ascending order.';
  const stray = layers.find((layer) => layerScores?.every((score) => score.layer !== layer));
  if (stray !== undefined) return `layers has ${stray}, which is not among layerScores.`;
  if (!isAboveChance(figures, positions) && !forced) {
    return `forced is missing, and ${judgedBy(figures, positions).field} is not above chance.`;
  }
  return undefined;
}

function intervalsOf({ pairs, ...rest }: Figures): (readonly [string, { low: number; high: number }])[] {
  const { similarLength, count: _, ...all } = pairs ?? {};
  const { count: __, ...similar } = similarLength ?? {};
  const named = Object.entries({
    figures: rest,
    'figures.pairs': all,
    'figures.pairs.similarLength': similar,
  });
  return named.flatMap(([path, intervals]) =>
    Object.entries(intervals).map(([name, interval]) => [`${path}.${name}`, interval] as const),
  );
}

/** The held-out figure that decides whether a subspace is worth keeping. */
export function judgedBy({ pairs, ...figures }: Figures, positions: Positions) {
  const read = readPositions(positions);
  if (pairs === undefined) {
    return { what: 'AUROC', field: `figures.${read}`, value: figures[read].auroc, ...figures[read] };
  }
  const name = read === 'last' ? 'last' : 'mean';
  const what = 'share of pairs in which the better response is found';
  return { what, field: `figures.pairs.${name}`, value: pairs[name].share, ...pairs[name] };
}

/** Whether the interval of the figure that a subspace is judged by lies above 0.5. */
export function isAboveChance(figures: Figures, positions: Positions): boolean {
  return judgedBy(figures, positions).low > 0.5;
}

function directionFault(encoded: string, layers: number, width: number): string | undefined {
  const direction = decodeDirection(encoded);
  if (encodeDirection(direction) !== encoded) return 'direction is not base64 of whole float32 numbers.';
  if (direction.length !== layers * width) {
    return `direction has ${direction.length} numbers for ${layers} layers, and model.width is ${width}.`;
  }
  const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  if (!(Math.abs(norm - 1) < NORM_TOLERANCE)) return `direction has the norm ${norm} and not 1.`;
  return undefined;
}

function complaint(faults: readonly ErrorObject[] | null | undefined): string {
  const [error] = faults ?? [];
  const field = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const named = (key: unknown) => (field === '' ? String(key) : `${field}.${String(key)}`);
  switch (error?.keyword) {
    case 'required':
      return `${named(error.params['missingProperty'])} is missing.`;
    case 'additionalProperties':
      return `${named(error.params['additionalProperty'])} is not a field of a subspace.`;
    case 'const':
      if (field !== 'version') break;
      return 'version is not 2: it was written by another release of Halfspace. Read it with that one, or fit again.';
  }
  return schemaComplaint(faults).replace(/[^?.]$/, '$&.');
}

function bad(where: string, fault: string): HalfspaceError {
  return new HalfspaceError('bad-subspace', `${where} is not a usable subspace: ${fault}`);
}
