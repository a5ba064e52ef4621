import type { LabelledText } from '../data/labelled-text.js';
import { createRandom } from '../statistics/random.js';

/** Rows of random letters: four tokens in a response, three rows in a group. */
export function makeRows(count: number, seed = 1): LabelledText[] {
  const random = createRandom(seed);
  const letters = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('');
  return Array.from({ length: count }, (_, i) => {
    const label = random() < 0.5 ? 1 : 0;
    const response = letters(4);
    return {
      prompt: String(10_000 + i),
      response: label === 1 ? response.toUpperCase() : response,
      label,
      group: `group ${Math.floor(i / 3)}`,
    };
  });
}
