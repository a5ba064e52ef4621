import { askScorers } from './ask-scorers.js';
import { isScoring, type BoundAttribute } from './bound-attributes.js';
import type { TextStep } from './contracts/step.js';
import { createDistanceReader, type HiddenStates } from './margins.js';

/** What has been read off a text, for candidates that leave it as it is. */
export interface TextState {
  /** Distance to every attribute; NaN where it was not evaluated. */
  readonly distances: Float64Array;
  /** Hidden state at every layer that scoring attributes read. */
  readonly hidden: ReadonlyMap<number, Float32Array>;
}

/** The candidates of a step, as far as they have been run through the model. */
export interface RunCandidates {
  readonly endTokens: ReadonlySet<number>;
  readonly tokens: Int32Array;
  /** Candidates that were run, as indices into `tokens`. */
  readonly rows: readonly number[];
  /** Their hidden states; undefined if none was run. */
  readonly look: HiddenStates | undefined;
  /** State of the text before them. */
  readonly before: TextState;
}

/** Where and how scoring attributes are asked. */
export interface Asking {
  /** Number of the step, from 0. */
  readonly step: number;
  /** Candidates to ask about, as indices. */
  readonly asked: readonly number[];
  /** The text, with the candidates that are asked about. */
  readonly text: TextStep;
  readonly signal: AbortSignal | undefined;
}

/**
 * Measures candidates by attributes of both kinds: by all subspaces in one pass over the hidden states,
 * and by asking plugins. Distances are columns, one for each attribute, with a number for each candidate:
 * NaN stands for "not evaluated". The distance of a plugin is its margin.
 */
export interface Meter {
  /** Layers whose hidden states are needed, ascending. */
  readonly layers: readonly number[];
  /** Whether there are plugins to ask. */
  readonly asks: boolean;
  /**
   * The state of a text of which a row is the last.
   *
   * @throws HalfspaceError `not-finite`
   */
  stateAt(source: HiddenStates, row: number): TextState;
  /**
   * Distances of candidates to subspaces. An end token is not run, because the text stays as it is: it
   * has the distances of the text before it.
   *
   * @throws HalfspaceError `not-finite`
   */
  read(candidates: RunCandidates): Float64Array[];
  /**
   * Asks the plugins and fills in their columns.
   *
   * @throws HalfspaceError `attribute-failed`, `aborted`
   */
  ask(candidates: RunCandidates, distances: readonly Float64Array[], asking: Asking): Promise<void>;
  /** The state of the text with one of the candidates that were run. */
  stateAfter(candidates: RunCandidates, distances: readonly Float64Array[], chosen: number): TextState;
}

/** Prepares a {@link Meter} for the attributes of a run. */
export function createMeter(attributes: readonly BoundAttribute[], width: number): Meter {
  const columns = [...attributes.keys()];
  const subspaces = attributes.flatMap(({ source }) => (isScoring(source) ? [] : [source]));
  const scorers = attributes.flatMap(({ source }) => (isScoring(source) ? [source] : []));
  const linear = columns.filter((column) => !isScoring(attributes[column].source));
  const scoring = columns.filter((column) => isScoring(attributes[column].source));
  const reader = createDistanceReader(subspaces);
  const keptLayers = [...new Set(scorers.flatMap(({ layers }) => layers))];

  function blank(candidates: number): Float64Array[] {
    return attributes.map(() => new Float64Array(candidates).fill(NaN));
  }

  function readInto(
    distances: readonly Float64Array[],
    source: HiddenStates,
    first: number,
    places: readonly number[],
  ) {
    reader.read(
      source,
      first,
      places,
      linear.map((column) => distances[column]),
    );
  }

  function keepRow(source: HiddenStates, row: number): Map<number, Float32Array> {
    return new Map(
      keptLayers.map((layer) => [layer, source.hidden(layer).slice(row * width, (row + 1) * width)]),
    );
  }

  return {
    layers: [...new Set([...reader.layers, ...keptLayers])].sort((a, b) => a - b),
    asks: scorers.length > 0,
    stateAt(source, row) {
      const distances = blank(1);
      readInto(distances, source, row, [0]);
      return { distances: Float64Array.from(distances, ([only]) => only), hidden: keepRow(source, row) };
    },
    read({ endTokens, tokens, rows, look, before }) {
      const distances = blank(tokens.length);
      tokens.forEach((token, candidate) => {
        if (!endTokens.has(token)) return;
        for (const column of linear) distances[column][candidate] = before.distances[column];
      });
      if (look !== undefined) readInto(distances, look, 0, rows);
      return distances;
    },
    async ask({ rows, look, before }, distances, { step, asked, text, signal }) {
      function hidden(layer: number): Float32Array {
        const states = new Float32Array(asked.length * width);
        asked.forEach((candidate, i) => {
          const row = rows.indexOf(candidate);
          const state =
            row < 0 ? before.hidden.get(layer) : look?.hidden(layer).subarray(row * width, (row + 1) * width);
          if (state !== undefined) states.set(state, i * width);
        });
        return states;
      }
      const answers = await askScorers(scorers, { step, ...text, hidden }, signal);
      answers.forEach((margins, s) => {
        asked.forEach((candidate, i) => {
          distances[scoring[s]][candidate] = margins[i];
        });
      });
    },
    stateAfter({ rows, look }, distances, chosen) {
      return {
        distances: Float64Array.from(distances, (column) => column[chosen]),
        hidden: look === undefined ? new Map() : keepRow(look, rows.indexOf(chosen)),
      };
    },
  };
}
