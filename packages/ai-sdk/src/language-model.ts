import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import type { GenerateOptions, Halfspace } from '@halfspace/core';
import { readCall } from './read-call.js';
import { contentOf, finishReasonOf, metadataOf, usageOf } from './results.js';
import { readableOf, streamParts } from './stream-parts.js';

/** A model of Halfspace as the AI SDK takes it. */
export type HalfspaceLanguageModel = LanguageModelV3;

/**
 * A model of Halfspace as the AI SDK takes it.
 *
 * @param load - Gives the model, loaded when it is first used.
 */
export function createLanguageModel(
  provider: string,
  modelId: string,
  load: () => Promise<Halfspace>,
): HalfspaceLanguageModel {
  return {
    specificationVersion: 'v3',
    provider,
    modelId,
    supportedUrls: {},
    async doGenerate(call) {
      call.abortSignal?.throwIfAborted();
      const halfspace = await load();
      const { options, warnings, toolCalls } = readCall(call, halfspace);
      try {
        // Which options go together is checked when they are used.
        const [completion] = await halfspace.generate(options as GenerateOptions);
        if (completion.error !== undefined) throw completion.error;
        const content = contentOf(completion, toolCalls);
        const hasCalled = content.some(({ type }) => type === 'tool-call');
        return {
          content,
          finishReason: finishReasonOf(completion, hasCalled),
          usage: usageOf(completion),
          providerMetadata: metadataOf(completion, options.seed),
          response: { modelId, timestamp: new Date() },
          warnings,
        };
      } catch (error) {
        throw failureOf(error, call);
      }
    },
    async doStream(call) {
      call.abortSignal?.throwIfAborted();
      const halfspace = await load();
      const read = readCall(call, halfspace);
      const events = halfspace.stream({ ...read.options, streamTokens: true } as GenerateOptions);
      return { stream: readableOf(streamParts(events, read, modelId, (error) => failureOf(error, call))) };
    },
  };
}

/** An abort is what the caller aborted with, as the AI SDK expects it; all else stays what it is. */
function failureOf(error: unknown, { abortSignal }: LanguageModelV3CallOptions): unknown {
  return abortSignal?.aborted === true ? abortSignal.reason : error;
}
