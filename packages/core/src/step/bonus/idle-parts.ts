import type { BoundAttribute } from '../margins/bound-attributes.js';
import type { CheckedOptions } from '../../options/options.js';
import { valueOf, type Weight, type Weights } from '../../options/weights.js';
import type { Steering } from './steering.js';
import type { WeightTables } from '../../options/weight-tables.js';

/** A prompt's request, as far as it says how to steer. */
export interface SteeringRequest {
  readonly options: CheckedOptions;
  /** Weights of the prompt, as they were given. */
  readonly weights: Weights;
  /** Weights of every step. */
  readonly tables: WeightTables;
  readonly steering: Steering;
  readonly bound: readonly BoundAttribute[];
  /** What the positive side of an attribute means. */
  readonly descriptionOf: (name: string) => string;
}

/**
 * What of a request can do nothing, although it was asked for: a warning for each, one or two sentences. Nothing here is an error,
 * because it is well defined; but who writes it means something else.
 */
export function idleParts(request: SteeringRequest): string[] {
  const { options, weights, tables, steering } = request;
  const { control, topK, cap, redraw, temperature } = options;
  const { steers } = steering;
  const found: string[] = [];
  if (steers && topK === 1) {
    found.push('With topK 1 every step has a single candidate, so nothing can steer it. Raise topK.');
  }
  if (steers && control.mode === 'kl-budget' && control.nats === 0) {
    found.push('A KL budget of 0 nats leaves nothing of the weights. Raise it.');
  }
  if (control.mode === 'constraints') {
    control.constraints.forEach(({ attribute, maxWeight }, index) => {
      if (maxWeight !== 0) return;
      found.push(`Constraint ${index} (from 0), about "${attribute}", has maxWeight 0 and can do nothing.`);
    });
  }
  if (redraw !== undefined && redraw.maxAttempts > 1 && temperature === 0) {
    found.push(
      'At temperature 0 every attempt is the same, so that nothing is drawn anew. Raise it, or leave redraw out.',
    );
  }
  if (redraw?.maxAttempts === 1)
    found.push('With maxAttempts 1 nothing is drawn anew. Raise it, or leave redraw out.');
  const weighs = Object.values(tables).some((table) => table.some((value) => value !== 0));
  if (cap !== undefined && cap < Infinity && !weighs) {
    found.push(`The cap ${cap} has no part in this: no attribute has a weight other than 0.`);
  }
  return [
    ...found,
    ...Object.entries(weights).flatMap(([name, weight]) => idleWeight(name, weight, request)),
  ];
}

function idleWeight(name: string, weight: Weight, request: SteeringRequest): string[] {
  const { options, tables, steering, bound, descriptionOf } = request;
  const table = tables[name] ?? new Float64Array();
  const value = valueOf(weight);
  if (typeof value === 'string' && table.every((each) => each === 0)) {
    return [`The weight of "${name}", "${value}", is 0 in all ${table.length} steps: it does not steer.`];
  }
  const cap = steering.caps[bound.findIndex((each) => each.name === name)];
  if (options.bonus === 'margin' && cap === 0 && table.some((each) => each < 0)) {
    return [
      `The weight ${value} of "${name}" can do nothing for text outside its halfspace: with the cap 0 a weight below 0 counts ` +
        `positive margins alone, and they mean "${descriptionOf(name)}". To have more of that, give a weight above 0; ` +
        'to steer away from it, give a cap above 0, or none, as well.',
    ];
  }
  return [];
}
