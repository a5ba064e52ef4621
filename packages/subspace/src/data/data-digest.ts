import { createHash } from 'node:crypto';
import type { LabelledText } from './labelled-text.js';

/** A row as a line of JSON with its keys in alphabetical order: what digests of data are made of. */
export function lineOf({ group, label, prompt, response }: LabelledText): string {
  return `${JSON.stringify({ group, label, prompt, response })}\n`;
}

/** sha-256 (hex) of rows, as an artifact has it of those that it was fitted and measured on. Their order and groups count. */
export function digestOf(rows: readonly LabelledText[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(lineOf(row));
  return hash.digest('hex');
}
