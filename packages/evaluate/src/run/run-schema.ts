import { schemaComplaint } from '@halfspace/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import type { JudgeInfo, ReferenceModelInfo, UnitLikelihoods, UnitScores, UnitTrace } from './records.js';
import type { Plan } from './plan.js';
import type { Unit, UnitResult } from './unit.js';

const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };
/** JSON has no number for what is not finite. */
const NUMBER_OR_NULL = { type: ['number', 'null'] };
const COUNT = { type: 'integer', minimum: 0 };
/** Of attributes and judges: what may be part of the name of a file, and is no path. */
const NAME = { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$', maxLength: 200 };

const list = (items: object) => ({ type: 'array', items });
const byName = (value: object, names: object = {}) => ({
  type: 'object',
  propertyNames: names,
  additionalProperties: value,
});

/** What must be there, and some that may. More may be: what a later version has added is left alone. */
function object(
  properties: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object {
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  };
}

const UNIT = { method: TEXT, suite: TEXT, prompt: TEXT };

const COMPLETION = object(
  {
    text: TEXT,
    tokens: list(COUNT),
    logprob: NUMBER_OR_NULL,
    kl: NUMBER_OR_NULL,
    evaluations: { type: 'number', minimum: 0 },
    margins: byName(NUMBER_OR_NULL),
  },
  { error: TEXT, warnings: list(TEXT) },
);

const PROMPT = object(
  { suite: TEXT, id: TEXT, text: TEXT },
  {
    messages: list(object({ role: { enum: ['system', 'user', 'assistant'] }, content: TEXT })),
    group: TEXT,
    correct: list(TEXT),
    incorrect: list(TEXT),
  },
);

const PLAN_PARTS = {
  version: TEXT,
  model: object({ name: TEXT, fingerprint: TEXT, precision: TEXT }, { device: TEXT }),
  attributes: byName(TEXT, NAME),
  decoding: object({ maxTokens: COUNT, temperature: NUMBER, topP: NUMBER, topK: COUNT }),
  samples: { type: 'integer', minimum: 1 },
  seed: { type: 'integer' },
  methods: {
    type: 'array',
    minItems: 1,
    items: object({ name: TEXT, kind: TEXT, series: TEXT, parameters: { type: 'object' } }),
  },
  suites: byName({ type: 'integer', minimum: 1 }),
  prompts: TEXT,
};
const PLAN = object(PLAN_PARTS, { encoding: COUNT });

const JUDGE = object(
  { name: NAME, description: TEXT, revision: TEXT, desired: { enum: ['low', 'high'] } },
  { threshold: NUMBER },
);

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, verbose: true });

/** Checks a value that was read; its complaint is of the last call that was false. */
export type Check<T> = ValidateFunction<T>;

/** A plan, as a run or a queue has it. */
export const isPlan = ajv.compile<Plan>(PLAN);
/** A line of a run's prompts. */
export const isPrompt = ajv.compile<SuitePrompt>(PROMPT);
/** A line of any log. */
export const isUnit = ajv.compile<Unit>(object(UNIT));
/** A line of completions. */
export const isUnitResult = ajv.compile<UnitResult>(
  object({
    ...UNIT,
    ms: { type: 'number', minimum: 0 },
    peakMemory: { type: 'number', minimum: 0 },
    extraParameters: { type: 'number', minimum: 0 },
    completions: list(COMPLETION),
  }),
);
/** A line of what a judge said. */
export const isUnitScores = ajv.compile<UnitScores>(
  object({ ...UNIT, scores: list({ type: 'number', minimum: 0, maximum: 1 }) }),
);
/** A line of what a reference model finds. */
export const isUnitLikelihoods = ajv.compile<UnitLikelihoods>(
  object({ ...UNIT, logprobs: list(NUMBER_OR_NULL), tokens: list(COUNT) }),
);
/** A line of how completions came about, as far as it says which. */
export const isUnitTrace = ajv.compile<UnitTrace>(
  object({ ...UNIT, sample: COUNT, completion: object({ text: TEXT, trace: list({ type: 'object' }) }) }),
);
/** A judge, as the first line of its log has it. */
export const isJudgeInfo = ajv.compile<JudgeInfo>(JUDGE);
/** A reference model, as the first line of its log has it. */
export const isReferenceModelInfo = ajv.compile<ReferenceModelInfo>(
  object({ name: TEXT, fingerprint: TEXT }),
);
/** What a worker is asked to do. */
export const isQueuedUnit = ajv.compile<{ readonly method: string; readonly prompt: SuitePrompt }>(
  object({ method: TEXT, prompt: PROMPT }),
);

/** What a check found, in words, such as `samples must be >= 1; got 0`. */
export function complaintOf({ errors }: Pick<ValidateFunction, 'errors'>): string {
  return schemaComplaint(errors);
}
