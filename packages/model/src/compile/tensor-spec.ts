/** Where a model of these families may have a norm. */
export type NormPart =
  | 'attentionNorm'
  | 'queryNorm'
  | 'keyNorm'
  | 'attentionOutputNorm'
  | 'mlpNorm'
  | 'mlpOutputNorm'
  | 'finalNorm';

/** A part of a model that has weights, and perhaps a bias. */
export type Part =
  | NormPart
  | 'embedding'
  | 'positions'
  | 'head'
  | 'query'
  | 'key'
  | 'value'
  | 'attentionOutput'
  | 'gate'
  | 'up'
  | 'down'
  | 'router';

/**
 * What a tensor does in the graph.
 *
 * | part                             | its weights                                                        |
 * | -------------------------------- | ------------------------------------------------------------------ |
 * | `embedding`, `positions`         | a row for each token; a row for each position                      |
 * | `attentionNorm`, `mlpNorm`       | norms before attention and before the MLP                          |
 * | `query`, `key`, `value`          | projections of attention                                           |
 * | `queryNorm`, `keyNorm`           | norms of queries and keys                                          |
 * | `attentionOutput`                | projection of what the heads have gathered                         |
 * | `router` | a row for each expert, where the MLP is a mixture of experts |
 * | `gate`, `up`, `down`             | the MLP; one without a gate has `up` and `down`                    |
 * | `attentionOutputNorm`, `mlpOutputNorm` | norms of what attention and the MLP add to the residual stream |
 * | `finalNorm`, `head`              | norm before the head; a row for each token                         |
 */
export type Role = `${Part}.${'weight' | 'bias'}`;

/** Rows of a tensor that several parts share (of one of three dimensions, those of all its matrices in order): `count` from `from` on, and the same again every `every` rows. */
export interface RowSlice {
  /** The first row. */
  readonly from: number;
  /** How many rows lie together. */
  readonly count: number;
  /** How many rows further the next ones lie (default: there are no next ones). */
  readonly every?: number;
}

/** A tensor that a model has. A list of these is what its file is checked against, and what its graphs are made from. */
export interface TensorSpec {
  /** What it does in the graph. */
  readonly role: Role;
  /** Which expert it is of, from 0, where the MLP is a mixture of experts (default: it is of none). */
  readonly expert?: number;
  /** Its name in the model file. */
  readonly name: string;
  /** Its shape in the model file, outermost size first. */
  readonly shape: readonly number[];
  /** Whether the model may lack it (default false). */
  readonly optional?: boolean;
  /** The rows that have this role, of a tensor that several roles share (default: all). */
  readonly rows?: RowSlice;
  /** Whether the file has the matrix as [in, out] and not as [out, in] (default false). */
  readonly transposed?: boolean;
}
