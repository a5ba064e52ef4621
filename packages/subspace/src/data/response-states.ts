import {
  type Backend,
  encodeResponse,
  HalfspaceError,
  isHalfspaceError,
  type Prompt,
  throwIfAborted,
} from '@halfspace/core';
import type { LabelledText } from './labelled-text.js';

/** Tokens whose hidden states are held at once, unless a single text has more. */
const TOKENS_HELD = 1024;

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
 * A row as tokens.
 *
 * @param number - Its place among the rows given, from 1.
 * @param chat - Whether its prompt is a user's turn in the model's chat template.
 * @throws HalfspaceError `empty-response`, `context-overflow`, `no-chat-template`, naming the row
 */
export function encodeRow(backend: Backend, row: LabelledText, number: number, chat: boolean): EncodedRow {
  try {
    const prompt: Prompt = chat ? [{ role: 'user', content: row.prompt }] : row.prompt;
    return { ...row, number, ...encodeResponse(backend, prompt, row.response) };
  } catch (error) {
    if (!isHalfspaceError(error)) throw error;
    throw new HalfspaceError(error.code, `Row ${number}: ${error.message}`, { cause: error });
  }
}

/**
 * Runs rows through the model, several to a call, and yields the hidden states of their responses at some
 * layers in the order of the rows. Rows of like length next to one another take least time.
 *
 * @throws HalfspaceError `aborted`; and `not-finite` when states are read
 */
export async function* responseStates(
  backend: Backend,
  rows: readonly EncodedRow[],
  layers: readonly number[],
  signal?: AbortSignal,
): AsyncGenerator<ResponseStates> {
  const { width } = backend.model;
  for (let at = 0; at < rows.length;) {
    const run: EncodedRow[] = [];
    for (
      let tokens = 0;
      at < rows.length && (run.length === 0 || tokens + rows[at].tokens.length <= TOKENS_HELD);
    ) {
      tokens += rows[at].tokens.length;
      run.push(rows[at++]);
    }
    const texts = await backend.states(
      run.map(({ tokens }) => tokens),
      { layers, signal },
    );
    for (const [index, row] of run.entries()) {
      throwIfAborted(signal);
      yield {
        row,
        hidden(layer) {
          const states = texts[index].hidden(layer).subarray(row.start * width);
          assertFinite(states, row, layer);
          return states;
        },
      };
    }
  }
}

/** Hidden states after each token at some layers end to end, row-major [tokens, layers · width]. */
export function statesAt(response: ResponseStates, layers: readonly number[], width: number): Float32Array {
  let states = new Float32Array();
  // Copied layer by layer: a backend may give all of them in one buffer.
  layers.forEach((layer, index) => {
    const part = response.hidden(layer);
    const tokens = part.length / width;
    if (index === 0) states = new Float32Array(part.length * layers.length);
    for (let token = 0; token < tokens; token++) {
      const row = part.subarray(token * width, (token + 1) * width);
      states.set(row, (token * layers.length + index) * width);
    }
  });
  return states;
}

function assertFinite(states: Float32Array, row: EncodedRow, layer: number): void {
  if (states.every(Number.isFinite)) return;
  throw new HalfspaceError(
    'not-finite',
    `Row ${row.number}: the model gave hidden states at layer ${layer} that are not finite. Its weights or ` +
      'its arithmetic are broken: try another precision, and verify the model file.',
  );
}
