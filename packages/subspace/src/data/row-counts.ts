/** How many rows there are of each kind. */
export interface RowCounts {
  /** All rows. */
  readonly rows: number;
  /** Rows of label 1; one of a label between 1 and 0 counts in part. */
  readonly positive: number;
  /** Rows of label 0; one of a label between 1 and 0 counts in part. */
  readonly negative: number;
  /** Distinct groups. */
  readonly groups: number;
}

/** How figures were cross-validated. */
export interface CrossValidation {
  /** Parts of the groups, each of which was set aside once a division. */
  readonly folds: number;
  /** How often the groups were divided anew. */
  readonly divisions: number;
}
