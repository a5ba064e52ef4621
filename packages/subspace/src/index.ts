export { fitSubspace } from './fit-subspace.js';
export type { FitOptions, FitProgress } from './fit-options.js';
export type { LabelledText, Positions } from './labelled-text.js';
export { attributeOf, parseSubspace, subspaceOf } from './subspace-artifact.js';
export type { DataSummary, RowCounts, SubspaceArtifact } from './subspace-artifact.js';
export { labelBy } from './label-recipe.js';
export type { LabelOf, LabelRecipe } from './label-recipe.js';
export { readSubspace, subspacesIn, writeSubspace } from './subspace-file.js';
export { createMoments, mergeMoments, weightMoments } from './moments.js';
export type { Moments } from './moments.js';
export { fitDirection } from './fit-direction.js';
export type { Estimator, FittedDirection } from './fit-direction.js';
export { calibrate } from './calibrate.js';
export type { Calibration } from './calibrate.js';
export { auroc, bootstrapAuroc } from './auroc.js';
export type { AurocInterval } from './auroc.js';
export type { BootstrapOptions, Estimate } from './bootstrap.js';
export type { Figures } from './figures.js';
export { evaluateAttributes } from './evaluate/evaluate-attributes.js';
export type {
  AttributeEvaluation,
  EvaluatedText,
  EvaluateOptions,
  Evaluation,
} from './evaluate/evaluate-attributes.js';
export { measureMargins } from './evaluate/margin-figures.js';
export type { GroupFigures, MarginFigures, ReadingFigures, TenthFigures } from './evaluate/margin-figures.js';
export type { MarginTrack, Reading } from './evaluate/margin-track.js';
export { averagePrecision } from './evaluate/average-precision.js';
export { calibrationError, reliability } from './evaluate/calibration-error.js';
export type { ReliabilityBin } from './evaluate/calibration-error.js';
export type { RocPoint } from './evaluate/roc-curve.js';
export type { HistogramBin } from './evaluate/histogram.js';
export { measurePairs } from './evaluate/pair-figures.js';
export type { PairFigures, PairReading, PairsWon, TrackPair } from './evaluate/pair-figures.js';
export { measureInterference } from './evaluate/interference.js';
export type { Interference, MeasuredAttribute } from './evaluate/interference.js';
