import type { Tokenizer } from '@halfspace/contracts';
import type { BoundAttribute } from '../step/margins/bound-attributes.js';
import type { TracedControl, TracedStep } from './completion.js';
import type { ControlledStep } from '../step/project/control-step.js';
import { marginOf } from '../step/margins/margins.js';
import { marginColumns } from '../step/margins/margins-of.js';
import { tokenText } from '../text/token-text.js';
import { dot } from '../numeric/dot.js';
import type { Reference } from '../step/reference/reference-distribution.js';

/** What a trace shows of a step. */
export interface StepRecord {
  readonly reference: Reference;
  /** Distance of the text before it to each attribute; NaN where not evaluated. */
  readonly before: Float64Array;
  /** For each attribute, the distances of all candidates; NaN where not evaluated. */
  readonly distances: readonly Float64Array[];
  readonly logQ: Float64Array;
  readonly chosen: number;
  readonly kl: number;
  /** How it was steered, if it was. */
  readonly controlled?: ControlledStep | undefined;
}

/** A step as a trace shows it, but for its number. */
export function tracedStep(
  record: StepRecord,
  attributes: readonly BoundAttribute[],
  tokenizer: Tokenizer,
): Omit<TracedStep, 'step'> {
  const { reference, before, distances, logQ, chosen, kl, controlled } = record;
  const candidates = Array.from(reference.tokens, (token, i) => {
    return {
      token,
      text: tokenText(tokenizer, token),
      reference: Math.exp(reference.logReference[i]),
      margins: marginsByName(attributes, (a) => distances[a][i]),
      probability: Math.exp(logQ[i]),
    };
  });
  const control = controlled && tracedControl(record, controlled, attributes);
  return {
    before: marginsByName(attributes, (a) => before[a]),
    candidates,
    chosen,
    kl,
    ...(control !== undefined && { control }),
  };
}

/** Margins of what has been evaluated. */
function marginsByName(
  attributes: readonly BoundAttribute[],
  distanceTo: (a: number) => number,
): Record<string, number> {
  const margins = attributes.flatMap(({ name, calibration }, a) => {
    const distance = distanceTo(a);
    return Number.isNaN(distance) ? [] : [[name, marginOf(calibration, distance)]];
  });
  return Object.fromEntries(margins) as Record<string, number>;
}

function tracedControl(
  { reference, distances, logQ }: StepRecord,
  { status, share, weights, constraintWeights, conflicts }: ControlledStep,
  attributes: readonly BoundAttribute[],
): TracedControl {
  const byName = <T>(valueOf: (a: number) => T): Record<string, T> =>
    Object.fromEntries(attributes.map(({ name }, a) => [name, valueOf(a)]));
  const margins = marginColumns(distances, attributes);
  const expected = attributes.flatMap(({ name }, a) => {
    if (margins[a].some(Number.isNaN)) return [];
    const before = dot(reference.logReference.map(Math.exp), margins[a]);
    const after = dot(logQ.map(Math.exp), margins[a]);
    return [[name, { before, after }] as const];
  });
  return {
    status,
    weights: byName((a) => weights[a]),
    share,
    constraintWeights,
    conflicts,
    expected: Object.fromEntries(expected),
  };
}
