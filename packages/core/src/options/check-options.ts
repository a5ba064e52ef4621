import type { ErrorObject, ValidateFunction } from 'ajv';
import { HalfspaceError } from '@halfspace/contracts';
import { fieldsOf } from '@halfspace/contracts/internal';
import {
  type AnyGenerateOptions,
  type CheckedOptions,
  type PromptOptions,
  SCHEMA,
  type WeightedPrompt,
} from './options.js';
import { upgradeFilter } from '../plugins/upgrade-filter.js';
import { didYouMean } from '../text/nearest.js';
import { schemaComplaint } from './schema-complaint.js';
import { valueOf, type Weights } from './weights.js';

/** Checks the options of a request; see {@link checkOptions}. */
export type OptionsCheck = (options: AnyGenerateOptions) => CheckedOptions & PromptOptions;

let loading: Promise<OptionsCheck> | undefined;

/** Loads what options are checked with, once. It checks at once then, so that options may be changed after a call that they were given to. */
export async function loadOptionsCheck(): Promise<OptionsCheck> {
  loading ??= compileSchema().then((validate) => (options) => checkOptions(options, validate));
  return loading;
}

async function compileSchema(): Promise<ValidateFunction> {
  const loaded = await import('ajv/dist/2020.js');
  // A bundler that makes files of what is loaded later gives a module of CommonJS no names but this one.
  const { Ajv2020 } = 'Ajv2020' in loaded ? loaded : (loaded as { readonly default: typeof loaded }).default;
  return new Ajv2020({
    useDefaults: true,
    strict: true,
    verbose: true,
    allowUnionTypes: true,
    discriminator: true,
  }).compile(SCHEMA);
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws HalfspaceError `bad-option`; `bad-filter` and `contract-mismatch` for what `defineFilter` did not make
 */
function checkOptions(
  options: AnyGenerateOptions,
  validate: ValidateFunction,
): CheckedOptions & PromptOptions {
  const { signal, ...rest } = fieldsOf(options);
  if (signal !== undefined && typeof fieldsOf(signal)['throwIfAborted'] !== 'function') {
    throw new HalfspaceError('bad-option', 'The option signal must be an AbortSignal.');
  }
  const filled: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  );
  if (!validate(filled)) throw new HalfspaceError('bad-option', complaint(validate.errors));
  const kinds = ['prompt', 'prompts', 'messages'].filter((kind) => filled[kind] !== undefined);
  if (kinds.length !== 1) {
    const given = kinds.length === 0 ? 'none' : kinds.join(' and ');
    throw new HalfspaceError('bad-option', `Give one of prompt, prompts and messages; got ${given}.`);
  }
  if (filled['tools'] !== undefined && filled['messages'] === undefined) {
    throw new HalfspaceError(
      'bad-option',
      'The option tools goes with messages. Give these, or leave tools out.',
    );
  }
  const given = filled as unknown as CheckedOptions & PromptOptions;
  given.prompts?.forEach(checkPrompt);
  checkControl(given);
  const filters = given.filters.map(upgradeFilter);
  return { ...given, filters };
}

export function checkPrompt(prompt: string | WeightedPrompt, index: number): void {
  if (typeof prompt === 'string' || 'text' in prompt !== 'messages' in prompt) return;
  throw new HalfspaceError(
    'bad-option',
    `The option prompts.${index} must have either text or messages. Give one of them.`,
  );
}

export function complaint(faults: readonly ErrorObject[] | null | undefined): string {
  const [fault] = faults ?? [];
  if (fault?.keyword === 'additionalProperties' && fault.instancePath === '') {
    const known = Object.keys(SCHEMA.properties);
    const name = String(fault.params['additionalProperty']);
    return `There is no option "${name}".${didYouMean(name, known)} Options are: ${known.join(', ')}.`;
  }
  const found = schemaComplaint(faults);
  const stop = /[?.]$/.test(found) ? '' : '.';
  return fault?.keyword === 'additionalProperties'
    ? `In the options ${found}${stop}`
    : `The option ${found}${stop}`;
}

/**
 * Finds out whether the options can be had together.
 *
 * @throws HalfspaceError `bad-option`
 */
export function checkControl(options: CheckedOptions & PromptOptions): void {
  const { control, formula, bonus } = options;
  const given = weightsOf(options).flatMap((weights) => Object.values(weights));
  const weighted = given.some((weight) => valueOf(weight) !== 0);
  if (control.mode === 'kl-budget' && formula === undefined && !weighted) {
    throw new HalfspaceError(
      'bad-option',
      'A KL budget scales the weights of attributes, and there are none. Give an attribute a weight other than 0.',
    );
  }
  if (formula !== undefined && weighted) {
    throw new HalfspaceError(
      'bad-option',
      'A formula says what attributes count, and weights do, too. Write them into the formula, or leave it out.',
    );
  }
  const capped =
    options.cap !== undefined ||
    given.some((weight) => typeof weight === 'object' && weight.cap !== undefined);
  if (capped && formula !== undefined) {
    throw new HalfspaceError(
      'bad-option',
      'A formula says its own caps, as min(margin, 1) does, and cap says another one. Leave cap out.',
    );
  }
  if (capped && bonus === 'softmax') {
    throw new HalfspaceError(
      'bad-option',
      "A cap is about margins, and the bonus softmax has none. Leave cap out, or use the bonus 'margin'.",
    );
  }
  const margins = formula === undefined ? 'Constraints are' : 'A formula is';
  if ((control.mode === 'constraints' || formula !== undefined) && bonus === 'softmax') {
    throw new HalfspaceError(
      'bad-option',
      `${margins} about margins, and the bonus softmax has none. Use the bonus 'margin'.`,
    );
  }
}

/** The attributes that the options name, each once. */
export function namedAttributes(options: CheckedOptions & PromptOptions): string[] {
  const { control, measure, redraw } = options;
  const constraints = control.mode === 'constraints' ? control.constraints : [];
  return [
    ...new Set([
      ...constraints.map(({ attribute }) => attribute),
      ...weightsOf(options).flatMap((weights) => Object.keys(weights)),
      ...Object.keys(redraw?.ifMeanBelow ?? {}),
      ...measure,
    ]),
  ];
}

/** The weights of the request, and those of its prompts that have some of their own. */
export function weightsOf({ weights, prompts = [] }: CheckedOptions & PromptOptions): Weights[] {
  return [weights, ...prompts.map((each) => (typeof each === 'string' ? {} : (each.weights ?? {})))];
}
