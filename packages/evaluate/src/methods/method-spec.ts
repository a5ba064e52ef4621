import { didYouMean, HalfspaceError, isHalfspaceError, schemaComplaint } from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AnyMethodKind } from './define-method.js';
import { METHODS } from './known-methods.js';
import type { MethodModel, MethodSpec, OpenMethod } from './method.js';

const ajv = new Ajv2020({ strict: true, verbose: true });

/**
 * Reads a method as users write it: `{"method": "sasa", "attribute": "toxicity", "beta": 500}`, with a `name` and a
 * `series` of its own if they like.
 *
 * @throws HalfspaceError `bad-method`
 */
export function parseMethodSpec(value: unknown): MethodSpec {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('A method is an object such as {"method": "plain"}.');
  }
  const { method, name, series, ...parameters } = value as Record<string, unknown>;
  const kind = kindOf(method);
  check(kind, parameters);
  const { nameOf, seriesOf } = kind;
  const spec = { name: name ?? nameOf(parameters), kind: kind.kind, series: series ?? seriesOf(parameters) };
  if (!isFilled(spec.name) || !isFilled(spec.series)) {
    throw bad(`The name and the series of a method must be texts; see ${JSON.stringify(value)}.`);
  }
  return { name: spec.name, kind: spec.kind, series: spec.series, parameters };
}

/** Names of the attributes that a method speaks of. */
export function attributesOfMethod({ kind, parameters }: MethodSpec): readonly string[] {
  return kindOf(kind).attributesOf(parameters);
}

/**
 * Makes a method ready.
 *
 * @throws HalfspaceError `bad-method`, and what the method refuses
 */
export async function openMethod(
  { name, kind, parameters }: MethodSpec,
  model: MethodModel,
): Promise<OpenMethod> {
  try {
    const found = kindOf(kind);
    // A plan may come from anywhere.
    check(found, parameters);
    return await found.open(parameters, model);
  } catch (error) {
    if (!isHalfspaceError(error)) throw error;
    throw new HalfspaceError(error.code, `The method "${name}" cannot be used. ${error.message}`, {
      cause: error,
    });
  }
}

function kindOf(name: unknown): AnyMethodKind {
  const found = METHODS.find(({ kind }) => kind === name);
  if (found !== undefined) return found;
  const known = METHODS.map(({ kind }) => kind);
  const meant = typeof name === 'string' ? didYouMean(name, known) : '';
  throw bad(`There is no method ${JSON.stringify(name)}.${meant} There are ${known.join(', ')}.`);
}

function check({ kind, schema }: AnyMethodKind, parameters: object): void {
  if (ajv.validate(schema, parameters)) return;
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
