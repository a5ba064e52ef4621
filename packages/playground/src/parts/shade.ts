/** How a margin colours text. */
export interface Shade {
  /** On which side of the boundary the text is. */
  readonly side: 'desired' | 'other';
  /** How much of the side's colour is mixed in, per cent. Text on it keeps a contrast of 4.5 to 1, light and dark. */
  readonly percent: number;
}

/** The most that is mixed in. */
const MOST = 45;

/**
 * The colour of a margin: as strong as the probability that the margin stands for is far from even.
 *
 * @param margin - In log-odds.
 */
export function shadeOf(margin: number): Shade {
  return {
    side: margin < 0 ? 'other' : 'desired',
    percent: Math.round(MOST * Math.abs(Math.tanh(margin / 2))),
  };
}

/**
 * Properties of the style of a token, for the class `shaded`: the other side is underlined besides, for those who do not tell the
 * colours apart. Nothing where there is no margin.
 */
export function shadeStyle(margin: number | undefined): Readonly<Record<string, string>> {
  if (margin === undefined || !Number.isFinite(margin)) return {};
  const { side, percent } = shadeOf(margin);
  return {
    '--side': `var(--${side})`,
    '--share': `${percent}%`,
    '--mark': side === 'other' && percent > 0 ? 'underline' : 'none',
  };
}
