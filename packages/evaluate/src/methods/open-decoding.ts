import {
  encodePrompt,
  HalfspaceError,
  type AnyDecodeOptions,
  type Completion,
  type DecodeOptions,
  type PromptOptions,
  withControlTokens,
} from '@halfspace/core';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import type { CompletionRequest, MethodModel, OpenMethod, WrittenCompletion } from './method.js';
import { steeringNames, steeringParameters } from './steering.js';

/** A prompt as `generate` takes it. */
export function requestOf({ text, messages }: SuitePrompt): PromptOptions {
  return messages === undefined ? { prompt: text } : { messages };
}

/**
 * A method that is one call of `generate` a prompt.
 *
 * @param options - Besides the model's own `decoding`.
 * @throws HalfspaceError what `generate` throws for options that it refuses: a trial of one token is made at once
 */
export async function openDecoding(model: MethodModel, options: AnyDecodeOptions): Promise<OpenMethod> {
  const settings = decodeOptions(model, options);
  await model.halfspace.generate({ ...settings, prompt: 'The', maxTokens: 1 });
  return {
    extraParameters: steeringParameters(model.halfspace, steeringNames(options), options.earlyExit),
    async complete({ prompt, samples, seed, trace = false, signal }) {
      const request = { ...requestOf(prompt), samples, seed, trace, signal };
      const completions = await model.halfspace.generate({ ...settings, ...request });
      return completions.map((completion) => writtenCompletion(completion));
    },
    dispose: () => Promise.resolve(),
  };
}

/** What a method gives to `generate`: its own options, the model's decoding, and what is measured besides. */
export function decodeOptions(
  { decoding, measured }: MethodModel,
  options: AnyDecodeOptions,
): DecodeOptions & Pick<PromptOptions, 'controlTokens'> {
  const settings: AnyDecodeOptions & Pick<PromptOptions, 'controlTokens'> = {
    ...decoding,
    ...options,
    measure: [...new Set([...(options.measure ?? []), ...measured])],
  };
  // Which options go together is for `generate` to say: those of a method come from a file.
  return settings as DecodeOptions;
}

/** A completion of `generate` as a method gives it. */
export function writtenCompletion(completion: Completion): WrittenCompletion {
  const { text, tokens, logprob, kl, evaluations, margins, error, warnings } = completion;
  return {
    text,
    tokens,
    logprob,
    kl,
    evaluations: evaluations,
    margins: Object.fromEntries(
      Object.entries(margins).map(([name, { mean }]) => [name, Number.isFinite(mean) ? mean : null]),
    ),
    ...(error !== undefined && { error: error.code }),
    ...(warnings !== undefined && { warnings }),
    ...(completion.trace !== undefined && { traced: completion }),
  };
}

/**
 * Completions that were written after another text than the suite's prompt, with their log-probability after that
 * prompt, and without a divergence, which is one from another distribution.
 */
export async function afterPlainPrompt(
  { halfspace, decoding }: MethodModel,
  completions: readonly WrittenCompletion[],
  { prompt, signal }: Pick<CompletionRequest, 'prompt' | 'signal'>,
): Promise<WrittenCompletion[]> {
  const backend = decoding.controlTokens === true ? withControlTokens(halfspace.backend) : halfspace.backend;
  const { tokenizer, model } = backend;
  const before = encodePrompt(tokenizer, prompt.messages ?? prompt.text).tokens;
  const measured: WrittenCompletion[] = [];
  for (const completion of completions) {
    const whole = [...before, ...completion.tokens];
    if (whole.length > model.contextLength) {
      throw new HalfspaceError('context-overflow', `A completion is longer than ${model.name} takes.`);
    }
    const logProbs = await backend.logProbs(whole, { signal });
    const logprob = logProbs.slice(before.length - 1).reduce((sum, value) => sum + value, 0);
    measured.push({ ...completion, logprob, kl: null });
  }
  return measured;
}
