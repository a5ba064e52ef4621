import { HalfspaceError, schemaComplaint } from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readLines, type Line } from '../../data/rows.js';
import type { TracedCompletion } from './trace-line.js';

const COUNT = { type: 'integer', minimum: 0 };
/** A little above 1, too: they are exponentials, which round. */
const PROBABILITY = { type: 'number', minimum: 0, maximum: 1 + 1e-9 };
const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };

/** What must be there, and some that may. More may be: a trace of a later version can still be drawn. */
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

function byAttribute(value: object): object {
  return {
    type: 'object',
    propertyNames: { pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' },
    additionalProperties: value,
  };
}

const STEP = object(
  {
    step: COUNT,
    candidates: {
      type: 'array',
      minItems: 1,
      items: object({
        token: COUNT,
        text: TEXT,
        reference: PROBABILITY,
        margins: byAttribute(NUMBER),
        probability: PROBABILITY,
      }),
    },
    chosen: COUNT,
    kl: NUMBER,
  },
  {
    control: object({
      status: { enum: ['optimal', 'inactive', 'infeasible'] },
      weights: byAttribute({ type: ['number', 'null'] }),
      share: PROBABILITY,
      expected: byAttribute(object({ before: NUMBER, after: NUMBER })),
    }),
  },
);

const validate = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  verbose: true,
}).compile<TracedCompletion>(
  object(
    {
      prompt: TEXT,
      promptIndex: COUNT,
      sample: COUNT,
      text: TEXT,
      model: TEXT,
      seed: COUNT,
      weights: byAttribute({ type: ['number', 'string'] }),
      bonus: { enum: ['margin', 'softmax'] },
      finishReason: { enum: ['end', 'stop', 'length', 'error'] },
      steps: {
        type: 'array',
        items: STEP,
      },
    },
    {
      temperature: { type: 'number', minimum: 0 },
      formula: TEXT,
      caps: byAttribute({ type: ['number', 'null'] }),
      cap: { type: ['number', 'null'] },
    },
  ),
);

/**
 * Reads what `halfspace generate --trace` wrote; `-` is stdin.
 *
 * @returns At least one completion, in the order of the file.
 * @throws HalfspaceError `bad-trace` naming the line, `file-not-found`, `not-readable`, `empty-file`
 */
export async function readTrace(path: string, signal?: AbortSignal): Promise<TracedCompletion[]> {
  return (await readLines(path, signal)).map(parseTraceLine);
}

/**
 * Reads a line of a trace.
 *
 * @throws HalfspaceError `bad-trace`
 */
export function parseTraceLine({ text, place }: Line): TracedCompletion {
  const line = parse(text, place);
  if (!validate(line)) throw bad(place, schemaComplaint(validate.errors, 'the line'));
  line.steps.forEach(({ step, chosen, candidates }, index) => {
    if (step !== index) throw bad(place, `step ${index} says that it is step ${step}`);
    if (chosen >= candidates.length) {
      throw bad(place, `step ${index} chose candidate ${chosen}, and has ${candidates.length} of them`);
    }
  });
  return line;
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(place, `this is no JSON (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

function bad(place: string, what: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError(
    'bad-trace',
    `${place}: ${what}. A trace is what "halfspace generate --trace FILE" writes.`,
    { cause },
  );
}
