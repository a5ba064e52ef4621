/** The scaling of llama 3.1 and later: long waves are slowed down, short ones left alone. */
export interface Llama3Scaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContext: number;
}

/** Slows waves by the rule of llama 3.1: fully above the long wavelength, not at all below the short one. */
export function scaleLlama3(frequencies: Float64Array, scaling: Llama3Scaling): Float64Array {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return frequencies.map((frequency) => {
    const turns = (originalContext * frequency) / (2 * Math.PI);
    if (turns < low) return frequency / factor;
    if (turns > high) return frequency;
    const smooth = (turns - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

/** YaRN (Peng et al. 2023): how positions are stretched. */
export interface YarnScaling {
  readonly factor: number;
  /** Base of the unscaled frequencies. */
  readonly base: number;
  readonly originalContext: number;
  /** Pairs that turn more often than this in the original context are left alone. */
  readonly betaFast: number;
  /** Pairs that turn less often than this are slowed down by the factor. */
  readonly betaSlow: number;
  /** Whether the pairs between which the two are blended are whole numbers. */
  readonly truncate: boolean;
}

/** Slows waves by the rule of YaRN: a ramp over the pairs, from those that turn often to those that hardly turn. */
export function scaleYarn(frequencies: Float64Array, scaling: YarnScaling): Float64Array {
  const { factor, base, originalContext, betaFast, betaSlow, truncate } = scaling;
  const width = frequencies.length * 2;
  const pairThatTurns = (times: number) =>
    (width * Math.log(originalContext / (times * 2 * Math.PI))) / (2 * Math.log(base));
  const [fast, slow] = [pairThatTurns(betaFast), pairThatTurns(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const last = Math.min(truncate ? Math.ceil(slow) : slow, width - 1);
  const high = last === low ? last + 0.001 : last;
  return frequencies.map((frequency, pair) => {
    const slowed = Math.min(1, Math.max(0, (pair - low) / (high - low)));
    return (frequency / factor) * slowed + frequency * (1 - slowed);
  });
}

/** What YaRN multiplies cosines and sines by, at a weight of 1. */
export function yarnMagnitude(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/** What LongRoPE (Ding et al. 2024) multiplies cosines and sines by. */
export function longRopeMagnitude(factor: number, originalContext: number): number {
  return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContext));
}
