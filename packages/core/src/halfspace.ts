import { bindAttributes } from './bound-attributes.js';
import type { Attribute } from './contracts/attribute.js';
import type { Backend } from './contracts/backend.js';
import type { Completion, StreamEvent } from './completion.js';
import { weightsOf } from './control.js';
import { decode } from './decode.js';
import { HalfspaceError } from './errors.js';
import { checkOptions, type GenerateOptions } from './options.js';
import { encodePrompts } from './prompts.js';
import { score, type Score, type ScoreOptions } from './score.js';

/** A model with values: what `createHalfspace` makes. */
export interface Halfspace {
  /** What runs the model; measures perplexity (`logProbs`) and tokenizes. */
  readonly backend: Backend;
  /** The attributes it was made with, in that order. */
  readonly attributes: readonly Attribute[];
  /**
   * Completes one prompt, several, or a conversation. Completions come ordered by prompt, then sample.
   * All of them come, also one that was ended by an error of its own, such as that of a scoring attribute:
   * **look at `error` of each completion**, because nothing is thrown for it.
   *
   * @throws HalfspaceError `bad-option`, `empty-prompt`, `context-overflow`, `unknown-attribute`,
   * `subspace-of-another-model`, `unknown-layer`, `no-chat-template` before work starts; `aborted`,
   * `not-finite` during it.
   */
  generate(options: GenerateOptions): Promise<Completion[]>;
  /**
   * As {@link Halfspace.generate}, with text as it is written. Of several completions, the texts come
   * interleaved. Leaving the loop early ends the work. Options are checked when the stream is first read.
   */
  stream(options: GenerateOptions): AsyncGenerator<StreamEvent, void, undefined>;
  /**
   * Margins of a text that is already written. A scoring attribute is asked about each of its tokens, one
   * after another, as the only candidate after the text before it.
   *
   * @throws HalfspaceError `empty-response`, `context-overflow`, `unknown-attribute`,
   * `subspace-of-another-model`, `unknown-layer`, `attribute-failed`, `aborted`, `not-finite`
   */
  score(options: ScoreOptions): Promise<Score>;
  /** Frees the model. Idempotent. */
  dispose(): Promise<void>;
}

/** Puts a backend and attributes together. */
export function assemble(backend: Backend, attributes: readonly Attribute[]): Halfspace {
  assertDistinct(attributes);

  function stream(options: GenerateOptions): AsyncGenerator<StreamEvent, void, undefined> {
    const checked = checkOptions(options);
    const bound = bindAttributes(attributes, weightsOf(checked), backend.model);
    const prompts = encodePrompts(backend, checked);
    return decode({ backend, prompts, attributes: bound, options: checked, signal: options.signal });
  }

  return {
    backend,
    attributes,
    async *stream(options) {
      yield* stream(options);
    },
    async generate(options) {
      const completions: Completion[] = [];
      for await (const event of stream(options)) {
        if (event.type === 'completion') completions.push(event.completion);
      }
      return completions.sort((a, b) => a.promptIndex - b.promptIndex || a.sample - b.sample);
    },
    async score(options) {
      const unweighted = Object.fromEntries(options.attributes.map((name) => [name, 0]));
      return score(backend, bindAttributes(attributes, unweighted, backend.model), options);
    },
    dispose: () => backend.dispose(),
  };
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
