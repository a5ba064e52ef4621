import { badRequest } from '../http/api-error.js';

/**
 * The longest run of letters, digits, white space or other characters that is read. A tokenizer merges a run as a whole, which takes
 * the square of its length: one of this length takes some milliseconds, and one of 100,000 spaces ten seconds, for all who are served.
 */
const LONGEST_RUN = 4096;

const RUNS = /[\p{L}\p{M}]+|\p{N}+|\s+|[^\p{L}\p{M}\p{N}\s]+/gu;

/**
 * Refuses a text that would hold the server up.
 *
 * @param param - The field that it is in.
 * @throws ApiError 400
 */
export function checkRuns(text: string, param: string): void {
  if (text.length <= LONGEST_RUN) return;
  for (const { 0: run, index } of text.matchAll(RUNS)) {
    if (run.length <= LONGEST_RUN) continue;
    throw badRequest(
      param,
      `From character ${index} on, ${param} has ${run.length} characters of one kind with nothing in between, and may have ${LONGEST_RUN}. Break them up.`,
      'string_above_max_length',
    );
  }
}
