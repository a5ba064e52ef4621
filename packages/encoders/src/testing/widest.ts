/** The largest difference between numbers found and numbers wanted; NaN where one is missing. */
export function widest(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < wanted.length; index++) {
    const difference = Math.abs((found[index] ?? NaN) - (wanted[index] ?? NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
