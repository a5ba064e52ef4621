import { readFileSync } from 'node:fs';
import type { MarginTrack, Pooling } from '../evaluate/margin-track.js';

/** What numpy and scikit-learn say (fixtures/make-evaluation-reference.py). */
interface EvaluationReference {
  readonly scored: {
    readonly margins: number[];
    readonly labels: number[];
    readonly groups: string[];
    readonly weights: number[];
    readonly averagePrecision: number;
    readonly weightedPrecision: number;
    readonly precisionInterval: [number, number];
    readonly accuracy: number;
    readonly accuracyInterval: [number, number];
    readonly brier: number;
    readonly logLoss: number;
    readonly observed: number[];
    readonly predicted: number[];
    readonly calibrationError: number;
    readonly errorInterval: [number, number];
    readonly falsePositives: number[];
    readonly truePositives: number[];
    /** Counts of label 0, then of label 1. */
    readonly histogram: [number[], number[]];
  };
  readonly responses: {
    readonly tracks: readonly { margins: number[]; label: 0 | 1; group: string }[];
    readonly auroc: Readonly<Record<Pooling, number>>;
    readonly tenths: readonly { auroc: number; calibrationError: number }[];
  };
  readonly correlated: { readonly series: number[][]; readonly correlations: number[][] };
}

const { responses, ...rest } = JSON.parse(
  readFileSync(new URL('../../fixtures/evaluation-reference.json', import.meta.url), 'utf8'),
) as EvaluationReference;

/** The committed figures. */
export const EVALUATION = {
  ...rest,
  responses: {
    ...responses,
    tracks: responses.tracks.map((track): MarginTrack => ({
      ...track,
      margins: Float64Array.from(track.margins),
    })),
  },
};
