/** Where a number lies, ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Where the result of an operation lies, for operands that lie somewhere. */
export type Enclose = (...operands: Interval[]) => Interval;

/** Any finite number. */
export const ANYWHERE: Interval = { low: -Infinity, high: Infinity };
/** A truth that is not known. */
export const EITHER: Interval = { low: 0, high: 1 };

/** A number that is known. */
export function exactly(value: number): Interval {
  return { low: value, high: value };
}

export function isKnown({ low, high }: Interval): boolean {
  return low === high;
}

/** The smallest interval that holds both. */
export function union(a: Interval, b: Interval): Interval {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** For an operation that never falls while an operand grows. */
export function increasing(apply: (...values: number[]) => number): Enclose {
  return (...operands) => {
    const low = apply(...operands.map((each) => each.low));
    const high = apply(...operands.map((each) => each.high));
    return { low: Number.isNaN(low) ? -Infinity : low, high: Number.isNaN(high) ? Infinity : high };
  };
}

export function negated({ low, high }: Interval): Interval {
  return { low: -high, high: -low };
}

/** Margins are finite, so that 0 times any of them is 0. */
export function product(a: Interval, b: Interval): Interval {
  const corners = [a.low, a.high].flatMap((x) =>
    [b.low, b.high].map((y) => (x === 0 || y === 0 ? 0 : x * y)),
  );
  return { low: Math.min(...corners), high: Math.max(...corners) };
}

export function magnitude(a: Interval): Interval {
  const { low, high } = union(a, negated(a));
  return {
    low: a.low <= 0 && a.high >= 0 ? 0 : Math.min(Math.abs(a.low), Math.abs(a.high)),
    high: Math.max(high, -low),
  };
}
