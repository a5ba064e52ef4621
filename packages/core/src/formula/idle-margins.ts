import type { Formula } from './compile.js';

/**
 * The attributes that a formula names and that certainly make no difference to it in any step, as in `nontoxic * 0`: whatever
 * their margins, it has the same value. There may be others, as in `x - x`.
 *
 * @param steps - How many steps there may be.
 * @param maxTokens - What `progress` is a share of.
 */
export function idleMargins({ attributes, mattersAt }: Formula, steps: number, maxTokens: number): string[] {
  const idle = new Set(attributes);
  for (let step = 0; step < steps && idle.size > 0; step++) {
    for (const name of mattersAt({ step, progress: step / maxTokens })) idle.delete(name);
  }
  return [...idle];
}
