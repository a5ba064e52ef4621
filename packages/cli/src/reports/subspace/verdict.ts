import type { AttributeEvaluation, Interference } from '@halfspace/subspace';

/** Largest calibration errors with which margins are log-odds, and roughly so. */
const CALIBRATED = 0.05;
const ROUGHLY_CALIBRATED = 0.1;

/** Correlation from which on two attributes get in each other's way. */
const ENTANGLED = 0.3;

/** In words, what the figures of an attribute come to. */
export function verdict({
  attribute,
  poolings,
  tenths,
  pairs,
  fittedOnTheseRows,
}: AttributeEvaluation): string {
  const { auroc, calibrationError } = poolings.last;
  const half = tenths[4].auroc.value;
  return [
    `${fittedOnTheseRows ? flattered(attribute) : `${attribute} ${separation(auroc)}`} (AUROC ${auroc.value.toFixed(3)}, 95 % interval ${auroc.low.toFixed(3)} to ` +
      `${auroc.high.toFixed(3)}, after the last token).`,
    ...(pairs?.all.won === undefined
      ? []
      : [
          `It prefers the chosen response in ${percent(pairs.all.won.last.value)} of the pairs; the longer one ` +
            `would be right in ${percent(pairs.longerWins)}.`,
        ]),
    `${belief(calibrationError.value)} (they are ${percent(calibrationError.value)} off on average).`,
    `Half-way through a text the AUROC is ${half.toFixed(3)}.`,
  ].join(' ');
}

/** In words, which two attributes have the most in common, and what follows from it. */
export function interferenceVerdict({ attributes, cosines, correlations }: Interference): string {
  const pairs = attributes.flatMap((_, b) =>
    attributes.slice(0, b).flatMap((__, a) => {
      const value = correlations.last[a][b];
      return value === null ? [] : [{ a, b, value }];
    }),
  );
  if (pairs.length === 0) return 'Margins that never change correlate with nothing.';
  const { a, b, value } = pairs.reduce((most, pair) =>
    Math.abs(pair.value) > Math.abs(most.value) ? pair : most,
  );
  const found =
    `${attributes[a]} and ${attributes[b]} have the most in common: their margins after the last token correlate ` +
    `by ${value.toFixed(2)}.`;
  if (Math.abs(value) < ENTANGLED) return `${found} Each can be steered by itself.`;
  const effect =
    value > 0 ? 'Steering by both counts much of it twice' : 'Steering towards one pulls away from the other';
  const advice =
    cosines[a][b] === null
      ? 'they read different layers, so "halfspace decorrelate" cannot take them apart'
      : '"halfspace decorrelate" takes them apart';
  return `${found} ${effect}; ${advice}.`;
}

function separation({ value, low, high }: { value: number; low: number; high: number }): string {
  if (high < 0.5) return 'points the wrong way';
  if (low <= 0.5) return 'is no better than chance at telling the two sides apart';
  const how = value >= 0.9 ? 'very well' : value >= 0.8 ? 'well' : value >= 0.7 ? 'fairly well' : 'weakly';
  return `tells the two sides apart ${how}`;
}

/** Instead of how well it tells sides apart, which it was made to do on these rows. */
function flattered(attribute: string): string {
  return (
    `${attribute} was fitted on these very rows, so that the figures flatter and say nothing of other texts: ` +
    'measure it on rows that it has not seen'
  );
}

function belief(error: number): string {
  if (error <= CALIBRATED) return 'Its probabilities can be believed';
  if (error <= ROUGHLY_CALIBRATED) return 'Its probabilities are right only roughly';
  return 'Its probabilities cannot be believed on texts like these';
}

/** The layers that a subspace reads, in words. */
export function layersOf({ layers }: AttributeEvaluation): string {
  return `${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')}`;
}

/** A share in per cent, with one decimal. */
function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
