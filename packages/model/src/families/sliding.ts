import type { SlidingWindow } from '../compile/architecture.js';
import { contradiction } from '../compile/check-tensors.js';
import { describeValue } from '../describe-value.js';
import type { Described } from './define-family.js';
import { unsupported } from './unsupported.js';

/** Names of blocks that see the whole text; the second is an older one. */
const WHOLE: ReadonlySet<unknown> = new Set(['full_attention', 'attention']);

/** Whether a block sees the whole text. */
export type SeesWhole = (layer: number) => boolean;

/** One block of so many, the last, sees the whole text. */
export const lastOf =
  (period: number): SeesWhole =>
  (layer) =>
    layer % period === period - 1;

/** Which blocks see the whole text by `layer_types` of config.json; undefined where it does not say. */
export function wholeByKinds({ model, read, sizes }: Described): SeesWhole | undefined {
  const kinds = read.value('layer_types');
  if (kinds === undefined) return undefined;
  if (!Array.isArray(kinds) || kinds.length !== sizes.layers)
    throw contradiction(model.name, `its layer_types are not of ${sizes.layers} blocks`);
  const other = kinds.find((kind) => !WHOLE.has(kind) && kind !== 'sliding_attention');
  if (other !== undefined) throw unsupported(model, `has a block of the kind ${describeValue(other)}`);
  return (layer) => WHOLE.has(kinds[layer]);
}

/**
 * Which blocks see the whole text by `attention.sliding_window_pattern` of GGUF: a period, 0 for none, or a list of the
 * blocks with a window.
 *
 * @param otherwise - The period where the file does not say.
 */
export function wholeInGguf({ model, read, sizes }: Described, otherwise: number): SeesWhole {
  const key = 'attention.sliding_window_pattern';
  const given = read.value(key);
  if (given === undefined) return lastOf(otherwise);
  if (given === 0) return () => false;
  if (!Array.isArray(given)) return lastOf(read.size(key));
  if (given.length !== sizes.layers)
    throw contradiction(model.name, `its ${key} is of ${given.length} blocks`);
  return (layer) => given[layer] === false || given[layer] === 0;
}

/** A window of `tokens` in the blocks that do not see the whole text; none where all do. */
export function windowIn(
  { sizes, rotary }: Described,
  tokens: number,
  seesWhole: SeesWhole,
  turning = rotary,
): { sliding?: SlidingWindow } {
  const blocks = Array.from({ length: sizes.layers }, (_, layer) => layer).filter(
    (layer) => !seesWhole(layer),
  );
  if (blocks.length === 0) return {};
  return { sliding: { tokens, blocks, ...(turning !== undefined && { rotary: turning }) } };
}
