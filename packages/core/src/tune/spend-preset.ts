import type { AnyDecodeOptions } from '../options/options.js';
import type { Weight, WeightValue } from '../options/weights.js';
import { PRESETS, type Preset } from './presets.js';

/** What weights are multiplied by, so that they are a direction: wherever a token can spend its budget, it does. */
const FAR = 64;

/**
 * Has a request spend what a preset says on average: each token as much, and what it cannot spend goes to those after it.
 * Its weights, or its formula, say in which direction.
 *
 * @returns The options with the mode `kl-budget`, of which `maxTokens` decides how much it is.
 * @beta
 */
export function spendPreset<Options extends AnyDecodeOptions>(options: Options, preset: Preset): Options {
  const { weights = {}, formula, maxTokens = 64 } = options;
  const far = Object.entries(weights).map(([name, weight]) => [name, raise(weight)] as const);
  return {
    ...options,
    weights: Object.fromEntries(far),
    ...(formula !== undefined && { formula: `${FAR}*(${formula})` }),
    control: { mode: 'kl-budget', nats: PRESETS[preset] * maxTokens, per: 'completion' },
  };
}

function raise(weight: Weight): Weight {
  return typeof weight === 'object' ? { ...weight, weight: raised(weight.weight) } : raised(weight);
}

function raised(weight: WeightValue): WeightValue {
  return typeof weight === 'number' ? FAR * weight : `${FAR}*(${weight})`;
}
