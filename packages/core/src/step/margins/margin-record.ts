/** The margins of a text as it grows. */
export interface MarginRecord {
  /** At the end of the prompt, for each attribute. */
  readonly first: readonly number[];
  /** Number of tokens since. */
  count: number;
  /** Over the margins after each of them, for each attribute. */
  readonly sums: Float64Array;
  /** The least of them. */
  readonly mins: Float64Array;
}

/** The record of a text that is only a prompt yet. */
export function startRecord(first: readonly number[]): MarginRecord {
  return {
    first,
    count: 0,
    sums: new Float64Array(first.length),
    mins: new Float64Array(first.length).fill(Infinity),
  };
}

/** Records the margins of the text after its latest token. */
export function recordMargins(record: MarginRecord, margins: readonly number[]): void {
  record.count++;
  margins.forEach((margin, a) => {
    record.sums[a] += margin;
    record.mins[a] = Math.min(record.mins[a], margin);
  });
}

/** For each attribute, the mean of the margins at the end of the prompt and after every token since. */
export function runningMeans({ first, sums, count }: MarginRecord): Float64Array {
  return sums.map((sum, a) => (sum + first[a]) / (count + 1));
}
