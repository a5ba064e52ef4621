import type { WeightedStatistic } from '@halfspace/subspace';

/** How probable some text is to a model. */
export interface TextLikelihood {
  /** Natural log-probability, summed over its tokens. */
  readonly logprob: number;
  /** Its tokens. */
  readonly tokens: number;
}

/** The exponential of the mean −log-probability of a token over all texts; NaN where there is no token. */
export function perplexity(texts: readonly TextLikelihood[]): WeightedStatistic {
  return (timesOf) => {
    let logprob = 0;
    let tokens = 0;
    texts.forEach((text, i) => {
      logprob += timesOf(i) * text.logprob;
      tokens += timesOf(i) * text.tokens;
    });
    return Math.exp(-logprob / tokens);
  };
}
