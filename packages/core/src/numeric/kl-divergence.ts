/** KL(q‖p) in nats, at least 0; what has no probability in q adds nothing. */
export function divergence(logQ: Float64Array, logReference: Float64Array): number {
  let sum = 0;
  for (let x = 0; x < logQ.length; x++) {
    const q = Math.exp(logQ[x]);
    if (q > 0) sum += q * (logQ[x] - logReference[x]);
  }
  // Rounding can leave a divergence of zero a little below it.
  return Math.max(sum, 0);
}
