import { randomInt } from 'node:crypto';
import type { AnyDecodeOptions, AnyGenerateOptions } from '@halfspace/core';
import { badRequest } from '../http/api-error.js';
import type { ServerLimits } from '../limits.js';
import type { ServedModel } from '../models.js';
import { structureFilters } from './response-format.js';
import { checkNames, type Names, over, type Steering, steeringOptions } from './steering.js';
import type { Body } from './validator.js';

/** Bodies of completions, as far as both kinds have the same fields. */
interface DecodingFields {
  readonly n?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly repetition_penalty?: number;
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly halfspace?: Steering;
}

/** What requests are read with. */
export interface DecodingParts {
  readonly names: Names;
  readonly defaults: Steering;
  readonly limits: ServerLimits;
  /** Where the request says no number of tokens. */
  readonly maxTokens: number;
  /** How many of the most probable tokens are wanted. */
  readonly topLogprobs: number;
}

/**
 * How a request has its completions decoded: what the server does by default, the preset of its model, and what it says itself, each
 * over the one before.
 *
 * @throws ApiError 400
 */
export function decodingOptions(body: Body, model: ServedModel, parts: DecodingParts): AnyDecodeOptions {
  const { defaults, limits, names } = parts;
  const fields = body as DecodingFields;
  const own = fields.halfspace ?? {};
  checkNames(own, names, 'halfspace');
  const preset: Steering = model.preset === undefined ? {} : { preset: model.preset };
  const samples = fields.n ?? 1;
  const maxTokens =
    fields.max_completion_tokens ??
    fields.max_tokens ??
    Math.min(defaults.maxTokens ?? parts.maxTokens, limits.maxTokens);
  const { stop = [] } = fields;
  const steering = steeringOptions(over(over(defaults, preset), own), names, maxTokens, 'halfspace');
  const structure = structureFilters(body);
  return {
    ...steering,
    ...(structure.length > 0 && { filters: [...structure, ...(steering.filters ?? [])] }),
    samples,
    seed: seedOf(fields.seed),
    stop: typeof stop === 'string' ? [stop] : stop,
    ...(fields.temperature !== undefined && { temperature: fields.temperature }),
    ...(fields.top_p !== undefined && { topP: topPOf(fields.top_p) }),
    ...(fields.top_k !== undefined && { topK: fields.top_k }),
    ...(fields.repetition_penalty !== undefined && { repetitionPenalty: fields.repetition_penalty }),
    ...(fields.logit_bias !== undefined && { logitBias: fields.logit_bias as Record<number, number> }),
    topLogprobs: parts.topLogprobs,
  };
}

/** The most probable token alone is what a mass of 0 leaves. */
function topPOf(topP: number): number {
  return topP === 0 ? Number.MIN_VALUE : topP;
}

const SEEDS = 2 ** 53;

/** Any whole number is a seed, those below 0 by their remainder; without one there is a new one each time. */
function seedOf(seed: number | undefined): number {
  if (seed === undefined) return randomInt(2 ** 32);
  return seed < 0 ? seed + SEEDS : seed;
}

/**
 * Refuses more completions than a request may have.
 *
 * @throws ApiError 400
 */
export function checkCount(
  { prompts, samples = 1 }: AnyGenerateOptions,
  { maxCompletions }: ServerLimits,
): void {
  const count = (prompts?.length ?? 1) * samples;
  if (count <= maxCompletions) return;
  throw badRequest('n', `The request asks for ${count} completions, and may ask for ${maxCompletions}.`);
}
