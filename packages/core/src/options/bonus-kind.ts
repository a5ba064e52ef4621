/**
 * How distances become a bonus to the log-probability of a candidate.
 * - `margin`: weight · margin, summed over attributes.
 * - `softmax`: weight · softmax over the candidates of the distances, summed over attributes, as in the
 *   SASA paper (Ko et al., arXiv 2410.03818); each attribute has its own softmax. Between 0 and weight.
 *   The margins of a scoring attribute take the place of distances.
 */
export type BonusKind = 'margin' | 'softmax';
