/** A covariance drawn towards a multiple of the identity. */
export interface ShrunkCovariance {
  /** (1 − α) S + α (tr S / width) I, row-major [width, width]. */
  readonly covariance: Float64Array;
  /** α, from 0 (the sample's covariance S) to 1 (a ball). */
  readonly shrinkage: number;
}

/**
 * The covariance of Ledoit and Wolf (2004, "A well-conditioned estimator for large-dimensional
 * covariance matrices"): α minimises the expected squared distance to the true covariance. For vectors y
 * about known means,
 * α = min(1, (Σ‖y‖⁴/n − ‖S‖²) / n / ‖S − m I‖²), with S = Σ y yᵀ / n and m = tr S / width.
 *
 * @param scatter - Σ y yᵀ, row-major [width, width].
 * @param fourth - Σ ‖y‖⁴.
 * @param count - n, the number of vectors.
 */
export function ledoitWolf(scatter: Float64Array, fourth: number, count: number): ShrunkCovariance {
  const width = Math.sqrt(scatter.length);
  const covariance = scatter.map((value) => value / count);
  let trace = 0;
  let square = 0;
  for (let i = 0; i < width; i++) trace += covariance[i * width + i];
  for (const value of covariance) square += value * value;
  const scale = trace / width;
  const spread = square - trace * scale;
  const noise = (fourth / count - square) / count;
  const shrinkage = noise >= spread ? 1 : Math.max(0, noise / spread);
  for (let i = 0; i < covariance.length; i++) covariance[i] *= 1 - shrinkage;
  for (let i = 0; i < width; i++) covariance[i * width + i] += shrinkage * scale;
  return { covariance, shrinkage };
}
