import { marginsOf } from './traced-margins.js';
import type { TracedCompletion } from './trace-line.js';

/** A completion in figures. */
export interface TraceSummary extends Pick<
  TracedCompletion,
  | 'promptIndex'
  | 'sample'
  | 'text'
  | 'model'
  | 'seed'
  | 'temperature'
  | 'weights'
  | 'formula'
  | 'bonus'
  | 'caps'
  | 'cap'
  | 'finishReason'
> {
  /** Tokens drawn, the end token included. */
  readonly tokens: number;
  /** Sum over steps of KL(q‖p), nats. */
  readonly kl: number;
  /** The step that steering moved furthest; absent where there is none. */
  readonly furthest?: { readonly step: number; readonly token: string; readonly kl: number };
  /** Of the text after each token, per attribute, in log-odds; absent where none was read. */
  readonly margins: Readonly<Record<string, { readonly mean: number; readonly min: number }>>;
}

/** Sums a completion up. */
export function summaryOf(completion: TracedCompletion): TraceSummary {
  const {
    promptIndex,
    sample,
    text,
    model,
    seed,
    temperature,
    weights,
    formula,
    bonus,
    caps,
    cap,
    finishReason,
    steps,
  } = completion;
  // An end token changes nothing about the text; `generate` does not count it either.
  const written = finishReason === 'end' ? steps.length - 1 : steps.length;
  const margins = Object.keys(weights).flatMap((name) => {
    const values = marginsOf(completion, name)
      .slice(0, written)
      .filter((margin) => margin !== undefined);
    if (values.length === 0) return [];
    const mean = values.reduce((sum, margin) => sum + margin, 0) / values.length;
    return [[name, { mean, min: values.reduce((a, b) => Math.min(a, b)) }]];
  });
  const [first, ...others] = steps;
  const most = first && others.reduce((a, b) => (b.kl > a.kl ? b : a), first);
  return {
    promptIndex,
    sample,
    text,
    model,
    seed,
    ...(temperature !== undefined && { temperature }),
    weights,
    ...(formula !== undefined && { formula }),
    bonus,
    ...(caps !== undefined && { caps }),
    ...(cap !== undefined && { cap }),
    finishReason,
    tokens: steps.length,
    kl: steps.reduce((sum, { kl }) => sum + kl, 0),
    ...(most !== undefined && {
      furthest: { step: most.step, token: most.candidates[most.chosen].text, kl: most.kl },
    }),
    margins: Object.fromEntries(margins) as TraceSummary['margins'],
  };
}

/** A summary in words, as in `12 tokens, KL 0.84 nats, nontoxic 2.10 (lowest 0.33)`. */
export function summaryLine({ tokens, kl, margins, furthest }: TraceSummary): string {
  return [
    `${tokens} token${tokens === 1 ? '' : 's'}`,
    `KL ${kl.toFixed(2)} nats${furthest === undefined ? '' : ` (most at step ${furthest.step}: ${furthest.kl.toFixed(2)})`}`,
    ...Object.entries(margins).map(
      ([name, { mean, min }]) => `${name} ${mean.toFixed(2)} (lowest ${min.toFixed(2)})`,
    ),
  ].join(', ');
}
