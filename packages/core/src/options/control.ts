/** What every constraint says. */
export interface ConstraintBase<Name extends string = string> {
  /** Name of the attribute whose margin it is about. It need not have a weight. */
  readonly attribute: Name;
  /**
   * From 1, the most important, which is the default. Where a step cannot meet all constraints, those of a
   * smaller number are met first, and those of a larger one as nearly as the others let them.
   */
  readonly priority?: number;
  /**
   * Most that the constraint may weigh, in nats per unit of margin (default: no limit). It is then met only
   * as far as this weight goes, whatever its priority.
   */
  readonly maxWeight?: number;
}

/**
 * What has to be true of the distribution q that a token is drawn from, in every step.
 * - `at-least`, `at-most`, `equal`: of the expected margin E_q[m].
 * - `keep`: the expected margin stays what it is under the reference distribution.
 * - `chance`: a margin of at least `margin` has at least this probability. (A probability of at most 0.05 that
 *   it is below is one of at least 0.95 that it is not.)
 */
export type Constraint<Name extends string = string> = ConstraintBase<Name> &
  (
    | {
        /** Of the expected margin. */
        readonly kind: 'at-least' | 'at-most' | 'equal';
        /** In log-odds. */
        readonly margin: number;
      }
    | {
        /** The expected margin stays. */
        readonly kind: 'keep';
      }
    | {
        /** Of the probability of a margin. */
        readonly kind: 'chance';
        /** In log-odds. */
        readonly margin: number;
        /** Least probability that the margin is at least this. */
        readonly probability: number;
      }
  );

/**
 * What decides how strongly a step is steered.
 * - `penalty`: the weights of the attributes, or the formula, as they are.
 * - `kl-budget`: the weights or the formula, scaled down where they would move a step further than `nats` from the reference
 *   distribution, in KL(q‖p). `per: 'completion'` gives a completion this much for all of its `maxTokens`: every
 *   step gets an equal part, and what it leaves over goes to those after it.
 * - `constraints`: of all distributions that meet the constraints, the one closest to the reference
 *   distribution, after it was re-weighted by the weights of the attributes or the formula, if there are any.
 *
 * Weights count margins up to their caps in all modes; constraints are about margins as they are. All but `penalty` need the
 * margins of all candidates: look-ahead is eager.
 */
export type Control<Name extends string = string> =
  | {
      /** The weights as they are. */
      readonly mode: 'penalty';
    }
  | {
      /** The weights as far as a budget goes. */
      readonly mode: 'kl-budget';
      /** Most KL(q‖p), at least 0. */
      readonly nats: number;
      /** What the budget is for (default `token`). */
      readonly per?: 'token' | 'completion';
    }
  | {
      /** What must be true of every step. */
      readonly mode: 'constraints';
      /** At least one. */
      readonly constraints: readonly Constraint<Name>[];
    };

const margin = { type: 'number' } as const;
const constraintProperties = {
  attribute: { type: 'string' },
  priority: { type: 'integer', minimum: 1 },
  maxWeight: { type: 'number', minimum: 0 },
} as const;

/** JSON Schema of a {@link Control}. */
export const CONTROL_SCHEMA = {
  type: 'object',
  discriminator: { propertyName: 'mode' },
  oneOf: [
    { additionalProperties: false, required: ['mode'], properties: { mode: { const: 'penalty' } } },
    {
      additionalProperties: false,
      required: ['mode', 'nats'],
      properties: {
        mode: { const: 'kl-budget' },
        nats: { type: 'number', minimum: 0 },
        per: { enum: ['token', 'completion'] },
      },
    },
    {
      additionalProperties: false,
      required: ['mode', 'constraints'],
      properties: {
        mode: { const: 'constraints' },
        constraints: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            discriminator: { propertyName: 'kind' },
            oneOf: [
              {
                additionalProperties: false,
                required: ['kind', 'attribute', 'margin'],
                properties: {
                  ...constraintProperties,
                  kind: { enum: ['at-least', 'at-most', 'equal'] },
                  margin,
                },
              },
              {
                additionalProperties: false,
                required: ['kind', 'attribute'],
                properties: { ...constraintProperties, kind: { const: 'keep' } },
              },
              {
                additionalProperties: false,
                required: ['kind', 'attribute', 'margin', 'probability'],
                properties: {
                  ...constraintProperties,
                  kind: { const: 'chance' },
                  margin,
                  probability: { type: 'number', minimum: 0, maximum: 1 },
                },
              },
            ],
          },
        },
      },
    },
  ],
} as const;
