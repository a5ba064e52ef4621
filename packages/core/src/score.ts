import { type Backend, describeValue, HalfspaceError, type Tokenizer } from '@halfspace/contracts';
import { fieldsOf, givenAsBefore } from '@halfspace/contracts/internal';
import type { BoundAttribute } from './step/margins/bound-attributes.js';
import { candidateOf } from './text/candidate.js';
import {
  encodeContinuation,
  encodePrompt,
  fewestTokens,
  type Prompt,
  withControlTokens,
} from './text/encode-text.js';
import { marginOf, type ScoredMargins } from './step/margins/margins.js';
import { createMarginReader, type TextState } from './step/margins/margin-reader.js';
import { prefillTogether } from './decode/shared-engine.js';
import type { ByName } from './options/by-name.js';
import { asked } from './text/text-step.js';
import { createTextAssembler } from './text/text-assembler.js';

/**
 * What the subspaces say of one response.
 *
 * @typeParam Name - Names of the attributes that there are; those that were not asked for are missing.
 */
export interface Score<Name extends string = string> {
  /** Per attribute, in log-odds; above 0 is the desired side. */
  readonly margins: ByName<Name, ScoredMargins>;
  /** Per attribute, the probability of the desired side by the last margin. */
  readonly probability: ByName<Name, number>;
}

/** What is to be scored. */
export interface ScoreOptions<Name extends string = string> {
  /** Text before the response (default: none). */
  readonly prompt?: string;
  /** The text that is scored, at least one token. */
  readonly response: string;
  /** Whether control tokens that the texts spell out are control tokens (default false: text); see {@link withControlTokens}. */
  readonly controlTokens?: boolean;
  /** Names of the attributes whose margins are read. */
  readonly measure: readonly Name[];
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tokens of prompt and response as they meet when a response is generated: the response goes on from the prompt, so that
 * nothing is put in front of it.
 *
 * @param backend - Whose tokenizer and context length count.
 * @param prompt - A text, or a conversation that the model's chat template renders.
 * @throws HalfspaceError `empty-response`, `context-overflow`, `no-chat-template`, `cannot-continue-turn`
 */
export function encodeResponse(
  backend: Backend,
  prompt: Prompt,
  response: string,
): {
  /** Those of the prompt, then those of the response. */
  tokens: number[];
  /** Index of the first token of the response. */
  start: number;
} {
  const { tokenizer, model } = backend;
  const tooLong = (count: string) =>
    new HalfspaceError(
      'context-overflow',
      `Prompt and response have ${count} tokens, and ${model.name} takes ${model.contextLength}. Shorten them.`,
    );
  const rendered = typeof prompt === 'string' ? prompt : tokenizer.renderChat(prompt);
  const fewest = fewestTokens(backend, [rendered, response], model.contextLength);
  if (fewest > model.contextLength) throw tooLong(`at least ${fewest}`);
  const before = encodePrompt(tokenizer, prompt).tokens;
  const after =
    prompt === '' ? encodeWhole(tokenizer, response, before) : encodeContinuation(tokenizer, response);
  if (after.length === 0) {
    throw new HalfspaceError(
      'empty-response',
      'The response is empty. There is nothing to score without one.',
    );
  }
  const tokens = [...before, ...after];
  if (tokens.length > model.contextLength) throw tooLong(`${tokens.length}`);
  return { tokens, start: before.length };
}

/** Tokens of a response that goes on from nothing: a whole text, which may begin with a space that a tokenizer puts there. */
function encodeWhole(tokenizer: Tokenizer, response: string, beginning: readonly number[]): number[] {
  const whole = [...tokenizer.encode(response, { controlTokens: false })];
  const begins = beginning.every((token, at) => whole[at] === token);
  return begins ? whole.slice(beginning.length) : encodeContinuation(tokenizer, response);
}

/** @throws HalfspaceError `bad-option` where texts or names are none */
export function checkScoreOptions(options: ScoreOptions): void {
  const { prompt = '', response, measure } = fieldsOf(options);
  for (const [name, text] of Object.entries({ prompt, response })) {
    if (typeof text === 'string' || (name === 'prompt' && Array.isArray(text))) continue;
    throw new HalfspaceError('bad-option', `The option ${name} must be string; got ${describeValue(text)}.`);
  }
  if (Array.isArray(measure) && measure.every((each) => typeof each === 'string')) return;
  const instead = givenAsBefore('measure', options);
  throw new HalfspaceError(
    'bad-option',
    `The option measure must be a list of names of attributes.${instead}`,
  );
}

/**
 * Runs a text once and reads the margins of its response. A scoring attribute is asked about every token in
 * turn, as the only candidate after the text before it.
 */
export async function score(
  backend: Backend,
  bound: readonly BoundAttribute[],
  options: ScoreOptions,
): Promise<Score> {
  const { prompt = '', response, signal } = options;
  const reader = options.controlTokens === true ? withControlTokens(backend) : backend;
  const { tokens, start } = encodeResponse(reader, prompt, response);
  const { model, tokenizer } = backend;
  const marginReader = createMarginReader(bound, model.width);
  const { layers } = marginReader;
  const request = { tokens, rowsPerStep: 1, layers, from: start };
  const states = await prefillTogether(backend, request, signal);
  backend.release(states.context);
  const assembler = createTextAssembler([]);
  const before = typeof prompt === 'string' ? { text: prompt } : encodePrompt(reader.tokenizer, prompt);
  const columns: number[][] = bound.map(() => []);
  for (let row = start; row < tokens.length; row++) {
    const token = tokens[row];
    const look = { hidden: (layer: number) => states.hidden(layer).subarray((row - start) * model.width) };
    const batch = { rows: [0], look };
    // Every token of a text was run, an end token too.
    const distances = marginReader.start(Int32Array.of(token), NONE, NO_STATE);
    marginReader.read(batch, distances);
    if (marginReader.scorers.length > 0) {
      const candidate = candidateOf(token, assembler, tokenizer);
      const text = asked(before, { prefix: assembler.text, candidates: Object.freeze([candidate]) });
      await marginReader.ask(distances, {
        step: row - start,
        scorers: marginReader.scorers,
        asked: [0],
        text,
        batch,
        before: NO_STATE,
        signal,
      });
      assembler.push(tokenizer.bytes(token));
    }
    distances.forEach(([distance], a) => columns[a].push(marginOf(bound[a].calibration, distance)));
  }
  const margins = columns.map(summarise);
  return {
    margins: Object.fromEntries(bound.map(({ name }, a) => [name, margins[a]])),
    probability: Object.fromEntries(bound.map(({ name }, a) => [name, sigmoid(margins[a].last)])),
  };
}

const NONE: ReadonlySet<number> = new Set();
const NO_STATE: TextState = { distances: new Float64Array(), hidden: new Map() };

function summarise(margins: readonly number[]): ScoredMargins {
  const sum = margins.reduce((total, margin) => total + margin, 0);
  return { last: margins[margins.length - 1], mean: sum / margins.length, min: Math.min(...margins) };
}

function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
