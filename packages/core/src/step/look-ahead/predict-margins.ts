import { isScoring, type BoundAttribute } from '../margins/bound-attributes.js';

/** Slack times the cost of a row, in log-odds: what steps that were counted cost least with (docs/decisions/0034). */
const SLACK = 0.05;

/** With so much hardly any step takes a second call, and more candidates save nothing, however little they cost. */
const MOST_SLACK = 0.6;

/** What a row costs where nobody says, as a share of a call. */
const USUAL_ROW_COST = 1 / 6;

/**
 * How much worse than expected margins are taken to be when the candidates of a lone completion are chosen to be run, in
 * log-odds. One that is only just expected to be out of the race is run with the first batch then, which costs a row where
 * waiting for the leader to disappoint costs a call. So the slack is the greater the less a row costs.
 *
 * @param rowCost - Of one more row, as a share of a call (default: a sixth).
 */
export function prefetchSlack(rowCost = USUAL_ROW_COST): number {
  return Math.min(MOST_SLACK, SLACK / rowCost);
}

/** A text before its next token. */
export interface TextMargins {
  /** Its margins, one for each attribute; NaN where it was not evaluated. */
  readonly margins: ArrayLike<number>;
  /** Their means over the end of the prompt and every token since. */
  readonly runningMeans: ArrayLike<number>;
}

/**
 * The margins that are expected of candidates before any is run, for each attribute a column; see {@link Prediction}.
 * Without a prediction, and for an end token, after which the text is the same, it is the margin of the text before.
 */
export function predictMargins(
  attributes: readonly BoundAttribute[],
  tokens: ArrayLike<number>,
  endTokens: ReadonlySet<number>,
  { margins, runningMeans }: TextMargins,
): Float64Array[] {
  return attributes.map(({ source, calibration }, a) => {
    const column = new Float64Array(tokens.length).fill(margins[a]);
    const prediction = isScoring(source) ? undefined : source.prediction;
    if (prediction === undefined) return column;
    const { tokenEffects, meanReversion } = prediction;
    const drift = meanReversion * (runningMeans[a] - margins[a]);
    return column.map((margin, x) =>
      endTokens.has(tokens[x]) ? margin : margin + drift + calibration.slope * (tokenEffects[tokens[x]] ?? 0),
    );
  });
}

/**
 * Those margins less a slack: a little worse, each on the side that its attribute is not steered to.
 *
 * @param slack - See {@link prefetchSlack}. Of n completions that share a call each has an n-th of it: the cost of another call is
 * shared by all, and rows are not.
 */
export function pessimisticMargins(
  expected: readonly Float64Array[],
  weights: readonly number[],
  slack: number,
): Float64Array[] {
  return expected.map((column, a) => {
    const worse = weights[a] < 0 ? -slack : slack;
    return column.map((margin) => margin - worse);
  });
}
