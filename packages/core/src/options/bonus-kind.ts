/**
 * Up to which margin a candidate is the better for it where nothing else is said, in log-odds: up to the boundary, so that
 * candidates inside the halfspace are equals, and one outside it is the less probable the farther out it lies.
 */
export const DEFAULT_CAP = 0;

/**
 * How distances become a bonus to the log-probability of a candidate.
 * - `margin`: weight · margin, summed over attributes.
 * - `softmax`: weight · softmax over the candidates of the distances, summed over attributes, as in the
 *   SASA paper (Ko et al., arXiv 2410.03818); each attribute has its own softmax. Between 0 and weight.
 *   The margins of a scoring attribute take the place of distances.
 */
export type BonusKind = 'margin' | 'softmax';
