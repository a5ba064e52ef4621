import { valueOf, type Weights } from './weights.js';
import { readSchedule } from '../formula/read-formula.js';

/** Weights of every step, by attribute. */
export type WeightTables = Readonly<Record<string, Float64Array>>;

/**
 * Finds the weights of every step.
 *
 * @param steps - Number of steps.
 * @param maxTokens - What `progress` of a schedule is a share of.
 * @throws HalfspaceError `formula-invalid`, also for a schedule that is not finite at some step
 */
export async function tabulate(weights: Weights, steps: number, maxTokens: number): Promise<WeightTables> {
  const tables = Object.entries(weights).map(async ([name, weight]) => {
    const value = valueOf(weight);
    const table =
      typeof value === 'number'
        ? new Float64Array(steps).fill(value)
        : await readSchedule(name, value, steps, maxTokens);
    return [name, table] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}
