import type { LabelledText } from './labelled-text.js';

/** A row as a line of JSON with its keys in alphabetical order: what digests of data are made of. */
export function lineOf({ group, label, prompt, response }: LabelledText): string {
  return `${JSON.stringify({ group, label, prompt, response })}\n`;
}
