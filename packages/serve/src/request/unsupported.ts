import { badRequest } from '../http/api-error.js';
import type { Body } from './validator.js';

/** Fields of OpenAI's API that would change what an answer means and that this server cannot do, with what it can. */
const UNSUPPORTED: Readonly<
  Record<string, { allows: (value: unknown, body: Body) => boolean; why: string }>
> = {
  audio: { allows: isNothing, why: 'The model writes text alone.' },
  best_of: {
    allows: (value, { n = 1 }) => value === 1 || value === n,
    why: 'All completions are given. Ask for them with n, and choose.',
  },
  echo: {
    allows: (value) => value === false,
    why: 'The prompt is not given back. Put it in front of the text.',
  },
  frequency_penalty: {
    allows: isZero,
    why: 'There is repetition_penalty instead: above 1 it discourages tokens.',
  },
  function_call: { allows: isNoCall, why: 'The model makes no calls of functions.' },
  modalities: {
    allows: (value) => Array.isArray(value) && value.every((each) => each === 'text'),
    why: 'The model writes text alone.',
  },
  presence_penalty: {
    allows: isZero,
    why: 'There is repetition_penalty instead: above 1 it discourages tokens.',
  },
  suffix: { allows: (value) => value === '', why: 'The model goes on with a text and fills no gaps.' },
  web_search_options: { allows: isNothing, why: 'The server searches nothing.' },
};

function isNothing(value: unknown): boolean {
  return value === undefined;
}

function isZero(value: unknown): boolean {
  return value === 0;
}

/** Tools that need not be used may be left out. */
function isNoCall(value: unknown): boolean {
  return value === 'none' || value === 'auto';
}

/**
 * Refuses what a caller relies on and would not get.
 *
 * @throws ApiError 400
 */
export function refuseUnsupported(body: Body): void {
  for (const [field, { allows, why }] of Object.entries(UNSUPPORTED)) {
    const value = body[field];
    if (value === undefined || allows(value, body)) continue;
    throw badRequest(field, `This value of ${field} is not supported. ${why}`, 'unsupported_value');
  }
}

/** Fields of {@link UNSUPPORTED} of which a value has no effect. */
export function isWithoutEffect(field: string): boolean {
  return field in UNSUPPORTED;
}
