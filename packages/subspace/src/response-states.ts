import { type Backend, encodeResponse, HalfspaceError, isHalfspaceError } from '@halfspace/core';
import type { LabelledText } from './labelled-text.js';

/** A row as tokens. */
export interface EncodedRow extends LabelledText {
  /** Place among the rows given, from 1, for messages. */
  readonly number: number;
  readonly tokens: readonly number[];
  /** First token of the response. */
  readonly start: number;
}

/** A row that has been run through the model. */
export interface ResponseStates {
  readonly row: EncodedRow;
  /** Hidden states after each token of the response, row-major [tokens, width]. */
  hidden(layer: number): Float32Array;
}

/**
 * Rows as tokens, so that every fault of the data shows before the model runs.
 *
 * @throws HalfspaceError `empty-response`, `context-overflow`, naming the row
 */
export function encodeRows(backend: Backend, rows: readonly LabelledText[]): EncodedRow[] {
  return rows.map((row, i) => {
    try {
      return { ...row, number: i + 1, ...encodeResponse(backend, row.prompt, row.response) };
    } catch (error) {
      if (!isHalfspaceError(error)) throw error;
      throw new HalfspaceError(error.code, `Row ${i + 1}: ${error.message}`, { cause: error });
    }
  });
}

/**
 * Runs rows through the model, one after the other, and yields the hidden states of their responses at
 * some layers. Holds one row at a time and no context.
 *
 * @throws HalfspaceError `aborted`, `not-finite`
 */
export async function* responseStates(
  backend: Backend,
  rows: readonly EncodedRow[],
  layers: readonly number[],
  signal?: AbortSignal,
): AsyncGenerator<ResponseStates> {
  const { width } = backend.model;
  for (const row of rows) {
    const [text] = await backend.states([row.tokens], { layers, signal });
    yield {
      row,
      hidden(layer) {
        const states = text.hidden(layer).subarray(row.start * width);
        assertFinite(states, row, layer);
        return states;
      },
    };
  }
}

function assertFinite(states: Float32Array, row: EncodedRow, layer: number): void {
  if (states.every(Number.isFinite)) return;
  throw new HalfspaceError(
    'not-finite',
    `Row ${row.number}: the model gave hidden states at layer ${layer} that are not finite. Its weights or ` +
      'its arithmetic are broken: try another precision, and verify the model file.',
  );
}
