import { readFileSync } from 'node:fs';

interface LabelledRows {
  /** Row-major. */
  readonly rows: number[];
  readonly labels: number[];
  readonly shrinkage: number;
  readonly shrunk: number[];
}

/** What numpy and scikit-learn say (fixtures/make-reference.py). */
export interface Reference {
  readonly wellConditioned: LabelledRows & {
    readonly moments: {
      readonly mean: number[];
      readonly scatter: number[];
      readonly third: number[];
      readonly fourth: number;
    };
    readonly midpoint: number[];
    readonly eigen: number[];
    readonly svd: number[];
  };
  readonly singular: LabelledRows & { readonly rank: number; readonly paper: number[] };
  readonly threshold: { readonly matrix: number[]; readonly right: number[]; readonly solution: number[] };
  readonly ranking: {
    readonly scores: number[];
    readonly labels: number[];
    readonly groups: string[];
    readonly auroc: number;
    readonly low: number;
    readonly high: number;
  };
  readonly calibration: {
    readonly distances: number[];
    readonly labels: number[];
    readonly weights: number[];
    readonly plain: { readonly slope: number; readonly intercept: number };
    readonly weighted: { readonly slope: number; readonly intercept: number };
    readonly separable: {
      readonly distances: number[];
      readonly labels: number[];
      readonly slope: number;
      readonly intercept: number;
    };
  };
}

/** The committed figures. */
export const REFERENCE = JSON.parse(
  readFileSync(new URL('../../fixtures/reference.json', import.meta.url), 'utf8'),
) as Reference;
