import {
  PRESETS,
  type AnyGenerateOptions,
  type Preset,
  type Weight,
  type WeightValue,
} from '@halfspace/core';

/** What weights are multiplied by, so that they are a direction: wherever a token can spend its budget, it does. */
const FAR = 64;

/**
 * Has a request spend what a preset says on average: each token as much, and what it cannot spend goes to those after it.
 * Its weights, or its formula, say in which direction.
 */
export function spendPreset(options: AnyGenerateOptions, preset: Preset): AnyGenerateOptions {
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
