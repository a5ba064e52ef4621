/** Texts of equal length, to be run in one call. */
export interface EvenBatch {
  /** Tokens of each. */
  readonly length: number;
  /** Which texts, by their places. */
  readonly members: readonly number[];
}

/**
 * Puts texts of equal length together, at most `most` tokens to a batch but at least one text. Without padding
 * a text's numbers do not depend on the others, and nothing is computed for nothing.
 */
export function evenBatches(texts: readonly ArrayLike<number>[], most: number): EvenBatch[] {
  const byLength = new Map<number, number[]>();
  texts.forEach(({ length }, text) => {
    const members = byLength.get(length);
    if (members === undefined) byLength.set(length, [text]);
    else members.push(text);
  });
  return [...byLength].flatMap(([length, members]) => {
    const size = Math.max(1, Math.floor(most / length));
    return Array.from({ length: Math.ceil(members.length / size) }, (_, batch) => ({
      length,
      members: members.slice(batch * size, (batch + 1) * size),
    }));
  });
}
