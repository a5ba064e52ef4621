import type { ChatMessage, Filter, FilterV1, ToolDefinition } from '@halfspace/contracts';
import type { BonusKind } from './bonus-kind.js';
import type { Combination } from './combination.js';
import { type Control, CONTROL_SCHEMA } from './control.js';
import { type Redraw, REDRAW_SCHEMA } from './redraw.js';
import type { Weights } from './weights.js';

/** A prompt with weights of its own. */
export type WeightedPrompt<Name extends string = string> = (
  | {
      /** Text that the model goes on with. */
      readonly text: string;
    }
  | {
      /** A conversation, rendered by the model's chat template; see {@link PromptOptions.messages}. */
      readonly messages: readonly ChatMessage[];
    }
) & {
  /** They take the place of those that the request has for the same attributes. */
  readonly weights?: Weights<Name>;
};

/** What to complete: exactly one of the first three. */
export interface PromptOptions<Name extends string = string> {
  /** Text that the model goes on with. */
  readonly prompt?: string;
  /** Several texts or conversations, each completed `samples` times. */
  readonly prompts?: readonly (string | WeightedPrompt<Name>)[];
  /**
   * A conversation, rendered by the model's chat template; the completion is the assistant's turn. Where the last message is the
   * assistant's, the completion goes on with it: attributes that score texts and filters see the turn as a whole, `text` has what is
   * new, and stop texts are looked for in that. Refused with `cannot-continue-turn` where the template cannot leave a turn open.
   */
  readonly messages?: readonly ChatMessage[];
  /**
   * Tools that the model is told of, by its chat template (default: none); they go with `messages`. `toolCallFilter` of
   * `@halfspace/grammar` has its calls keep to their schemas, and `createToolCallReader` reads them.
   */
  readonly tools?: readonly ToolDefinition[];
  /**
   * Whether control tokens that prompts and messages spell out (`<|im_start|>`) are control tokens (default false: they are text, and
   * only the chat template writes control tokens). For prompts that are written by hand in a model's format; with texts of others,
   * those can end their turn and speak as somebody else.
   */
  readonly controlTokens?: boolean;
}

/**
 * How to decode, in any combination: which ones go together is checked at run time only. For programs that put options
 * together from parts; {@link DecodeOptions} are these with combinations that the compiler knows to be refused left out.
 *
 * @typeParam Name - Names of attributes that may be used; `string` for any.
 */
export interface AnyDecodeOptions<Name extends string = string> {
  /** Most tokens of a completion (default 64). It ends earlier at the end of the model's context. */
  readonly maxTokens?: number;
  /** Completions of each prompt (default 1). */
  readonly samples?: number;
  /**
   * Default 1. It comes last: candidates, re-weighting, budgets, constraints and `kl` are those of temperature 1, whose q is drawn
   * from as q^(1/temperature), normalised. At 0 the most probable token of q is taken, which is what small temperatures tend to.
   */
  readonly temperature?: number;
  /** Nucleus mass in (0, 1] (default 0.9). */
  readonly topP?: number;
  /** Most candidates of a step (default 10); 0 for no such limit. */
  readonly topK?: number;
  /** Above 1 discourages tokens that the text already has (default 1: off). */
  readonly repetitionPenalty?: number;
  /**
   * What is added to the logits of some tokens, by their ids, before penalty, top-k and top-p (default: nothing): `{ 198: -100 }` all but
   * forbids a token, and 5 makes it some 150 times as likely. It is part of the reference distribution, which steering stays close to. A
   * rule that no completion breaks is a filter.
   */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Integer from 0 to 2^53 − 1 (default 0). The same seed gives the same completions. */
  readonly seed?: number;
  /** Texts at which a completion ends; they are not part of it. */
  readonly stop?: readonly string[];
  /** Weight of each attribute by name; see {@link Weight}. */
  readonly weights?: Weights<Name>;
  /**
   * Names of attributes whose margins are measured, whether they steer or not (default: none). Those with a weight, in the formula, in a
   * constraint or in `redraw` are measured anyway.
   */
  readonly measure?: readonly Name[];
  /**
   * What a candidate gets, in nats, as a formula of its margins; it takes the place of `weights`. `'2*nontoxic + helpful*(nontoxic > 0)'`, `'min(nontoxic, truthful)'`. It has numbers, margins by the
   * names of their attributes (`self-harm` is written `self_harm`), `step` and `progress` as in a {@link Weight};
   * `+ - * / ^`, comparisons, `and or not`, `a ? b : c`; `min`, `max`, `abs`, `clip(x, low, high)`, and
   * `smoothMin` and `smoothMax`, which are log Σ exp. A comparison counts as 0 or 1 where a number is needed.
   *
   * It says its own caps, as `4*min(nontoxic, 1)` does, and takes no other. Look-ahead is lazy where the formula shows that it
   * cannot exceed some number, and eager where it does not. A completion in which it is not finite for some candidate that is run ends with the error `formula-not-finite`.
   */
  readonly formula?: string;
  /** How distances become a bonus (default `margin`); see {@link BonusKind}. */
  readonly bonus?: BonusKind;
  /** What decides how strongly a step is steered (default: the weights); see {@link Control}. */
  readonly control?: Control<Name>;
  /**
   * Up to which margin a candidate is the better for it, in log-odds, at least 0, for all weights without a cap of their own: a
   * weight counts min(margin, cap), and one below 0 max(margin, −cap). Default: that of each attribute, which is 0 where its
   * definition says nothing. With 0 what lies inside the halfspace is left as the model wrote it, and what lies outside is the less probable
   * the farther out it is. A higher one also prefers what has the value clearly to what has it barely, for more evaluations; `Infinity` for no limit.
   */
  readonly cap?: number;
  /**
   * Which candidates are run through the model (default `lazy`). `lazy`: those that can still win, where a bonus is known to be
   * at most something; `eager`: all. The text is the same to the last token. All are run anyway without a cap, with the bonus
   * `softmax`, where scoring attributes steer, with a `formula` that has no bound, in the modes `kl-budget` and
   * `constraints`, and with `trace`. Where attributes that read texts alone steer, `lazy` runs the winner alone.
   */
  readonly lookAhead?: 'lazy' | 'eager';
  /**
   * Completions whose mean margin of some attribute is below a bound are drawn anew, up to so many attempts; where all are, the one
   * that lacks least is kept (default: none is). With enough attempts that is a draw from what all other options make of the
   * model, given that margins are high enough: of all distributions with such completions alone the closest to it. It is never
   * further from it than ln(maxAttempts) nats a completion, which `kl` does not count. What it costs is evaluations, where texts are
   * not fine as they are. A stream says nothing of a completion before its last attempt is finished.
   */
  readonly redraw?: Redraw<Name>;
  /**
   * Rules that completions never break (default: none): see `wordFilter`, `patternFilter`, `tokenFilter`, `defineFilter`, and
   * `@halfspace/grammar` for texts of a JSON Schema or a grammar.
   * What they refuse is taken out of the reference distribution, which attributes then re-weight. Where
   * nothing is left, less probable tokens are looked at; a completion for which there is no token at all
   * ends with the error `no-candidate-left`.
   */
  readonly filters?: readonly (Filter | FilterV1)[];
  /**
   * Whether attributes are read from subspaces that end where a candidate can stop, where they have one: look-ahead costs
   * less, and margins are a little blunter (default false). It is another subspace, so texts differ.
   */
  readonly earlyExit?: boolean;
  /** Whether completions carry a record of every step (default false). */
  readonly trace?: boolean;
  /**
   * How many of the tokens that the model itself finds most probable are given for each token, with their log-probabilities
   * (default 0: none).
   */
  readonly topLogprobs?: number;
  /** Whether a stream reports each token with its figures, in events of the type `token` (default false). */
  readonly streamTokens?: boolean;
}

/**
 * Everything that `generate` and `stream` take, in any combination: which ones go together is checked at run time only.
 * A program that puts options together from parts says `options as GenerateOptions` where it calls `generate`, or has
 * `checkRequest` look at them first.
 *
 * @typeParam Name - Names of attributes that may be used; `string` for any.
 */
export interface AnyGenerateOptions<Name extends string = string>
  extends PromptOptions<Name>, AnyDecodeOptions<Name> {
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How to decode: {@link AnyDecodeOptions}, of which the compiler refuses what `generate` would refuse in any case.
 *
 * @typeParam Name - Names of attributes that may be used; `string` for any.
 */
export type DecodeOptions<Name extends string = string> = AnyDecodeOptions<Name> & Combination<Name>;

/**
 * Everything that `generate` and `stream` take: {@link AnyGenerateOptions}, of which the compiler refuses what would be
 * refused with `bad-option` in any case. A budget is of weights, a formula or `prompts`, which may have weights of their own.
 *
 * @typeParam Name - Names of attributes that may be used; `string` for any.
 */
export type GenerateOptions<Name extends string = string> = AnyGenerateOptions<Name> &
  Combination<Name, Pick<Required<PromptOptions<Name>>, 'prompts'>>;

/** What `complete` takes: as `generate`, of one prompt and one sample. */
export type CompleteOptions<Name extends string = string> = Omit<
  AnyGenerateOptions<Name>,
  'prompts' | 'samples'
> &
  Combination<Name>;

/** {@link DecodeOptions} with every default filled in. */
export type CheckedOptions = Required<Omit<AnyDecodeOptions, 'cap' | 'filters' | 'formula' | 'redraw'>> &
  Pick<AnyDecodeOptions, 'cap' | 'formula' | 'redraw'> & {
    /** Of the current version. */
    readonly filters: readonly Filter[];
  };

const text = { type: 'string' } as const;
const cap = { anyOf: [{ type: 'number', minimum: 0 }, { const: Infinity }] } as const;
const weight = {
  type: ['number', 'string', 'object'],
  additionalProperties: false,
  required: ['weight'],
  properties: { weight: { type: ['number', 'string'] }, cap },
} as const;
const weights = { type: 'object', additionalProperties: weight } as const;
const messages = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['role', 'content'],
    properties: {
      role: { enum: ['system', 'user', 'assistant', 'tool'] },
      content: text,
      tool_calls: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['type', 'function'],
          properties: {
            id: text,
            type: { const: 'function' },
            function: {
              type: 'object',
              additionalProperties: false,
              required: ['name', 'arguments'],
              properties: { name: text, arguments: { type: 'object' } },
            },
          },
        },
      },
      tool_call_id: text,
      name: text,
    },
  },
} as const;

const tools = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['type', 'function'],
    properties: {
      type: { const: 'function' },
      function: {
        type: 'object',
        required: ['name'],
        properties: { name: text, description: text },
      },
    },
  },
} as const;

export const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    prompt: text,
    prompts: {
      type: 'array',
      minItems: 1,
      items: {
        type: ['string', 'object'],
        additionalProperties: false,
        properties: { text, messages, weights },
      },
    },
    messages,
    tools,
    controlTokens: { type: 'boolean' },
    maxTokens: { type: 'integer', minimum: 1, default: 64 },
    samples: { type: 'integer', minimum: 1, maximum: 2 ** 32 - 1, default: 1 },
    temperature: { type: 'number', minimum: 0, default: 1 },
    topP: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.9 },
    topK: { type: 'integer', minimum: 0, default: 10 },
    earlyExit: { type: 'boolean', default: false },
    repetitionPenalty: { type: 'number', exclusiveMinimum: 0, default: 1 },
    logitBias: {
      type: 'object',
      propertyNames: { pattern: String.raw`^(0|[1-9]\d{0,9})$` },
      additionalProperties: { type: 'number' },
      default: {},
    },
    seed: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
    stop: { type: 'array', items: { type: 'string', minLength: 1 }, default: [] },
    weights: { ...weights, default: {} },
    measure: { type: 'array', items: text, default: [] },
    formula: text,
    bonus: { enum: ['margin', 'softmax'], default: 'margin' },
    control: { ...CONTROL_SCHEMA, default: { mode: 'penalty' } },
    cap,
    lookAhead: { enum: ['lazy', 'eager'], default: 'lazy' },
    redraw: REDRAW_SCHEMA,
    filters: { type: 'array', default: [] },
    trace: { type: 'boolean', default: false },
    topLogprobs: { type: 'integer', minimum: 0, default: 0 },
    streamTokens: { type: 'boolean', default: false },
  },
} as const;

/**
 * JSON Schema of each option, for programs that take options from elsewhere: `generate` checks by the same.
 *
 * @beta
 */
export const OPTION_SCHEMAS: Readonly<Record<keyof AnyDecodeOptions, object>> = SCHEMA.properties;
