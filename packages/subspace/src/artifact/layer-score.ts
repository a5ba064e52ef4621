/** How well a layer tells the sides apart. */
export interface LayerScore {
  /** The layer. */
  readonly layer: number;
  /**
   * AUROC of directions on rows that they were not fitted on, the mean over the folds. It is computed from means and
   * variances, as if distances were normal.
   */
  readonly auroc: number;
  /** Standard error of that mean, from how the folds differ; files that are older do not have it. */
  readonly error?: number;
}
