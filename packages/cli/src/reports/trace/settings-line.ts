import type { TracedControl } from '@halfspace/core';
import type { TracedCompletion } from './trace-line.js';

/** Characters of a fingerprint that tell models apart. */
const FINGERPRINT = 12;

/**
 * What a completion was decoded with, as in `nontoxic=4 - 3*progress, cap 1, seed 0, model 0123456789ab`, or
 * `nontoxic=2 cap 0, truthful=1 cap 1, seed 0, model 0123456789ab`.
 */
export function settingsLine({
  weights,
  formula,
  bonus,
  caps = {},
  cap = null,
  seed,
  temperature = 1,
  model,
}: Pick<
  TracedCompletion,
  'weights' | 'formula' | 'bonus' | 'caps' | 'cap' | 'temperature' | 'seed' | 'model'
>): string {
  const all = Object.keys(weights).map((name) => caps[name] ?? cap);
  const differ = new Set(all).size > 1;
  const weighted = Object.entries(weights).map(([name, weight], a) => {
    return differ ? [`${name}=${weight}`, ...capWords(all[a])].join(' ') : `${name}=${weight}`;
  });
  return [
    ...(formula === undefined ? weighted : [formula]),
    ...(bonus === 'margin' ? [] : [`bonus ${bonus}`]),
    ...(differ || formula !== undefined ? [] : capWords(all[0] ?? null)),
    ...(temperature === 1 ? [] : [`temperature ${temperature}`]),
    `seed ${seed}`,
    `model ${model.slice(0, FINGERPRINT)}`,
  ].join(', ');
}

function capWords(cap: number | null): string[] {
  return cap === null ? [] : [`cap ${cap}`];
}

/** The weights of a step, as in `nontoxic 3.25, kind ±∞`, with the share of them, or of a formula, that a budget left. */
export function weightsLine({ weights, share }: TracedControl, formula: string | undefined): string {
  const used = Object.entries<number | null>(weights).filter(([, weight]) => weight !== 0);
  return [
    ...(formula === undefined ? [] : [formula]),
    // A file cannot hold an infinite number, nor say which of the two it was.
    ...used.map(([name, weight]) => `${name} ${weight === null ? '±∞' : weight.toFixed(2)}`),
    ...(share < 1 ? [`${(100 * share).toFixed(0)} % within the budget`] : []),
  ].join(', ');
}

/** What an optimiser came to, for the end of a line; nothing where it had nothing to do. */
export function statusWords(control: TracedControl | undefined): string {
  return control === undefined || control.status === 'inactive' ? '' : `, ${control.status}`;
}
