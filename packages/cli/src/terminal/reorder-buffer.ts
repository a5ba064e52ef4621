/**
 * Puts items that come in any order back in the order of their indices, from 0 without gaps. What it
 * returns takes one item, and returns those that are due.
 */
export function createReorderBuffer<T>(): (index: number, item: T) => T[] {
  const waiting = new Map<number, T>();
  let next = 0;
  return (index, item) => {
    waiting.set(index, item);
    const due: T[] = [];
    for (; waiting.has(next); next++) {
      due.push(waiting.get(next) as T);
      waiting.delete(next);
    }
    return due;
  };
}
