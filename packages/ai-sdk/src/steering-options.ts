import { InvalidArgumentError, type JSONObject, type SharedV3ProviderOptions } from '@ai-sdk/provider';
import { type AnyDecodeOptions, didYouMean, type Filter, type Weights, wordFilter } from '@halfspace/core';
import { grammarFilter } from '@halfspace/grammar';

/** What `providerOptions.halfspace` may say: how to steer, and what the AI SDK has no setting for. */
export interface SteeringOptions<Name extends string = string> extends Pick<
  AnyDecodeOptions<Name>,
  'bonus' | 'cap' | 'control' | 'earlyExit' | 'lookAhead' | 'measure' | 'redraw' | 'repetitionPenalty'
> {
  /** Weight of each attribute by name, as the option of `generate`. */
  readonly weights?: Weights<Name>;
  /** What a candidate gets as a formula of its margins, as the option of `generate`. */
  readonly formula?: string;
  /** Words and phrases that are never written; see `wordFilter`. */
  readonly forbid?: readonly string[];
  /** A grammar in EBNF that the text is of; see `grammarFilter`. Not beside an object by schema. */
  readonly grammar?: string;
}

/** Every key, so that a misspelt one is found; the compiler sees that none is missing. */
const KEYS: Readonly<Record<keyof SteeringOptions, true>> = {
  bonus: true,
  cap: true,
  control: true,
  earlyExit: true,
  forbid: true,
  formula: true,
  grammar: true,
  lookAhead: true,
  measure: true,
  redraw: true,
  repetitionPenalty: true,
  weights: true,
};

/**
 * `providerOptions` with options of Halfspace, typed: `generateText({ …, providerOptions: steer({ weights: { nontoxic: 2 } }) })`.
 *
 * @typeParam Name - Names of the attributes, where they are known: a misspelt one does not compile then.
 */
export function steer<Name extends string = string>(
  options: SteeringOptions<Name>,
): {
  /** The options, as the AI SDK passes them on. */
  halfspace: JSONObject;
} {
  return { halfspace: options as unknown as JSONObject };
}

/** What `providerOptions` come to. */
export interface ReadSteering {
  readonly decode: Omit<SteeringOptions, 'forbid' | 'grammar'>;
  readonly filters: readonly Filter[];
  readonly hasGrammar: boolean;
}

/**
 * Reads `providerOptions.halfspace`.
 *
 * @throws InvalidArgumentError for a key that there is not; HalfspaceError `bad-filter`, `bad-grammar`
 */
export function readSteering(options: SharedV3ProviderOptions | undefined): ReadSteering {
  const given = (options?.['halfspace'] ?? {}) as SteeringOptions;
  const wrong = Object.keys(given).find((key) => !Object.hasOwn(KEYS, key));
  if (wrong !== undefined) {
    const known = Object.keys(KEYS);
    throw new InvalidArgumentError({
      argument: `providerOptions.halfspace.${wrong}`,
      message: `There is no option ${JSON.stringify(wrong)} of halfspace.${didYouMean(wrong, known)} There are ${known.join(', ')}.`,
    });
  }
  const { forbid, grammar, ...decode } = given;
  const filters = [
    ...(grammar === undefined ? [] : [grammarFilter(grammar)]),
    ...(forbid === undefined ? [] : [wordFilter(forbid)]),
  ];
  return { decode, filters, hasGrammar: grammar !== undefined };
}
