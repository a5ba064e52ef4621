import type { Subspace } from './contracts/attribute.js';
import type { Backend } from './contracts/backend.js';
import { HalfspaceError } from './errors.js';
import { createDistanceReader, marginOf } from './margins.js';
import { assertFinite } from './step.js';

/** Margins of a response: after its last token, and over the states after each of its tokens. */
export interface ScoredMargins {
  /** After the last token. */
  readonly last: number;
  /** Mean over the tokens. */
  readonly mean: number;
  /** The lowest over the tokens. */
  readonly min: number;
}

/** What the subspaces say of one response. */
export interface Score {
  /** Per attribute, in log-odds; above 0 is the desired side. */
  readonly margins: Readonly<Record<string, ScoredMargins>>;
  /** Per attribute, the probability of the desired side by the last margin. */
  readonly probability: Readonly<Record<string, number>>;
}

/** What is to be scored. */
export interface ScoreOptions {
  /** Text before the response (default: none). */
  readonly prompt?: string;
  /** The text that is scored, at least one token. */
  readonly response: string;
  /** Names of the attributes. */
  readonly attributes: readonly string[];
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tokens of prompt and response, encoded apart, as they meet when a response is generated.
 *
 * @throws HalfspaceError `empty-response`, `context-overflow`
 */
export function encodeResponse(
  { tokenizer, model }: Backend,
  prompt: string,
  response: string,
): {
  /** Those of the prompt, then those of the response. */
  tokens: number[];
  /** Index of the first token of the response. */
  start: number;
} {
  const before = tokenizer.encode(prompt);
  const after = tokenizer.encode(response);
  if (after.length === 0) {
    throw new HalfspaceError(
      'empty-response',
      'The response is empty. There is nothing to score without one.',
    );
  }
  const tokens = [...before, ...after];
  if (tokens.length > model.contextLength) {
    throw new HalfspaceError(
      'context-overflow',
      `Prompt and response have ${tokens.length} tokens, and ${model.name} takes ${model.contextLength}. Shorten them.`,
    );
  }
  return { tokens, start: before.length };
}

/** Runs a text once and reads the margins of its response. */
export async function score(
  backend: Backend,
  subspaces: readonly Subspace[],
  options: ScoreOptions,
): Promise<Score> {
  const { prompt = '', response, attributes, signal } = options;
  const { tokens, start } = encodeResponse(backend, prompt, response);
  const reader = createDistanceReader(subspaces);
  const prefill = await backend.prefill(tokens, { rowsPerStep: 1, layers: reader.layers, signal });
  backend.release(prefill.context);
  const count = tokens.length - start;
  const distances = new Float64Array(count * subspaces.length);
  reader.read(prefill, start, count, distances);
  assertFinite(distances);
  const margins = subspaces.map((subspace, a) =>
    summarise(
      Array.from({ length: count }, (_, row) => marginOf(subspace, distances[row * subspaces.length + a])),
    ),
  );
  return {
    margins: Object.fromEntries(attributes.map((name, a) => [name, margins[a]])),
    probability: Object.fromEntries(attributes.map((name, a) => [name, sigmoid(margins[a].last)])),
  };
}

function summarise(margins: readonly number[]): ScoredMargins {
  const sum = margins.reduce((total, margin) => total + margin, 0);
  return { last: margins[margins.length - 1], mean: sum / margins.length, min: Math.min(...margins) };
}

function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
