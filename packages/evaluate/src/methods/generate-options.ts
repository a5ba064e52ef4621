import type { CappedWeight, AnyDecodeOptions, Weight } from '@halfspace/core';
import { steeringNames } from './steering.js';

/** Options of `generate` that a method may set: those that are JSON and that no request decides. */
export type MethodOptions = Omit<
  AnyDecodeOptions,
  | 'samples'
  | 'seed'
  | 'filters'
  | 'trace'
  | 'maxTokens'
  | 'cap'
  | 'weights'
  | 'logitBias'
  | 'topLogprobs'
  | 'streamTokens'
> & {
  /** As the option of `generate`; `none` for no limit, which JSON has no number for. */
  readonly cap?: Cap;
  /** As the option of `generate`, with caps as above. */
  readonly weights?: Readonly<Record<string, MethodWeight>>;
};

type Cap = number | 'none';
type MethodWeight = Exclude<Weight, CappedWeight> | (Omit<CappedWeight, 'cap'> & { readonly cap?: Cap });

/** As `generate` takes them. */
export function generateOptions({ cap, weights, ...options }: MethodOptions): AnyDecodeOptions {
  const capped = Object.entries(weights ?? {}).map(([name, weight]) => [name, weightOf(weight)]);
  return {
    ...options,
    ...(weights !== undefined && { weights: Object.fromEntries(capped) as Record<string, Weight> }),
    ...(cap !== undefined && { cap: capOf(cap) }),
  };
}

function capOf(cap: Cap): number {
  return cap === 'none' ? Infinity : cap;
}

function weightOf(weight: MethodWeight): Weight {
  // What is no weight is for `generate` to refuse.
  if (typeof weight !== 'object' || weight?.cap === undefined) return weight as Weight;
  return { ...weight, cap: capOf(weight.cap) };
}

/** Any value: `generate` checks them itself. */
const PROPERTIES = {
  weights: {},
  measure: {},
  formula: {},
  bonus: {},
  control: {},
  cap: {},
  earlyExit: {},
  redraw: {},
  lookAhead: {},
  temperature: {},
  topP: {},
  topK: {},
  repetitionPenalty: {},
  stop: {},
  controlTokens: {},
} satisfies Record<keyof MethodOptions | 'controlTokens', object>;

/** JSON Schema of {@link MethodOptions}, as far as `generate` does not check them itself. */
export const METHOD_OPTIONS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: PROPERTIES,
} as const;

/** What options do, in a few words, such as `nontoxic=2 kl-budget 0.1`. */
export function optionsLabel(options: MethodOptions): string {
  const { weights: given = {}, formula, control, bonus, cap, earlyExit, redraw } = options;
  const weights = Object.entries(given).map(([name, weight]) => `${name}=${weightWords(weight)}`);
  return [
    weights.join(','),
    formula ?? '',
    ...controlWords(control),
    ...(bonus === 'softmax' ? [bonus] : []),
    capWords(cap),
    earlyExitWord(earlyExit),
    ...redrawWords(redraw),
    attemptsWord(redraw),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** What the curve is called on which these options lie: the attributes and the mode, without how strongly they steer. */
export function optionsSeries(options: MethodOptions): string {
  const { formula, control, bonus, cap, earlyExit, redraw } = options;
  const mode = control === undefined || control.mode === 'penalty' ? '' : control.mode;
  return [
    formula ?? steeringNames(options).join('+'),
    mode,
    bonus === 'softmax' ? bonus : '',
    capWords(cap),
    earlyExitWord(earlyExit),
    attemptsWord(redraw),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function controlWords(control: MethodOptions['control']): string[] {
  switch (control?.mode) {
    case 'kl-budget':
      return [`kl-budget ${control.nats}`];
    case 'constraints':
      return control.constraints.map((each) =>
        [each.kind, each.attribute, ...('margin' in each ? [each.margin] : [])].join(' '),
      );
    default:
      return [];
  }
}

function weightWords(weight: MethodWeight): string {
  if (typeof weight !== 'object') return String(weight);
  return [String(weight.weight), capWords(weight.cap)].filter((word) => word !== '').join(' ');
}

function capWords(cap: MethodOptions['cap']): string {
  return cap === undefined ? '' : `cap ${cap}`;
}

function redrawWords(redraw: MethodOptions['redraw']): string[] {
  return Object.entries(redraw?.ifMeanBelow ?? {}).map(([name, margin]) => `redrawn below ${name} ${margin}`);
}

function attemptsWord(redraw: MethodOptions['redraw']): string {
  return redraw === undefined ? '' : `${redraw.maxAttempts} attempts`;
}

function earlyExitWord(earlyExit: boolean | undefined): string {
  return earlyExit === true ? 'early exit' : '';
}
