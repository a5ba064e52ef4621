/** A number of things in words, as in `1,200 rows`. */
export function pluralise(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
