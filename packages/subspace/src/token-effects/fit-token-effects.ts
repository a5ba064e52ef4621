import {
  type Backend,
  createHalfspace,
  defineAttribute,
  HalfspaceError,
  type LinearAttribute,
  type Prediction,
  type TracedStep,
} from '@halfspace/core';
import { explainedBy, estimateTokenEffects, type Transition } from './estimate-token-effects.js';
import { subspaceOf, type SubspaceArtifact } from '../artifact/subspace-artifact.js';

/** Settings of {@link fitTokenEffects}. */
export interface FitPredictionsOptions {
  /** Texts that the model goes on with, at least two: of the kind that will be completed. */
  readonly prompts: readonly string[];
  /** Tokens of each completion (default 20). */
  readonly maxTokens?: number;
  /** Of the noise: a non-negative integer (default 0). */
  readonly seed?: number;
  /** Called after each prompt. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A prediction, and how good it is. */
export interface FittedPrediction extends Prediction {
  /** Candidates that it was fitted on. */
  readonly candidates: number;
  /** Share of the squared changes of a distance that is explained by one fitted on the other half of the prompts. */
  readonly explained: number;
}

/**
 * Learns what tokens do to the distances of subspaces, so that lazy look-ahead begins with those that are likely to win: the prompts are
 * completed by the model as it is, and all candidates of every step are run and measured.
 *
 * @param subspaces - Of the model; all are measured in the same run.
 * @throws HalfspaceError `bad-option` with fewer than two prompts, `subspace-of-another-model`, and what `generate` throws
 */
export async function fitTokenEffects(
  backend: Backend,
  subspaces: readonly SubspaceArtifact[],
  options: FitPredictionsOptions,
): Promise<FittedPrediction[]> {
  const { prompts, maxTokens = 20, seed = 0, onProgress, signal } = options;
  if (prompts.length < 2) {
    throw new HalfspaceError('bad-option', 'A prediction takes two prompts or more, better some hundreds.');
  }
  const attributes = subspaces.map((artifact, i) => distanceOf(artifact, `s${i}`));
  const halfspace = await createHalfspace({ backend, attributes });
  // By subspace and half of the prompts.
  const found: Transition[][][] = attributes.map(() => [[], []]);
  const events = halfspace.stream({
    prompts,
    maxTokens,
    seed,
    weights: Object.fromEntries(attributes.map(({ name }) => [name, 1])),
    // Looks at all candidates as if to steer, and leaves them as they are.
    control: { mode: 'kl-budget', nats: 0 },
    trace: true,
    signal,
  });
  let done = 0;
  for await (const event of events) {
    if (event.type !== 'completion') continue;
    const { error, promptIndex, trace = [] } = event.completion;
    if (error !== undefined) throw error;
    attributes.forEach(({ name }, a) => {
      const half = found[a][promptIndex % 2];
      for (const each of transitionsOf(trace, name, backend.tokenizer.endTokens)) half.push(each);
    });
    onProgress?.({ done: ++done, total: prompts.length });
  }
  return found.map((halves) => fitAndCheck(halves, backend.tokenizer.vocabularySize));
}

/** An attribute whose margin is the distance of a subspace. */
function distanceOf(artifact: SubspaceArtifact, name: string): LinearAttribute {
  const { prediction: _, ...subspace } = subspaceOf(artifact);
  const calibration = { slope: 1, intercept: 0 };
  return defineAttribute({
    name,
    description: artifact.attribute,
    subspaces: [{ ...subspace, calibration }],
  });
}

function transitionsOf(
  trace: readonly TracedStep[],
  name: string,
  endTokens: ReadonlySet<number>,
): Transition[] {
  let sum = 0;
  return trace.flatMap(({ before, candidates }, step) => {
    sum += before[name];
    const back = sum / (step + 1) - before[name];
    return candidates
      .filter(({ token }) => !endTokens.has(token))
      .map(({ token, margins }) => ({ token, change: margins[name] - before[name], back }));
  });
}

function fitAndCheck(halves: readonly Transition[][], vocabulary: number): FittedPrediction {
  const explained = halves.map((half, i) =>
    explainedBy(estimateTokenEffects(halves[1 - i], vocabulary), half),
  );
  const all = halves.flat();
  return {
    ...estimateTokenEffects(all, vocabulary),
    candidates: all.length,
    explained: (explained[0] + explained[1]) / 2,
  };
}
