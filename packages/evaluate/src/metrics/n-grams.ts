/**
 * Different n-grams of words among all completions of a prompt, divided by their words: distinct-n as Li et al.
 * (2016) define it and DExperts and RAD report it. Words are what white space separates. NaN if there are none.
 */
export function distinct(texts: readonly string[], n: number): number {
  const found = new Set<string>();
  let words = 0;
  for (const text of texts) {
    const all = text.split(/\s+/).filter((word) => word !== '');
    words += all.length;
    for (let end = n; end <= all.length; end++) found.add(all.slice(end - n, end).join(' '));
  }
  return words === 0 ? NaN : found.size / words;
}

/**
 * Share of the n-grams of a text that it has had before: seq-rep-n of Welleck et al. (2020). 0 for a text that is too
 * short to have any.
 *
 * @param tokens - Token ids.
 */
export function repetition(tokens: readonly number[], n: number): number {
  const total = tokens.length - n + 1;
  if (total <= 0) return 0;
  const found = new Set<string>();
  for (let start = 0; start < total; start++) found.add(tokens.slice(start, start + n).join());
  return 1 - found.size / total;
}
