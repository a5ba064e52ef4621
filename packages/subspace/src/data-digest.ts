import { createHash } from 'node:crypto';
import type { LabelledText } from './labelled-text.js';

/**
 * sha-256 (hex) of rows written as JSON lines with their keys in alphabetical order: says whether two
 * subspaces were fitted on the same data in the same order.
 */
export function dataDigest(rows: readonly LabelledText[]): string {
  const hash = createHash('sha256');
  for (const { group, label, prompt, response } of rows) {
    hash.update(`${JSON.stringify({ group, label, prompt, response })}\n`);
  }
  return hash.digest('hex');
}
