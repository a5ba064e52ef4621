import type { BonusBounds } from './cap.js';
import type { Backend, LookAhead } from './contracts/backend.js';
import type { LiveCompletion } from './live-completion.js';
import type { Meter, Wave } from './meter.js';
import type { Reference } from './reference-distribution.js';
import type { WeightedAttribute } from './steering.js';

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
 * Runs candidates of all steps through the model, one call for all that have any left to run, until none has,
 * and reads their distances.
 */
export async function runInWaves(steps: readonly PendingStep[], runner: WaveRunner): Promise<void> {
  const { backend, meter, signal, next } = runner;
  for (let open = steps; ;) {
    const wanted = open.map((step) => ({ step, rows: next(step) })).filter(({ rows }) => rows.length > 0);
    if (wanted.length === 0) return;
    const requests = wanted.map(({ step: { live, reference }, rows }) => ({
      context: live.context,
      tokens: rows.map((row) => reference.tokens[row]),
      ranks: rows,
    }));
    const looks = await backend.lookAhead(requests, { layers: meter.layers, signal });
    wanted.forEach(({ step, rows }, i) => {
      const wave = { rows, look: looks[i] };
      meter.read(wave, step.distances);
      step.waves.push(wave);
    });
    open = wanted.map(({ step }) => step);
  }
}
