import { dirname, relative, resolve } from 'node:path';
import {
  HalfspaceError,
  nowCalled,
  renamed,
  schemaComplaint,
  type AnyDecodeOptions,
  type ModelInfo,
  type TunedWeight,
} from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isAttributePath, isModulePath, type AttributeChoice } from '../options/attribute.js';
import { readJson } from '../data/read-json.js';
import { readText } from '../data/read-text.js';

/** A value of a setting; earlier files have all of them as texts. */
type Setting = number | boolean | string;

/** A weight as a file has it; earlier files have the cap of all weights among {@link WeightsFile.decoding}. */
type WeightInFile = number | { readonly weight: number; readonly cap?: number | 'none' };

/** What `halfspace tune` found, for `halfspace generate`. */
export interface WeightsFile {
  /** Nats per unit of margin and its cap, by the name of an attribute or its path as seen from the file. */
  readonly weights: Readonly<Record<string, WeightInFile>>;
  /** Fingerprint of the model that they are for: other models have other margins. */
  readonly model: string;
  /** What they were tuned with: with other settings they come to something else. `none` stands for no limit. */
  readonly decoding: Readonly<Record<string, Setting>>;
}

/** Settings that weights depend on. */
const SETTINGS = ['earlyExit', 'temperature', 'topP', 'topK'] as const;

/** The settings that weights depend on, besides their caps. */
export function tunedWith(options: AnyDecodeOptions): Record<string, Setting> {
  return Object.fromEntries(SETTINGS.map((name) => [name, options[name] ?? 'none']));
}

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, verbose: true }).compile<WeightsFile>({
  type: 'object',
  required: ['weights', 'model', 'decoding'],
  properties: {
    weights: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: ['number', 'object'],
        additionalProperties: false,
        required: ['weight'],
        properties: {
          weight: { type: 'number' },
          cap: { anyOf: [{ type: 'number', minimum: 0 }, { const: 'none' }] },
        },
      },
    },
    model: { type: 'string' },
    decoding: { type: 'object', additionalProperties: { type: ['number', 'boolean', 'string'] } },
  },
});

/** Weights that a file names, with paths that hold from here. */
export interface FoundWeights extends Omit<WeightsFile, 'weights'> {
  readonly choices: readonly AttributeChoice<TunedWeight>[];
}

/**
 * Reads weights. What they name is not loaded: see {@link assertNoModules}.
 *
 * @throws HalfspaceError `bad-weights`, and what `readText` throws
 */
export async function readWeights(path: string, signal: AbortSignal): Promise<FoundWeights> {
  const text = await readText(path, signal);
  const found = parse(text, path);
  if (!validate(found)) throw bad(path, schemaComplaint(validate.errors, 'the file'));
  for (const name of Object.keys(found.decoding)) {
    const now = renamed(name, SETTINGS);
    if (now !== undefined)
      throw bad(path, `there is no decoding.${name}.${nowCalled(name, now).replace(/\.$/, '')}`);
  }
  const choices = Object.entries(found.weights).map(([source, weight]) => ({
    source: isAttributePath(source) ? resolve(dirname(path), source) : source,
    weight: weightIn(weight, found.decoding['cap']),
  }));
  return { choices, model: found.model, decoding: found.decoding };
}

/**
 * A weight as decoding takes it.
 *
 * @param shared - The cap that an earlier file has for all weights.
 */
function weightIn(weight: WeightInFile, shared: Setting | undefined): TunedWeight {
  const { weight: value, cap = shared } = typeof weight === 'object' ? weight : { weight };
  if (cap === undefined) return value;
  return { weight: value, cap: cap === 'none' ? Infinity : Number(cap) };
}

/**
 * Refuses weights that name modules or packages by their paths: a file may come from anywhere, and these are code.
 *
 * @param path - Of the file, for the message.
 * @throws HalfspaceError `module-not-allowed`
 */
export function assertNoModules({ choices }: FoundWeights, path: string): void {
  const module = choices.map(({ source }) => source).find(isModulePath);
  if (module === undefined) return;
  throw new HalfspaceError(
    'module-not-allowed',
    `${path} names the module ${module}, whose code would run. If you trust both, add --allow-modules.`,
  );
}

function parse(text: string, path: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    throw bad(path, `this is no JSON (${(error as Error).message})`, error);
  }
}

function bad(path: string, fault: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError(
    'bad-weights',
    `${path} holds no weights: ${fault}. They are what "halfspace tune --out FILE" writes, numbers without quotes.`,
    { cause },
  );
}

/**
 * The weights as a file at a path has them.
 *
 * @param choices - Named as from here.
 */
export function weightsAt(
  path: string,
  choices: readonly { readonly source: string; readonly weight: number; readonly cap: number }[],
): Record<string, WeightInFile> {
  const named = (source: string) => {
    if (!isAttributePath(source)) return source;
    const place = relative(dirname(resolve(path)), resolve(source));
    return place.startsWith('.') ? place : `./${place}`;
  };
  return Object.fromEntries(
    // JSON has no infinite numbers.
    choices.map(({ source, weight, cap }) => [
      named(source),
      { weight, cap: cap === Infinity ? 'none' : cap },
    ]),
  );
}

/**
 * Makes sure that weights are for a model.
 *
 * @throws HalfspaceError `weights-of-another-model`
 */
export function assertTunedFor(
  { model }: FoundWeights,
  { name, fingerprint }: Pick<ModelInfo, 'name' | 'fingerprint'>,
): void {
  if (model === fingerprint) return;
  throw new HalfspaceError(
    'weights-of-another-model',
    `The weights were tuned on another model than ${name} (${model.slice(0, 12)}… and not ${fingerprint.slice(0, 12)}…), whose margins are others. Tune on this one.`,
  );
}

/**
 * What the weights were tuned with that is not as it is now, in words; nothing if all is the same.
 *
 * @param cap - Of all weights, where it is not theirs that counts.
 */
export function differencesFrom(
  { choices, decoding }: FoundWeights,
  options: AnyDecodeOptions,
  cap?: number,
): string | undefined {
  const now = tunedWith(options);
  const different = SETTINGS.filter((name) => String(decoding[name]) !== String(now[name]));
  const caps = choices.flatMap(({ weight }) => (typeof weight === 'object' ? (weight.cap ?? []) : []));
  const others = [...new Set(caps)].filter((each) => cap !== undefined && each !== cap).map(capWords);
  const list = [
    ...(others.length === 0 ? [] : [`cap ${others.join(' or ')} and not ${capWords(cap ?? Infinity)}`]),
    ...different.map((name) => `${name} ${decoding[name]} and not ${now[name]}`),
  ];
  if (list.length === 0) return undefined;
  return `The weights were tuned with ${list.join(', ')}: they go less far now, or further.`;
}

function capWords(cap: number): string {
  return cap === Infinity ? 'none' : String(cap);
}
