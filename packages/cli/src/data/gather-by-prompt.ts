import type { LabelledText } from '@halfspace/subspace';

/**
 * Rows with those of one prompt and group next to one another, else in order. Keeps them all in memory.
 */
export async function gatherByPrompt(rows: AsyncIterable<LabelledText>): Promise<LabelledText[]> {
  const gathered = new Map<string, LabelledText[]>();
  for await (const row of rows) {
    const key = JSON.stringify([row.prompt, row.group]);
    const found = gathered.get(key);
    if (found === undefined) gathered.set(key, [row]);
    else found.push(row);
  }
  return [...gathered.values()].flat();
}
