import type { Attribute, ModelInfo, ReadingDifference, Subspace } from '@halfspace/contracts';
import { subspacesFor } from './bound-attributes.js';

/** A subspace that is read in another arithmetic than the one that it was fitted in. */
interface Misread {
  readonly name: string;
  readonly fitted: string;
  readonly difference: ReadingDifference | undefined;
}

function misreadOf(name: string, { readings }: Subspace, decoding: string): Misread[] {
  if (readings === undefined || readings.arithmetic === decoding) return [];
  return [{ name, fitted: readings.arithmetic, difference: readings.others?.[decoding] }];
}

function describe({ name, difference }: Misread): string {
  if (difference === undefined) return `${name}: not measured`;
  const { rows, margin, shift, auroc } = difference;
  const signed = `${shift < 0 ? '−' : '+'}${Math.abs(shift).toFixed(2)}`;
  return (
    `${name}: margins of ${rows} texts differ by ${margin.toFixed(2)} (${signed} on average), ` +
    `AUROC ${auroc[1].toFixed(3)} for ${auroc[0].toFixed(3)}`
  );
}

/**
 * What is to be said of attributes whose subspaces were fitted in another arithmetic than completions have: by how much their
 * margins differ, a warning for each arithmetic of a fit. Nothing is said of subspaces that do not tell theirs, nor of
 * a model that does not.
 */
export function arithmeticWarnings(attributes: readonly Attribute[], model: ModelInfo): string[] {
  const decoding = model.arithmetic?.decoding;
  if (decoding === undefined) return [];
  const found = attributes.flatMap((attribute) => {
    // The one that is read by default: what does not fit the model is refused when it is used.
    const [own] = [...subspacesFor(attribute, model)].sort(
      (a, b) => Math.max(...b.layers) - Math.max(...a.layers),
    );
    return own === undefined ? [] : misreadOf(attribute.name, own, decoding);
  });
  return [...new Set(found.map(({ fitted }) => fitted))].map((fitted) => {
    const own = found.filter((each) => each.fitted === fitted);
    const advice = own.some(({ difference }) => difference === undefined)
      ? ' "halfspace compare-precision" measures it.'
      : '';
    return `Subspaces that were fitted in ${fitted} are read in ${decoding} (${own.map(describe).join('; ')}).${advice}`;
  });
}
