import { firstTwice, HalfspaceError } from '@halfspace/core';
import { VERSION } from '../version.js';
import type { Plan } from './plan.js';
import { complaintOf, isPlan } from './run-schema.js';

/**
 * Reads a plan, which may come from anywhere.
 *
 * @param place - Where it is, for the message.
 * @throws HalfspaceError `corrupt-run`, or `other-version` where it is one of another version that is not understood
 */
export function parsePlan(text: string, place: string): Plan {
  const value = parse(text, place);
  const complaint = isPlan(value) ? twiceIn(value) : complaintOf(isPlan);
  if (isPlan(value) && complaint === undefined) return value;
  const { version } = (value ?? {}) as { readonly version?: unknown };
  if (typeof version === 'string' && version !== VERSION) {
    throw new HalfspaceError(
      'other-version',
      `${place} was written by version ${version.slice(0, 40)}, and this is ${VERSION}, which does not understand it: ${complaint}. Read it with that version, or begin the run anew.`,
    );
  }
  throw new HalfspaceError('corrupt-run', `${place} is no plan of a run: ${complaint}. Begin the run anew.`);
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const complaint = text.trim() === '' ? 'it is empty' : 'it is no JSON, or cut off';
    throw new HalfspaceError(
      'corrupt-run',
      `${place} is no plan of a run: ${complaint}. Begin the run anew.`,
      { cause },
    );
  }
}

function twiceIn({ methods }: Plan): string | undefined {
  const names = methods.map(({ name }) => name);
  const twice = firstTwice(names);
  return twice === undefined ? undefined : `two methods are named "${twice}"`;
}
