/// <reference lib="esnext.disposable" preserve="true" />
import { type Attribute, type Backend, HalfspaceError } from '@halfspace/contracts';
import { bindAttributes } from './step/margins/bound-attributes.js';
import type { Completion, FinishedCompletion, StreamEvent } from './decode/completion.js';
import { createCompletionStream, inOrder, type CompletionStream } from './decode/completion-stream.js';
import { namedAttributes, type OptionsCheck } from './options/check-options.js';
import { decode } from './decode/decode.js';
import { assertOneCompletion } from './options/one-completion.js';
import type {
  AnyGenerateOptions,
  CheckedOptions,
  CompleteOptions,
  GenerateOptions,
} from './options/options.js';
import type { Formula } from './formula/compile.js';
import { idleMargins } from './formula/idle-margins.js';
import { idleParts } from './step/bonus/idle-parts.js';
import { readFormula } from './formula/read-formula.js';
import { openMasks } from './plugins/open-masks.js';
import { encodePrompts } from './options/prompts.js';
import { createSteering } from './step/bonus/steering.js';
import { tabulate } from './options/weight-tables.js';
import { arithmeticWarnings } from './step/margins/arithmetic-warnings.js';
import { checkScoreOptions, score, type Score, type ScoreOptions } from './score.js';

/**
 * A model with values: what `createHalfspace` makes.
 *
 * @typeParam Name - Names of its attributes, which options are checked by: `Halfspace<'nontoxic' | 'helpful'>`; `string` for any.
 */
export interface Halfspace<Name extends string = string> {
  /** What runs the model; measures perplexity (`logProbs`) and tokenizes. */
  readonly backend: Backend;
  /** The attributes it was made with, in that order. */
  readonly attributes: readonly Attribute<Name>[];
  /**
   * What is to be known of them with this model: by how much margins differ where a subspace was fitted in another arithmetic than
   * completions have. Mostly empty.
   */
  readonly warnings: readonly string[];
  /**
   * Completes one prompt, several, or a conversation. Completions come ordered by prompt, then sample.
   * All of them come, also one that was ended by an error of its own, such as that of a scoring attribute:
   * **look at `error` of each completion**, because nothing is thrown for it.
   *
   * @throws HalfspaceError `bad-option`, `empty-prompt`, `context-overflow`, `unknown-attribute`,
   * `subspace-of-another-model`, `unknown-layer`, `unknown-token`, `no-chat-template`, `cannot-continue-turn`, `formula-invalid` before work starts; `aborted`,
   * `not-finite` during it.
   */
  generate(options: GenerateOptions<Name>): Promise<Completion<Name>[]>;
  /**
   * Completes one prompt, once.
   *
   * @throws HalfspaceError what ended the completion, `attribute-failed` and the like; as {@link Halfspace.generate}, which also
   * gives what was written until then; `bad-option` where the options ask for several completions.
   */
  complete(options: CompleteOptions<Name>): Promise<FinishedCompletion<Name>>;
  /**
   * As {@link Halfspace.generate}, with text as it is written. Of several completions, the texts come
   * interleaved. Leaving the loop early ends the work. Options are checked when the stream is first read.
   * `stream(options).text` has the text alone, of one completion.
   */
  stream(options: GenerateOptions<Name>): CompletionStream<Name>;
  /**
   * Margins of a text that is already written. A scoring attribute is asked about each of its tokens, one
   * after another, as the only candidate after the text before it.
   *
   * @throws HalfspaceError `bad-option`, `empty-response`, `context-overflow`, `unknown-attribute`,
   * `subspace-of-another-model`, `unknown-layer`, `attribute-failed`, `aborted`, `not-finite`
   */
  score(options: ScoreOptions<Name>): Promise<Score<Name>>;
  /** Frees the model. Idempotent. */
  dispose(): Promise<void>;
  /** As {@link Halfspace.dispose}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts a backend and attributes together.
 *
 * @param check - For the options of requests.
 */
export function assemble(backend: Backend, attributes: readonly Attribute[], check: OptionsCheck): Halfspace {
  assertDistinct(attributes);

  const descriptionOf = (name: string) => attributes.find((each) => each.name === name)?.description ?? '';

  async function* events(options: AnyGenerateOptions): AsyncGenerator<StreamEvent, void, undefined> {
    const checked = check(options);
    const formula =
      checked.formula === undefined
        ? undefined
        : await readFormula(
            checked.formula,
            attributes.map(({ name }) => name),
          );
    const names = new Set([...namedAttributes(checked), ...(formula?.attributes ?? [])]);
    const bound = bindAttributes(attributes, [...names], backend.model, checked.earlyExit);
    const encoded = await encodePrompts(backend, checked, options.signal);
    assertKnownTokens(checked, backend.tokenizer.vocabularySize);
    const { maxTokens } = checked;
    const steps = Math.min(maxTokens, backend.model.contextLength);
    const shared = await tabulate(checked.weights, steps, maxTokens);
    const idleFormula = idleFormulaParts(formula, checked, steps);
    const prompts = await Promise.all(
      encoded.map(async (prompt) => {
        const own = await tabulate(prompt.weights, steps, maxTokens);
        const weights = { ...checked.weights, ...prompt.weights };
        const tables = { ...shared, ...own };
        const steering = createSteering({
          attributes: bound,
          weights,
          tables,
          formula,
          steps,
          options: checked,
        });
        const idle = idleParts({ options: checked, weights, tables, steering, bound, descriptionOf });
        const warnings = [...idle, ...idleFormula, ...inexactParts(backend, options.seed)];
        return { ...prompt, weights, steering, warnings };
      }),
    );
    const { signal } = options;
    const masks = await openMasks(checked.filters, backend.tokenizer, signal);
    try {
      yield* decode({ backend, prompts, attributes: bound, formula, options: checked, masks, signal });
    } finally {
      masks.release();
    }
  }

  async function generate(options: AnyGenerateOptions): Promise<Completion[]> {
    const completions: Completion[] = [];
    for await (const event of events(options)) {
      if (event.type === 'completion') completions.push(event.completion);
    }
    return inOrder(completions);
  }

  return {
    backend,
    attributes,
    warnings: arithmeticWarnings(attributes, backend.model),
    generate,
    async complete(options) {
      assertOneCompletion(options, 'complete', check);
      const [completion] = await generate(options);
      if (completion.finishReason === 'error') throw completion.error;
      return completion;
    },
    stream: (options) =>
      createCompletionStream(events(options), () => assertOneCompletion(options, 'stream().text', check)),
    async score(options) {
      checkScoreOptions(options);
      const names = [...new Set(options.measure)];
      return score(backend, bindAttributes(attributes, names, backend.model), options);
    },
    dispose: () => backend.dispose(),
    [Symbol.asyncDispose]: () => backend.dispose(),
  };
}

/** @throws HalfspaceError `unknown-token` */
function assertKnownTokens({ logitBias }: CheckedOptions, vocabularySize: number): void {
  const unknown = Object.keys(logitBias).find((token) => Number(token) >= vocabularySize);
  if (unknown === undefined) return;
  throw new HalfspaceError(
    'unknown-token',
    `The option logitBias names the token ${unknown}, and the ids of the model go up to ${vocabularySize - 1}.`,
  );
}

/** What a seed does not give where a backend does not promise equal numbers. */
function inexactParts({ exact }: Backend, seed: number | undefined): string[] {
  if (exact || seed === undefined) return [];
  return [
    'The backend is not exact: the same seed may write another text in other company or on another machine.',
  ];
}

/** Warnings of a formula of which some or all margins make no difference. */
function idleFormulaParts(formula: Formula | undefined, options: CheckedOptions, steps: number): string[] {
  const { formula: text, maxTokens } = options;
  if (formula === undefined || text === undefined) return [];
  const idle = idleMargins(formula, steps, maxTokens);
  if (idle.length === formula.attributes.length) {
    return [`The formula "${text}" has the same value whatever the margins are: it does not steer.`];
  }
  return idle.map((name) => `The margin of "${name}" makes no difference to the formula "${text}".`);
}

function assertDistinct(attributes: readonly Attribute[]): void {
  const names = attributes.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new HalfspaceError(
      'bad-attribute',
      `Two attributes are named "${twice}". Keep one, or rename one.`,
    );
  }
}
