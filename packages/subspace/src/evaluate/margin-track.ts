/** A response of known label and its margins: one after each of its tokens, in log-odds. */
export interface MarginTrack {
  /** At least one. */
  readonly margins: Float64Array;
  /** 1: has the value; 0: lacks it. */
  readonly label: 0 | 1;
  /** Responses of one group are not independent of each other. */
  readonly group: string;
}

/** Margins as items of their own. */
export interface Items {
  readonly margins: ArrayLike<number>;
  /** 0 or 1 for each. */
  readonly labels: ArrayLike<number>;
  readonly groups: readonly string[];
}

/**
 * The ways to read a response: the margin after its last token, the mean or the minimum over its tokens, or
 * every token as an item of its own, with the response's label.
 */
export const POOLINGS = ['last', 'mean', 'min', 'every'] as const;

/**
 * A way to read a response: the margin after its last token, the mean or the minimum over its tokens, or every token as
 * an item of its own.
 *
 * @useDeclaredType
 */
export type Pooling = (typeof POOLINGS)[number];

/** How each pooling takes its margins from those of a response. */
export const POOLERS: Readonly<Record<Pooling, (margins: Float64Array) => ArrayLike<number>>> = {
  last: (margins) => margins.subarray(-1),
  mean: (margins) => [margins.reduce((sum, margin) => sum + margin, 0) / margins.length],
  min: (margins) => [margins.reduce((least, margin) => Math.min(least, margin))],
  every: (margins) => margins,
};

/** Reads responses in one way. */
export function readItems(tracks: readonly MarginTrack[], pooling: Pooling): Items {
  return itemsOf(tracks, POOLERS[pooling]);
}

/** Reads some margins of each response. */
export function itemsOf(
  tracks: readonly MarginTrack[],
  read: (margins: Float64Array) => ArrayLike<number>,
): Items {
  const margins: number[] = [];
  const labels: number[] = [];
  const groups: string[] = [];
  for (const track of tracks) {
    const found = read(track.margins);
    for (let i = 0; i < found.length; i++) {
      margins.push(found[i]);
      labels.push(track.label);
      groups.push(track.group);
    }
  }
  return { margins, labels, groups };
}
