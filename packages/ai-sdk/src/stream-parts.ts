import type { LanguageModelV3StreamPart, SharedV3ProviderMetadata } from '@ai-sdk/provider';
import type { StreamEvent } from '@halfspace/core';
import type { ReadCall } from './read-call.js';
import { createWrittenParts } from './written-parts.js';
import { finishReasonOf, metadataOf, tokenMetadata, usageOf } from './results.js';

/**
 * What happens to a completion, as parts of a stream of the AI SDK.
 *
 * @param modelId - For the metadata of the response.
 * @param failureOf - What an error is to the caller.
 */
export async function* streamParts(
  events: AsyncIterable<StreamEvent>,
  { warnings, toolCalls, options: { seed } }: ReadCall,
  modelId: string,
  failureOf: (error: unknown) => unknown,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  yield { type: 'stream-start', warnings };
  yield { type: 'response-metadata', modelId, timestamp: new Date() };
  const written = createWrittenParts(toolCalls);
  let figures: SharedV3ProviderMetadata | undefined;
  try {
    for await (const event of events) {
      if (event.type === 'token') {
        figures = tokenMetadata(event);
      } else if (event.type === 'text') {
        yield* written.push(event.text, figures);
      } else if (event.type === 'completion') {
        const { completion } = event;
        yield* written.end(completion.finishReason === 'end');
        if (completion.error !== undefined) yield { type: 'error', error: completion.error };
        yield {
          type: 'finish',
          finishReason: finishReasonOf(completion, written.calls.length > 0),
          usage: usageOf(completion),
          providerMetadata: metadataOf(completion, seed),
        };
      }
    }
  } catch (error) {
    yield { type: 'error', error: failureOf(error) };
  }
}

/** A stream that asks for the next part when it is read, and ends the work when it is cancelled. */
export function readableOf<T>(parts: AsyncGenerator<T, void, undefined>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { value, done } = await parts.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
