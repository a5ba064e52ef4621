import type { Estimate } from '@halfspace/subspace';

/** A number for people; a dash where it has no meaning. */
export function formatNumber(value: number, digits = 3): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

/** A share in per cent. */
export function percent(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : '–';
}

/** An estimate with its interval. */
export function withInterval(
  estimate: Estimate | undefined,
  format: (value: number) => string = (value) => formatNumber(value),
): string {
  if (estimate === undefined || !Number.isFinite(estimate.value)) return '–';
  return `${format(estimate.value)} (${format(estimate.low)} to ${format(estimate.high)})`;
}

/** A p-value. */
export function small(p: number): string {
  return p < 0.001 ? p.toExponential(0) : formatNumber(p);
}
