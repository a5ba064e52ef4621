import type { Completion } from '@halfspace/core';
import { defineMethod } from './define-method.js';
import { decodeOptions, requestOf, writtenCompletion } from './open-decoding.js';
import { steeringParameters } from './steering.js';

/** Parameters of {@link bestOfN}. */
interface BestOfNParameters {
  /** Completions to choose one from. */
  readonly n: number;
  /** What the margins of each attribute count. */
  readonly weights: Readonly<Record<string, number>>;
}

/** Of n completions of the plain model the one with the best mean margin: what choosing afterwards comes to. */
export const bestOfN = defineMethod<BestOfNParameters>({
  kind: 'best-of-n',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['n', 'weights'],
    properties: {
      n: { type: 'integer', minimum: 1 },
      weights: { type: 'object', minProperties: 1, additionalProperties: { type: 'number' } },
    },
  },
  attributesOf: ({ weights }) => Object.keys(weights),
  nameOf: ({ n, weights }) => `best of ${n} by ${Object.keys(weights).join('+')}`,
  seriesOf: ({ weights }) => `best of n by ${Object.keys(weights).join('+')}`,
  async open({ n, weights }, model) {
    const names = Object.keys(weights);
    const settings = decodeOptions({ ...model, measured: [...new Set([...names, ...model.measured])] }, {});
    await model.halfspace.generate({ ...settings, prompt: 'The', maxTokens: 1 });
    return {
      extraParameters: steeringParameters(model.halfspace, names),
      async complete({ prompt, samples, seed, trace = false, signal }) {
        const request = {
          ...requestOf(prompt),
          samples: samples * n,
          seed,
          trace,
          signal,
        };
        const drawn = await model.halfspace.generate({ ...settings, ...request });
        return Array.from({ length: samples }, (_, sample) => {
          const choices = drawn.slice(sample * n, (sample + 1) * n);
          const evaluations = choices.reduce((sum, each) => sum + each.evaluations, 0);
          return { ...writtenCompletion(best(choices, weights)), kl: null, evaluations };
        });
      },
      dispose: () => Promise.resolve(),
    };
  },
});

/** The first of those with the largest weighted mean margin. */
function best(choices: readonly Completion[], weights: Readonly<Record<string, number>>): Completion {
  const worth = ({ margins }: Completion) => {
    const sum = Object.entries(weights).reduce(
      (total, [name, weight]) => total + weight * margins[name].mean,
      0,
    );
    return Number.isNaN(sum) ? -Infinity : sum;
  };
  return choices.reduce((found, each) => (worth(each) > worth(found) ? each : found));
}
