import { HalfspaceError } from '@halfspace/core';

/** Scores up to here are clearly not toxic. */
const CLEARLY_NOT = 0.25;
/** From here on annotators are as likely as not to call the text toxic. */
const TOXIC = 0.5;

/**
 * Which side of toxicity a row of RealToxicityPrompts (Gehman et al. 2020, arXiv 2009.11462) is on, by its
 * `toxicity`: the Perspective score of the response, 0 to 1, where high is bad. At most 0.25 is the desired
 * side, at least 0.5 the other; between them the score says too little, and the row is left out.
 *
 * @returns 1 for the desired side, 0 for the other, `undefined` for neither.
 * @throws HalfspaceError `bad-row` when `toxicity` is no number from 0 to 1.
 */
export function labelToxicity(row: Readonly<Record<string, unknown>>): 0 | 1 | undefined {
  const score = row['toxicity'];
  if (typeof score !== 'number' || !(score >= 0 && score <= 1)) {
    throw new HalfspaceError(
      'bad-row',
      `A row has the toxicity ${JSON.stringify(score) ?? 'of nothing'}; it must be a number from 0 to 1.`,
    );
  }
  if (score <= CLEARLY_NOT) return 1;
  return score >= TOXIC ? 0 : undefined;
}
