import {
  complaintOf,
  didYouMean,
  guardPlugin,
  HalfspaceError,
  isHalfspaceError,
  pluginFailed,
  schemaComplaint,
  type Registry,
} from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { evaluateRegistry } from '../evaluate-module.js';
import { METHOD } from '../extension-points.js';
import type { AnyMethodKind } from './define-method.js';
import type { MethodModel, MethodSpec, OpenMethod } from './method.js';

const ajv = new Ajv2020({ strict: true, verbose: true });

/** Where kinds of method are looked up. */
export interface MethodLookup {
  /** What modules have bound (default: what comes with this package alone). */
  readonly registry?: Registry | undefined;
}

/**
 * Reads a method as users write it: `{"method": "sasa", "attribute": "nontoxic", "beta": 500}`, with a `name` and a
 * `series` of its own if they like.
 *
 * @throws HalfspaceError `bad-method`; `plugin-failed` where a kind of a module throws something of its own
 */
export async function parseMethodSpec(value: unknown, lookup: MethodLookup = {}): Promise<MethodSpec> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('A method is an object such as {"method": "plain"}.');
  }
  const { method, name, series, ...parameters } = value as Record<string, unknown>;
  const kind = await kindNamed(method as string, lookup);
  check(kind, parameters);
  const spec = asking(kind, () => ({
    name: name ?? kind.nameOf(parameters),
    kind: kind.kind,
    series: series ?? kind.seriesOf(parameters),
  }));
  if (!isFilled(spec.name) || !isFilled(spec.series)) {
    throw bad(`The name and the series of a method must be texts; see ${JSON.stringify(value)}.`);
  }
  return { name: spec.name, kind: spec.kind, series: spec.series, parameters };
}

/**
 * Names of the attributes that a method speaks of.
 *
 * @throws HalfspaceError `bad-method`; `plugin-failed` where a kind of a module throws something of its own
 */
export async function attributesOfMethod(
  { kind, parameters }: MethodSpec,
  lookup: MethodLookup = {},
): Promise<readonly string[]> {
  const found = await kindNamed(kind, lookup);
  return asking(found, () => found.attributesOf(parameters));
}

/**
 * Makes a method ready.
 *
 * @throws HalfspaceError `bad-method`, `plugin-failed`, and what the method refuses
 */
export async function openMethod(
  { name, kind, parameters }: MethodSpec,
  model: MethodModel,
  lookup: MethodLookup = {},
): Promise<OpenMethod> {
  try {
    const found = await kindNamed(kind, lookup);
    // A plan may come from anywhere.
    check(found, parameters);
    return await guardPlugin(`method ${kind}`, async () => found.open(parameters, model));
  } catch (error) {
    if (!isHalfspaceError(error)) throw error;
    throw new HalfspaceError(error.code, `The method "${name}" cannot be used. ${error.message}`, {
      cause: error,
    });
  }
}

async function kindNamed(name: string, { registry }: MethodLookup): Promise<AnyMethodKind> {
  return (registry ?? (await evaluateRegistry())).get(METHOD, name);
}

/** Asks a kind for something: what it throws of its own becomes an error that names it. */
function asking<T>({ kind }: AnyMethodKind, ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    throw pluginFailed(`method ${kind}`, cause);
  }
}

/** Whether parameters are as a kind's schema says. */
function isValid({ kind, schema }: AnyMethodKind, parameters: object): boolean {
  try {
    return ajv.validate(schema, parameters);
  } catch (cause) {
    throw new HalfspaceError(
      'bad-method',
      `The schema of the method ${kind} is none: ${complaintOf(cause)}.`,
      {
        cause,
      },
    );
  }
}

function check(method: AnyMethodKind, parameters: object): void {
  if (isValid(method, parameters)) return;
  const { kind } = method;
  const [error] = ajv.errors ?? [];
  const which = error?.params['additionalProperty'] ?? error?.propertyName;
  if (which === undefined) throw bad(`The method ${kind}: ${ended(schemaComplaint(ajv.errors))}`);
  const place = error?.instancePath.slice(1).replaceAll('/', '.');
  const known = Object.keys((error?.parentSchema as { properties?: object } | undefined)?.properties ?? {});
  const list = known.length === 0 ? '' : ` There are ${known.join(', ')}.`;
  throw bad(
    `The method ${kind}: ${place ? `${place} ` : ''}"${String(which)}" is none of its parameters.${didYouMean(String(which), known)}${list}`,
  );
}

function ended(sentence: string): string {
  return /[?.]$/.test(sentence) ? sentence : `${sentence}.`;
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function bad(message: string): HalfspaceError {
  return new HalfspaceError('bad-method', message);
}
