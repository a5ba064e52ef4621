import { setImmediate as macrotask } from 'node:timers/promises';

/** Gives a number to each of some texts, in their order. */
export type ReadTexts = (texts: readonly string[]) => Promise<readonly number[]>;

/**
 * Joins what is asked at the same time into one call, in which each text is once: completions that are decoded together ask
 * one by one, and share texts while they are short.
 *
 * @param read - What is called; where it fails, all that asked do.
 */
export function gatherTexts(read: ReadTexts): ReadTexts {
  let gathered:
    | { readonly texts: Map<string, number>; readonly numbers: Promise<readonly number[]> }
    | undefined;

  function begin() {
    const texts = new Map<string, number>();
    const numbers = macrotask().then(async () => {
      gathered = undefined;
      return read([...texts.keys()]);
    });
    return { texts, numbers };
  }

  return async (texts) => {
    const { texts: places, numbers } = (gathered ??= begin());
    for (const text of texts) if (!places.has(text)) places.set(text, places.size);
    const found = await numbers;
    return texts.map((text) => found[places.get(text) ?? NaN]);
  };
}
