import type { DataReport, FitFigures } from '@halfspace/subspace';

/** What fits on training data tell, judged on the data evaluated. */
export interface FitStudy {
  /** The training data. */
  readonly training: DataReport;
  /** Rows evaluated that are among the training data, too. */
  readonly shared: number;
  /** Fits on growing shares of the groups. */
  readonly learningCurve?: readonly FitFigures[];
  /** Fits at one layer each. */
  readonly layerSweep?: readonly FitFigures[];
  /** The deepest layer that a candidate of the model can stop at, if there is one. */
  readonly cut?: number;
}
