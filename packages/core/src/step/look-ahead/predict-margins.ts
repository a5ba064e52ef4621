import { isScoring, type BoundAttribute } from '../margins/bound-attributes.js';

/**
 * How much worse than expected margins are taken to be when the candidates of a lone completion are chosen to be run, in
 * log-odds. One that is only just expected to be out of the race is run with the first batch then, which costs a row where
 * waiting for the leader to disappoint costs a call.
 */
const PREFETCH_SLACK = 0.3;

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
 * @param company - How many completions share a call: the cost of another one is shared by all, and rows are not.
 */
export function pessimisticMargins(
  expected: readonly Float64Array[],
  weights: readonly number[],
  company: number,
): Float64Array[] {
  return expected.map((column, a) => {
    const slack = (weights[a] < 0 ? -PREFETCH_SLACK : PREFETCH_SLACK) / company;
    return column.map((margin) => margin - slack);
  });
}
