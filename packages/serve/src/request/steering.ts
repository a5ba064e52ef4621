import {
  type AnyDecodeOptions,
  didYouMean,
  type Filter,
  type Preset,
  PRESETS,
  spendPreset,
  tokenFilter,
  valueOf,
  type Weight,
  wordFilter,
} from '@halfspace/core';
import { badRequest } from '../http/api-error.js';

/** How to steer, as data: of a request, of a preset, or what a server does where nothing else is said. */
export interface Steering extends Omit<
  AnyDecodeOptions,
  'filters' | 'formula' | 'cap' | 'weights' | 'samples' | 'streamTokens' | 'topLogprobs' | 'stop' | 'seed'
> {
  /** As the option of `generate`; `none` for no limit. */
  readonly cap?: number | 'none';
  /** Weights by the names of attributes, with caps as above. Those of a request take the place of those of a preset and of the server. */
  readonly weights?: Readonly<Record<string, SteeringWeight>>;
  /** What a candidate gets as a formula of its margins, in place of weights. */
  readonly formula?: string;
  /** How far to go in words. It says `control`, and weights only say where to: all attributes to the same degree where there are none. */
  readonly preset?: string;
  /** Rules that no completion breaks. */
  readonly filters?: readonly SteeringFilter[];
}

/** A weight as data. */
export type SteeringWeight =
  | number
  | string
  | {
      /** How much the attribute counts. */
      readonly weight: number | string;
      /** Up to which margin; `none` for no limit. */
      readonly cap?: number | 'none';
    };

/** A filter as data: a name of the server's, words, or token ids. */
export type SteeringFilter =
  | string
  | {
      /** Words that are kept out. */
      readonly words: readonly string[];
    }
  | {
      /** Ids of the only tokens. */
      readonly allow: readonly number[];
    }
  | {
      /** Ids of tokens that are kept out. */
      readonly forbid: readonly number[];
    };

/** Names that steering may have in it. */
export interface Names {
  /** Of attributes that can be read off the model. */
  readonly attributes: readonly string[];
  /** Filters of the server, by name. */
  readonly filters: Readonly<Record<string, Filter>>;
  /** Presets of the server, besides those of core. */
  readonly presets: Readonly<Record<string, Steering>>;
}

/** One way to steer over another: weights by their names, and whatever says how strongly in place of all else that does. */
export function over(under: Steering, top: Steering): Steering {
  const { weights: below = {}, formula, control, preset, ...rest } = under;
  const steersAnew = top.formula !== undefined;
  const strength = top.control !== undefined || top.preset !== undefined;
  return {
    ...rest,
    ...(!steersAnew && { weights: below }),
    ...(!steersAnew && !steers(top.weights) && formula !== undefined && { formula }),
    ...(!strength && control !== undefined && { control }),
    ...(!strength && preset !== undefined && { preset }),
    ...top,
    ...(!steersAnew && { weights: { ...below, ...top.weights } }),
    filters: [...(under.filters ?? []), ...(top.filters ?? [])],
  };
}

function steers(weights: Steering['weights'] = {}): boolean {
  return Object.values(weights).some((weight) => valueOf(weight as Weight) !== 0);
}

/**
 * Refuses names that the server does not know: nothing else is ever looked up by what a request says.
 *
 * @param at - What the field is called; empty for a body.
 * @throws ApiError 400 with the field
 */
export function checkNames(steering: Steering, { attributes, filters }: Names, at: string): void {
  const { weights = {}, measure = [], redraw, control } = steering;
  const constraints = control?.mode === 'constraints' ? control.constraints : [];
  const named: [string, string][] = [
    ...Object.keys(weights).map((name): [string, string] => [name, `weights.${name}`]),
    ...measure.map((name, i): [string, string] => [name, `measure.${i}`]),
    ...Object.keys(redraw?.ifMeanBelow ?? {}).map((name): [string, string] => [
      name,
      `redraw.ifMeanBelow.${name}`,
    ]),
    ...constraints.map(({ attribute }, i): [string, string] => [
      attribute,
      `control.constraints.${i}.attribute`,
    ]),
  ];
  for (const [name, place] of named) {
    if (!attributes.includes(name))
      throw unknown('attribute', name, attributes, at === '' ? place : `${at}.${place}`);
  }
  steering.filters?.forEach((filter, i) => {
    if (typeof filter !== 'string' || Object.hasOwn(filters, filter)) return;
    throw unknown('filter', filter, Object.keys(filters), `${at}.filters.${i}`);
  });
}

function unknown(what: string, name: string, known: readonly string[], param: string) {
  const short = name.slice(0, 64);
  const there = known.length === 0 ? 'There are none.' : `There are ${known.join(', ')}.`;
  return badRequest(
    param.slice(0, 200),
    `There is no ${what} ${JSON.stringify(short)}.${didYouMean(short, known)} ${there}`,
    `unknown-${what}`,
  );
}

/**
 * Steering as options of `generate`.
 *
 * @param maxTokens - Which a preset's budget is a multiple of.
 * @throws ApiError 400 for a preset that is not known
 */
export function steeringOptions(
  steering: Steering,
  names: Names,
  maxTokens: number,
  at: string,
): AnyDecodeOptions {
  const { preset, filters = [], cap, weights = {}, ...rest } = resolvePreset(steering, names, at);
  const made = filters.map((each) => filterOf(each, names));
  const capped = Object.entries(weights).map(([name, weight]) => [name, weightOf(weight)] as const);
  const options: AnyDecodeOptions = {
    ...rest,
    maxTokens,
    weights: Object.fromEntries(capped),
    ...(cap !== undefined && { cap: capOf(cap) }),
    ...(made.length > 0 && { filters: made }),
  };
  if (preset === undefined || preset === 'none') return options;
  const strength = preset as Preset;
  if (steers(weights) || rest.formula !== undefined) return spendPreset(options, strength);
  const all = Object.fromEntries(names.attributes.map((name) => [name, 1]));
  return spendPreset({ ...options, weights: all }, strength);
}

/** A preset of the server is other steering, which may have one of core in it. */
function resolvePreset(steering: Steering, { presets }: Names, at: string): Steering {
  const { preset } = steering;
  if (preset === undefined || preset === 'none' || Object.hasOwn(PRESETS, preset)) return steering;
  const found = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (found === undefined) {
    throw unknown('preset', preset, [...Object.keys(PRESETS), ...Object.keys(presets)], `${at}.preset`);
  }
  const { preset: _, ...own } = steering;
  return over(found, own);
}

function filterOf(filter: SteeringFilter, { filters }: Names): Filter {
  if (typeof filter === 'string') return filters[filter];
  return 'words' in filter ? wordFilter(filter.words) : tokenFilter(filter);
}

function weightOf(weight: SteeringWeight): Weight {
  if (typeof weight !== 'object') return weight;
  const { cap, ...rest } = weight;
  return { ...rest, ...(cap !== undefined && { cap: capOf(cap) }) };
}

function capOf(cap: number | 'none'): number {
  return cap === 'none' ? Infinity : cap;
}
