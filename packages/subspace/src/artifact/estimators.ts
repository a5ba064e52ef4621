/**
 * How the within-class covariance is estimated.
 * - `paper`: as in SASA (Ko et al. 2024, arXiv 2410.03818): the pooled covariance, divided by n − 2 as in
 *   its authors' code, inverted on its eigenvalues above 1e-6 (an absolute number, in squared units of the
 *   hidden states).
 * - `shrinkage`: the pooled covariance drawn towards a ball by the amount of Ledoit and Wolf (2004). At once, and good
 *   when there are few responses and only their last tokens count.
 * - `cross-validated`: the pooled covariance drawn towards its own diagonal, by the amount with which directions tell
 *   groups apart that they were not fitted on. Ledoit and Wolf's amount takes every vector for an independent one, which the
 *   tokens of a response are not; this one does not, and the default.
 *
 * @useDeclaredType
 */
export type Estimator = (typeof ESTIMATORS)[number];

/** All {@link Estimator}s. */
export const ESTIMATORS = ['paper', 'shrinkage', 'cross-validated'] as const;
