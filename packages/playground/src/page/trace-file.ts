import type { TracedStep } from '@halfspace/core';

/** A completion of a trace file. */
export interface TracedText {
  readonly prompt: string;
  readonly promptIndex: number;
  readonly sample: number;
  readonly text: string;
  readonly seed: number;
  readonly weights: Readonly<Record<string, number | string>>;
  readonly finishReason: string;
  readonly steps: readonly TracedStep[];
}

/** A file that is no trace, in words. */
export class BadTrace extends Error {
  override readonly name = 'BadTrace';
}

/** Bytes of the largest file that is read. */
export const MOST_BYTES = 64 * 2 ** 20;

/**
 * Reads what `halfspace generate --trace` wrote.
 *
 * @returns At least one completion.
 * @throws BadTrace with the line that is wrong
 */
export function readTraceFile(text: string): TracedText[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.replace(/^\uFEFF/, ''), place: `Line ${index + 1}` }));
  const full = lines.filter(({ line }) => line.trim() !== '');
  if (full.length === 0) throw bad('The file', 'it is empty');
  return full.map(({ line, place }) => readLine(line, place));
}

function readLine(line: string, place: string): TracedText {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    throw bad(place, 'it is no JSON');
  }
  const fields = record(found, place, 'it');
  const { prompt, text, steps, weights, seed, promptIndex = 0, sample = 0, finishReason } = fields;
  for (const [name, value] of Object.entries({ prompt, text, finishReason })) {
    if (typeof value !== 'string') throw bad(place, `"${name}" must be a text`);
  }
  for (const [name, value] of Object.entries({ seed, promptIndex, sample })) {
    if (!isNumber(value)) throw bad(place, `"${name}" must be a number`);
  }
  record(weights, place, '"weights"');
  if (!Array.isArray(steps)) throw bad(place, '"steps" must be a list');
  steps.forEach((step, index) => checkStep(step, `${place}, step ${index}`));
  return {
    ...(fields as unknown as TracedText),
    promptIndex: promptIndex as number,
    sample: sample as number,
  };
}

function checkStep(step: unknown, place: string): void {
  const { candidates, chosen, kl, control } = record(step, place, 'it');
  if (!Array.isArray(candidates) || candidates.length === 0)
    throw bad(place, '"candidates" must be a list of at least one');
  if (!Number.isInteger(chosen) || !((chosen as number) >= 0 && (chosen as number) < candidates.length)) {
    throw bad(place, '"chosen" must be the index of a candidate');
  }
  if (!isNumber(kl)) throw bad(place, '"kl" must be a number');
  for (const each of candidates as unknown[]) {
    const { text, reference, probability, margins } = record(each, place, 'a candidate');
    if (typeof text !== 'string') throw bad(place, '"text" of a candidate must be a text');
    if (!isShare(reference) || !isShare(probability))
      throw bad(place, 'a candidate needs probabilities from 0 to 1');
    const all = Object.values(record(margins, place, '"margins"'));
    if (!all.every(isNumber)) throw bad(place, 'margins must be numbers');
  }
  if (control !== undefined) record(control, place, '"control"');
}

function record(value: unknown, place: string, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw bad(place, `${what} must be an object`);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isShare(value: unknown): boolean {
  return isNumber(value) && (value as number) >= 0 && (value as number) <= 1 + 1e-9;
}

function bad(place: string, what: string): BadTrace {
  return new BadTrace(`${place}: ${what}. Choose a file that "halfspace generate --trace FILE" wrote.`);
}
