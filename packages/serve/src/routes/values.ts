import { isHalfspaceError } from '@halfspace/core';
import { ApiError, apiErrorOf, badRequest } from '../http/api-error.js';
import { jsonResponse } from '../http/respond.js';
import { checkRuns } from '../request/text-runs.js';
import type { ValueExamples } from '../server-options.js';
import type { Route } from './route.js';

/** What is wrong with examples, and not with the server. */
const FAULTS = [
  'bad-attribute',
  'bad-row',
  'no-data',
  'one-sided-data',
  'too-little-data',
  'empty-response',
  'context-overflow',
  'degenerate-data',
  'not-above-chance',
];

/** `POST /halfspace/values`. */
export const values: Route = async ({ addValue, work: list }, { body, raw }) => {
  if (addValue === undefined) {
    throw new ApiError(
      404,
      'no_values',
      'This server makes no values of examples. It does with the option addValue.',
    );
  }
  const examples = body as unknown as ValueExamples;
  for (const side of ['good', 'bad'] as const) {
    examples[side].forEach((text, i) => checkRuns(text, `${side}.${i}`));
  }
  const work = list.begin(raw.signal);
  try {
    await addValue(examples, work.signal);
    return jsonResponse({ object: 'halfspace.value', name: examples.name });
  } catch (error) {
    if (work.reason !== undefined) throw work.reason;
    if (isHalfspaceError(error) && FAULTS.includes(error.code))
      throw badRequest('good', error.message, error.code);
    throw apiErrorOf(error);
  } finally {
    work.end();
  }
};
