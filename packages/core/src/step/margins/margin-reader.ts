import type { ScoringAttribute, TextStep } from '@halfspace/contracts';
import { scoreCandidates } from '../../plugins/score-candidates.js';
import { isScoring, type BoundAttribute } from './bound-attributes.js';
import { createDistanceReader, finiteStates, type HiddenStates } from './margins.js';

/** What has been read off a text, for candidates that leave it as it is. */
export interface TextState {
  /** Distance to every attribute; NaN where it was not evaluated. */
  readonly distances: Float64Array;
  /** Hidden state at every layer that scoring attributes read. */
  readonly hidden: ReadonlyMap<number, Float32Array>;
}

/** Candidates of a step that were run through the model together. */
export interface CandidateBatch {
  /** As indices into the candidates of the step. */
  readonly rows: readonly number[];
  /** Their hidden states. */
  readonly look: HiddenStates;
}

/** Where and how scoring attributes are asked. */
export interface StepToScore {
  /** Number of the step, from 0. */
  readonly step: number;
  /** Attributes to ask, as indices; none of a subspace. */
  readonly scorers: readonly number[];
  /** Candidates to ask about, as indices. */
  readonly asked: readonly number[];
  /** The text, with the candidates that are asked about. */
  readonly text: TextStep;
  /** Those of them that were run; undefined if none was. */
  readonly batch: CandidateBatch | undefined;
  /** State of the text before them. */
  readonly before: TextState;
  readonly signal: AbortSignal | undefined;
}

/**
 * Measures candidates by attributes of both kinds: by all subspaces in one pass over the hidden states,
 * and by asking plugins. Distances are columns, one for each attribute, with a number for each candidate:
 * NaN stands for "not evaluated". The distance of a plugin is its margin.
 */
export interface MarginReader {
  /** Layers whose hidden states are needed, ascending. */
  readonly layers: readonly number[];
  /** Those of them that plugins read, at any time until the step is done. */
  readonly kept: readonly number[];
  /** The attributes that are plugins, as indices. */
  readonly scorers: readonly number[];
  /**
   * The state of a text of which a row is the last.
   *
   * @throws HalfspaceError `not-finite`
   */
  stateAt(source: HiddenStates, row: number): TextState;
  /**
   * Distances of candidates of which none has been run. An end token never is, because the text stays as it
   * is: it has the distances of the text before it.
   */
  start(tokens: Int32Array, endTokens: ReadonlySet<number>, before: TextState): Float64Array[];
  /**
   * Fills in the distances of candidates that have been run to subspaces.
   *
   * @throws HalfspaceError `not-finite`
   */
  read(batch: CandidateBatch, distances: readonly Float64Array[]): void;
  /**
   * Asks plugins and fills in their columns.
   *
   * @throws HalfspaceError `attribute-failed`, `aborted`
   */
  ask(distances: readonly Float64Array[], asking: StepToScore): Promise<void>;
  /** The state of the text with one of the candidates of a batch. */
  stateAfter(batch: CandidateBatch, distances: readonly Float64Array[], chosen: number): TextState;
}

/**
 * Hidden states of which some layers are copied now, one after another, because a backend may use what it gave again; others are
 * read from the source.
 *
 * @throws HalfspaceError `not-finite`
 */
export function holdStates(source: HiddenStates, layers: readonly number[]): HiddenStates {
  const held = new Map(layers.map((layer) => [layer, finiteStates(source.hidden(layer).slice())]));
  return { hidden: (layer) => held.get(layer) ?? source.hidden(layer) };
}

/** Prepares a {@link MarginReader} for the attributes of a run. */
export function createMarginReader(attributes: readonly BoundAttribute[], width: number): MarginReader {
  const columns = [...attributes.keys()];
  const subspaces = attributes.flatMap(({ source }) => (isScoring(source) ? [] : [source]));
  const linear = columns.filter((column) => !isScoring(attributes[column].source));
  const scoring = columns.filter((column) => isScoring(attributes[column].source));
  const reader = createDistanceReader(subspaces);
  const keptLayers = [...new Set(scoring.flatMap((column) => pluginAt(attributes, column).layers))];

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
    kept: keptLayers,
    scorers: scoring,
    stateAt(source, row) {
      const distances = blank(attributes.length, 1);
      readInto(distances, source, row, [0]);
      return { distances: Float64Array.from(distances, ([only]) => only), hidden: keepRow(source, row) };
    },
    start(tokens, endTokens, before) {
      const distances = blank(attributes.length, tokens.length);
      tokens.forEach((token, candidate) => {
        if (!endTokens.has(token)) return;
        for (const column of linear) distances[column][candidate] = before.distances[column];
      });
      return distances;
    },
    read({ rows, look }, distances) {
      readInto(distances, look, 0, rows);
    },
    async ask(distances, { step, scorers, asked, text, batch, before, signal }) {
      function hidden(layer: number): Float32Array {
        const states = new Float32Array(asked.length * width);
        asked.forEach((candidate, i) => {
          const row = batch?.rows.indexOf(candidate) ?? -1;
          const state =
            row < 0
              ? before.hidden.get(layer)
              : batch?.look.hidden(layer).subarray(row * width, (row + 1) * width);
          if (state !== undefined) states.set(state, i * width);
        });
        return states;
      }
      const plugins = scorers.map((column) => pluginAt(attributes, column));
      const answers = await scoreCandidates(plugins, { step, ...text, hidden }, signal);
      answers.forEach((margins, s) => {
        asked.forEach((candidate, i) => {
          distances[scorers[s]][candidate] = margins[i];
        });
      });
    },
    stateAfter({ rows, look }, distances, chosen) {
      return {
        distances: Float64Array.from(distances, (column) => column[chosen]),
        hidden: keepRow(look, rows.indexOf(chosen)),
      };
    },
  };
}

function pluginAt(attributes: readonly BoundAttribute[], column: number): ScoringAttribute {
  const { name, source } = attributes[column];
  if (isScoring(source)) return source;
  throw new Error(`"${name}" is read from hidden states: there is nobody to ask.`);
}

/** Columns of distances of which none has been evaluated. */
function blank(attributes: number, candidates: number): Float64Array[] {
  return Array.from({ length: attributes }, () => new Float64Array(candidates).fill(NaN));
}
