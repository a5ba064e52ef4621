import { addResponses } from '../fit/add-responses.js';
import { createFitState, type FitState, mergeFitStates } from '../fit/fit-state.js';
import type { FitSettings } from '../fit/fit-settings.js';
import type { ResponseStates } from '../data/response-states.js';
import { hashOf, placeOf } from '../data/split.js';

/** The rows that belong to a share of the groups. */
export interface SummedRows {
  readonly state: FitState;
  /** How many there are. */
  readonly rows: number;
  /** Rows of label 1; one of a label between 1 and 0 counts in part. */
  readonly positive: number;
  /** Distinct groups. */
  readonly groups: number;
}

/** Sums of hidden states on growing shares of the groups, where every row is added once. */
export interface GrowingSums {
  /** Adds responses that belong together. */
  add(responses: readonly ResponseStates[]): void;
  /** The sums of a share. */
  upTo(share: number): SummedRows;
}

/** @param shares - Those that will be asked for, above 0 and at most 1. */
export function createGrowingSums(settings: FitSettings, shares: readonly number[]): GrowingSums {
  const steps = [...new Set(shares)].sort((a, b) => a - b).map((share) => createStep(settings, share));
  return {
    add(responses) {
      const place = placeOf(responses[0].row.group, settings.seed);
      steps.find(({ share }) => place < share)?.add(responses);
    },
    upTo(share) {
      const within = steps.filter((step) => step.share <= share);
      const sum = (numberOf: (step: (typeof within)[number]) => number) =>
        within.reduce((total, step) => total + numberOf(step), 0);
      return {
        state: within.map(({ state }) => state).reduce(mergeFitStates),
        rows: sum(({ counts }) => counts.rows),
        positive: sum(({ counts }) => counts.positive),
        groups: sum(({ groups }) => groups.size),
      };
    },
  };
}

/** The rows of a share that are not of the next smaller one. */
function createStep(settings: FitSettings, share: number) {
  const state = createFitState(settings);
  const groups = new Set<number>();
  const counts = { rows: 0, positive: 0 };
  return {
    share,
    state,
    groups,
    counts,
    add(responses: readonly ResponseStates[]) {
      addResponses(state, responses);
      for (const { row } of responses) {
        counts.rows++;
        counts.positive += row.label;
        groups.add(hashOf(row.group));
      }
    },
  };
}
