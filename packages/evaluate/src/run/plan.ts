import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { didYouMean, HalfspaceError, type Halfspace, type Registry } from '@halfspace/core';
import type { Decoding, MethodSpec } from '../methods/method.js';
import { attributesOfMethod } from '../methods/method-spec.js';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import { VERSION } from '../version.js';
import { attributeDigest } from './attribute-digest.js';

/** Rules by which texts become tokens: another number when they change, so that no run is begun by some and gone on with by others. */
export const ENCODING = 2;

/** Everything that decides what the completions of a run are. It is JSON. */
export interface Plan {
  /** Version of this package. */
  readonly version: string;
  /** `ENCODING` that it was begun with; a run from before this was taken down has none. */
  readonly encoding?: number | undefined;
  /** What writes. */
  readonly model: {
    /** For people. */
    readonly name: string;
    /** sha-256 of its weights. */
    readonly fingerprint: string;
    /** Arithmetic. */
    readonly precision: string;
    /** What ran it; absent where it was the processor. */
    readonly device?: string | undefined;
  };
  /** sha-256 of each attribute that is measured or steers, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** How methods draw, unless they say otherwise. */
  readonly decoding: Decoding;
  /** Completions of each prompt. */
  readonly samples: number;
  /** The same seed gives the same completions. */
  readonly seed: number;
  /** Who writes, in this order. */
  readonly methods: readonly MethodSpec[];
  /** Prompts of each suite, by name. */
  readonly suites: Readonly<Record<string, number>>;
  /** sha-256 of all prompts. */
  readonly prompts: string;
}

/** What a {@link Plan} is made of. */
export interface PlanParts {
  /** The model, with every attribute that a method names. */
  readonly halfspace: Halfspace;
  /** Arithmetic that the model was loaded with. */
  readonly precision: string;
  /** What runs the model (default `cpu`). Arithmetic of other devices rounds in another way. */
  readonly device?: string;
  /** How methods draw. */
  readonly decoding: Decoding;
  /** Completions of each prompt, at least 1. */
  readonly samples: number;
  /** From 0. */
  readonly seed: number;
  /** At least one. */
  readonly methods: readonly MethodSpec[];
  /** At least one. */
  readonly prompts: readonly SuitePrompt[];
  /** Where kinds of method are looked up (default: those of this package alone). */
  readonly registry?: Registry;
}

/**
 * Puts a plan together.
 *
 * @throws HalfspaceError `bad-plan` where two methods have one name or two prompts of a suite one id, or there are none;
 * `unknown-attribute`
 */
export async function createPlan(parts: PlanParts): Promise<Plan> {
  const { halfspace, precision, device, decoding, samples, seed, methods, prompts } = parts;
  if (methods.length === 0 || prompts.length === 0) {
    throw new HalfspaceError('bad-plan', 'There must be at least one method and one prompt.');
  }
  assertDistinct(
    methods.map(({ name }) => name),
    (name) => `Two methods are named "${name}". Give one of them another "name".`,
  );
  assertDistinct(
    prompts.map(({ suite, id }) => `${suite} ${id}`),
    (id) => `Two prompts have the same id (${id}). Ids must be different within a suite.`,
  );
  await assertAttributes(parts);
  return {
    version: VERSION,
    encoding: ENCODING,
    ...modelParts(halfspace, precision, device),
    decoding,
    samples,
    seed,
    methods,
    suites: countsOf(prompts),
    prompts: digest(prompts),
  };
}

/** sha-256 (hex) of a value as JSON. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** How many prompts each suite has. */
export function countsOf(prompts: readonly SuitePrompt[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { suite } of prompts) counts.set(suite, (counts.get(suite) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/**
 * Refuses to go on with another plan than was begun with.
 *
 * @param begun - As it is stored.
 * @throws HalfspaceError `other-plan`, which says what differs
 */
export function assertSamePlan(begun: Plan, asked: Plan, place: string): void {
  const differences = planDifferences(begun, asked);
  if (differences.length === 0) return;
  throw new HalfspaceError(
    'other-plan',
    `${place} was begun with another plan. ${differences.join(' ')} Ask for the same, or name another directory.`,
  );
}

/**
 * Refuses a model, or attributes, that are not those of a plan.
 *
 * @param device - What runs the model (default `cpu`).
 * @throws HalfspaceError `other-plan`, which says what differs
 */
export function assertModelOfPlan(
  plan: Plan,
  halfspace: Halfspace,
  precision: string,
  device?: string,
): void {
  const here = { version: VERSION, encoding: ENCODING, ...modelParts(halfspace, precision, device) };
  const { version, encoding, model, attributes } = plan;
  const differences = planDifferences({ version, encoding, model, attributes }, here);
  if (differences.length === 0) return;
  throw new HalfspaceError(
    'other-plan',
    `The run wants something else than there is here. ${differences.join(' ')}`,
  );
}

function modelParts(
  { backend, attributes }: Halfspace,
  precision: string,
  device = 'cpu',
): Pick<Plan, 'model' | 'attributes'> {
  const { name, fingerprint } = backend.model;
  return {
    model: { name, fingerprint, precision, ...(device !== 'cpu' && { device }) },
    attributes: Object.fromEntries(
      attributes.map((each) => [each.name, attributeDigest(each, backend.model)]),
    ),
  };
}

/** What differs between two plans, as sentences. */
export function planDifferences(begun: Partial<Plan>, asked: Partial<Plan>): string[] {
  const plain = JSON.parse(JSON.stringify(asked)) as Partial<Plan>;
  const keys = new Set([...Object.keys(begun), ...Object.keys(plain)] as (keyof Plan)[]);
  return [...keys]
    .filter((key) => !isDeepStrictEqual(begun[key], plain[key]))
    .map((key) => {
      if (key === 'methods') return methodDifference(begun.methods ?? [], plain.methods ?? []);
      if (key === 'encoding') return 'Its texts became tokens by other rules than those of now.';
      if (key === 'prompts') return 'The prompts have other texts or another order.';
      return `Its ${key} was ${JSON.stringify(begun[key])}, and is now ${JSON.stringify(plain[key])}.`;
    });
}

function methodDifference(begun: readonly MethodSpec[], asked: readonly MethodSpec[]): string {
  const without = (some: readonly MethodSpec[], others: readonly MethodSpec[]) =>
    some.filter((each) => !others.some((other) => isDeepStrictEqual(each, other))).map(({ name }) => name);
  const gone = without(begun, asked);
  const added = without(asked, begun);
  if (gone.length + added.length === 0) return 'Its methods are in another order.';
  return [
    ...(gone.length > 0
      ? [`Its methods had ${gone.join(', ')}, which are not the same now or missing.`]
      : []),
    ...(added.length > 0 ? [`Not among its methods were ${added.join(', ')}.`] : []),
  ].join(' ');
}

function assertDistinct(names: readonly string[], complaint: (name: string) => string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new HalfspaceError('bad-plan', complaint(name));
    seen.add(name);
  }
}

async function assertAttributes({ halfspace: { attributes }, methods, registry }: PlanParts): Promise<void> {
  const known = attributes.map(({ name }) => name);
  for (const method of methods) {
    const named = await attributesOfMethod(method, { registry });
    const unknown = named.find((name) => !known.includes(name));
    if (unknown === undefined) continue;
    throw new HalfspaceError(
      'unknown-attribute',
      `The method "${method.name}" names the attribute "${unknown}".${didYouMean(unknown, known)} Known here: ${known.join(', ') || 'none'}.`,
    );
  }
}
