import { createHash } from 'node:crypto';
import { type Backend, createDistanceReader, HalfspaceError, inTurns, subspaceFor } from '@halfspace/core';
import { checkRows, countRows } from '../data/check-rows.js';
import { lineOf } from '../data/data-digest.js';
import { decorrelation, type Matrix } from './decorrelation.js';
import { calibrateResponses, measureFigures } from '../fit/figures.js';
import type { LabelledText } from '../data/labelled-text.js';
import { measureResponse } from '../data/measured-response.js';
import { type EncodedRow, encodeRow, responseStates } from '../data/response-states.js';
import { hashOf } from '../data/split.js';
import {
  attributeOf,
  encodeDirection,
  isAboveChance,
  subspaceOf,
  type SubspaceArtifact,
} from '../artifact/subspace-artifact.js';

/** A subspace, and rows that say what it is about. */
export interface LabelledSubspace {
  /** The subspace as it was fitted. */
  readonly artifact: SubspaceArtifact;
  /** Rows with labels of its attribute, none of which it was fitted on. */
  readonly rows: readonly LabelledText[];
}

/** Settings of {@link decorrelateSubspaces}. */
export interface DecorrelateOptions {
  /** Called after each row. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** The distances of all subspaces on one response: for each subspace, one a token. */
interface Read {
  readonly row: LabelledText;
  readonly distances: readonly Float64Array[];
}

/**
 * Makes subspaces that do not interfere: directions are mixed so that their distances are uncorrelated within
 * the classes of the data, each staying as close as it can to what it was ({@link decorrelation}). Tilting
 * towards one then leaves the expected margins of the others where they are. Each is calibrated and measured
 * anew on its own rows.
 *
 * The covariance is that of the distances after every token about the mean of their class, averaged over the
 * data of the subspaces.
 *
 * @param given - Two or more, of one model and the same layers.
 * @returns The new subspaces, in the order given; each names the others in `decorrelatedFrom`.
 * @throws HalfspaceError before any work of the model: `cannot-decorrelate`, `subspace-of-another-model`, `no-data`,
 * `bad-row`, `empty-response`, `context-overflow`. Later: `one-sided-data`, `degenerate-data`, `slope-not-positive`,
 * `not-above-chance`, `aborted`, `not-finite`.
 */
export async function decorrelateSubspaces(
  backend: Backend,
  given: readonly LabelledSubspace[],
  options: DecorrelateOptions = {},
): Promise<SubspaceArtifact[]> {
  checkAlike(given.map(({ artifact }) => artifact));
  for (const { artifact, rows } of given) {
    subspaceFor(attributeOf(artifact), backend.model);
    checkRows(rows);
  }
  const read = await readAll(backend, given, options);
  const mixes = decorrelation(meanOf(read.map(covarianceWithin)));
  return given.map((each, own) => remake(given, own, mixes[own], read[own]));
}

function checkAlike(artifacts: readonly SubspaceArtifact[]): void {
  const [first, ...others] = artifacts;
  if (first === undefined || others.length === 0) {
    throw new HalfspaceError('cannot-decorrelate', 'There must be two subspaces or more.');
  }
  for (const { attribute, layers, model, figures } of artifacts) {
    const told =
      model.fingerprint !== first.model.fingerprint
        ? `reads another model than "${first.attribute}"`
        : layers.join() !== first.layers.join()
          ? `reads layer ${layers.join(', ')}, and "${first.attribute}" reads ${first.layers.join(', ')}: fit them at one layer`
          : figures.pairs !== undefined
            ? 'is calibrated on pairs, which cannot be redone here'
            : undefined;
    if (told !== undefined) throw new HalfspaceError('cannot-decorrelate', `"${attribute}" ${told}.`);
  }
}

/** Reads the distances of all subspaces on the rows of each. */
async function readAll(
  backend: Backend,
  given: readonly LabelledSubspace[],
  { signal, onProgress }: DecorrelateOptions,
): Promise<Read[][]> {
  const subspaces = given.map(({ artifact }) => subspaceOf(artifact));
  const reader = createDistanceReader(subspaces);
  const encoded: EncodedRow[][] = [];
  for (const { artifact, rows } of given) {
    encoded.push(await inTurns(rows, (row, i) => encodeRow(backend, row, i + 1, artifact.chat), signal));
  }
  const total = encoded.reduce((sum, { length }) => sum + length, 0);
  const read: Read[][] = [];
  let done = 0;
  for (const rows of encoded) {
    const part: Read[] = [];
    for await (const states of responseStates(backend, rows, reader.layers, signal)) {
      const { tokens, start } = states.row;
      const distances = subspaces.map(() => new Float64Array(tokens.length - start));
      reader.read(states, 0, [...distances[0].keys()], distances);
      part.push({ row: states.row, distances });
      onProgress?.({ done: ++done, total });
    }
    read.push(part);
  }
  return read;
}

/** The covariance of the distances after every token, about the mean of the class. */
function covarianceWithin(read: readonly Read[]): Matrix {
  const size = read[0].distances.length;
  const sums = Array.from({ length: size }, () => new Float64Array(size));
  let count = 0;
  for (const side of [0, 1]) {
    const members = read.filter(({ row }) => Number(row.label >= 0.5) === side);
    const tokens = members.reduce((sum, { distances }) => sum + distances[0].length, 0);
    count += tokens;
    const means = sums.map((_, a) => {
      const total = members.reduce(
        (sum, { distances }) => distances[a].reduce((all, value) => all + value, sum),
        0,
      );
      return total / tokens;
    });
    for (const { distances } of members) {
      for (let t = 0; t < distances[0].length; t++) {
        for (let a = 0; a < size; a++) {
          for (let b = 0; b < size; b++) {
            sums[a][b] += (distances[a][t] - means[a]) * (distances[b][t] - means[b]);
          }
        }
      }
    }
  }
  return sums.map((row) => Array.from(row, (value) => value / count));
}

function meanOf(matrices: readonly Matrix[]): Matrix {
  return matrices[0].map((row, i) =>
    row.map((_, j) => matrices.reduce((sum, matrix) => sum + matrix[i][j], 0) / matrices.length),
  );
}

/** The subspace `own`, whose distance is a mixture of the distances of all. */
function remake(
  given: readonly LabelledSubspace[],
  own: number,
  mix: readonly number[],
  read: readonly Read[],
): SubspaceArtifact {
  const { artifact, rows } = given[own];
  const subspaces = given.map((each) => subspaceOf(each.artifact));
  const mixed = subspaces[0].direction.map((_, i) =>
    subspaces.reduce((sum, { direction }, a) => sum + mix[a] * direction[i], 0),
  );
  const norm = Math.hypot(...mixed);
  const weights = mix.map((weight) => weight / norm);
  const responses = read.map(({ row, distances }) =>
    measureResponse(
      distances[0].map((_, t) => weights.reduce((sum, weight, a) => sum + weight * distances[a][t], 0)),
      { label: row.label, group: hashOf(row.group) },
    ),
  );
  const { seed } = artifact.data.heldOut;
  const figures = measureFigures(responses, seed, false);
  const { forced: _, layerScores: __, prediction: ___, readings, ...rest } = artifact;
  const aboveChance = isAboveChance(figures, artifact.positions);
  if (!aboveChance && !artifact.forced) {
    throw new HalfspaceError(
      'not-above-chance',
      `Without what it shares with the others, "${artifact.attribute}" is no better than chance on its rows. ` +
        'The values cannot be told apart at this layer.',
    );
  }
  return {
    ...rest,
    // What was measured in other arithmetics was measured of another direction.
    ...(readings && { readings: { arithmetic: readings.arithmetic, layers: readings.layers } }),
    direction: encodeDirection(mixed.map((value) => value / norm)),
    offset: subspaces.reduce((sum, { offset }, a) => sum + weights[a] * offset, 0),
    calibration: calibrateResponses(responses, artifact.positions),
    data: dataOf(
      artifact,
      rows,
      responses.reduce((sum, { tokens }) => sum + tokens, 0),
    ),
    figures,
    decorrelatedFrom: given.flatMap((each, a) => (a === own ? [] : [each.artifact.attribute])),
    ...(aboveChance ? {} : { forced: true as const }),
  };
}

/** The rows fitted on, and in place of those that were held out the rows that it is calibrated on now. */
function dataOf({ data }: SubspaceArtifact, rows: readonly LabelledText[], tokens: number) {
  const counts = countRows(rows);
  const digest = createHash('sha256').update(`${data.digest}\n`);
  for (const row of rows) digest.update(lineOf(row));
  const kind = (name: 'rows' | 'positive' | 'negative' | 'groups') =>
    data[name] - data.heldOut[name] + counts[name];
  const groups = kind('groups');
  return {
    digest: digest.digest('hex'),
    rows: kind('rows'),
    positive: kind('positive'),
    negative: kind('negative'),
    groups,
    tokens: data.tokens + tokens,
    heldOut: { ...counts, share: counts.groups / groups, seed: data.heldOut.seed },
  };
}
