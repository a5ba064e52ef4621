import type { BonusBounds } from '../step/look-ahead/bonus-bounds.js';
import type { Backend, LookAhead } from '../contracts/backend.js';
import type { LiveCompletion } from './live-completion.js';
import { holdStates, type Meter, type Wave } from '../step/margins/meter.js';
import type { Reference } from '../step/reference/reference-distribution.js';
import type { WeightedAttribute } from '../step/bonus/steering.js';

/** Candidates that were run, and can be kept. */
export interface StepWave extends Wave {
  readonly look: LookAhead;
}

/** A step of one completion between the reference distribution and the choice. */
export interface PendingStep {
  readonly live: LiveCompletion;
  readonly reference: Reference;
  /** The attributes, with their weights in this step. */
  readonly weighted: readonly WeightedAttribute[];
  /** Log-reference plus noise, of each candidate. */
  readonly perturbed: Float64Array;
  /** By which look-ahead is lazy; undefined where it is not. */
  readonly bounds: BonusBounds | undefined;
  /** The choice, where it does not depend on what is found. */
  readonly decided: number | undefined;
  /** Whether plugins have been asked about it. */
  readonly asked: boolean;
  /** What was run, in order. */
  readonly waves: StepWave[];
  /** For each attribute, the distances of all candidates; NaN where not evaluated. */
  readonly distances: readonly Float64Array[];
}

/** What it takes to run candidates. */
export interface WaveRunner {
  readonly backend: Backend;
  readonly meter: Meter;
  readonly signal: AbortSignal | undefined;
  /** Candidates of a step to run next, ascending, as indices; none when the step has what it needs. */
  readonly next: (step: PendingStep) => number[];
}

/**
 * Runs candidates of all steps that want any through the model, in one call, and reads their distances.
 *
 * @returns The steps that want no more then.
 */
export async function runWave(steps: readonly PendingStep[], runner: WaveRunner): Promise<PendingStep[]> {
  const { backend, meter, signal, next } = runner;
  const wanted = steps.map((step) => ({ step, rows: next(step) })).filter(({ rows }) => rows.length > 0);
  if (wanted.length > 0) {
    const requests = wanted.map(({ step: { live, reference }, rows }) => ({
      context: live.context,
      tokens: rows.map((row) => reference.tokens[row]),
      ranks: rows,
    }));
    const looks = await backend.lookAhead(requests, { layers: meter.layers, signal });
    wanted.forEach(({ step, rows }, i) => {
      const wave = { rows, look: heldLook(looks[i], meter.kept) };
      meter.read(wave, step.distances);
      step.waves.push(wave);
    });
  }
  return steps.filter((step) => next(step).length === 0);
}

/** A look-ahead whose hidden states at some layers are copied now: those that are read when others have used the backend. */
function heldLook(look: LookAhead, layers: readonly number[]): LookAhead {
  if (layers.length === 0) return look;
  return { ...holdStates(look, layers), commit: (candidate) => look.commit(candidate) };
}
