import type { LanguageModelV3StreamPart, SharedV3ProviderMetadata } from '@ai-sdk/provider';
import type { StreamEvent } from '@halfspace/core';
import type { ReadCall } from './read-call.js';
import { finishReasonOf, metadataOf, tokenMetadata, usageOf } from './results.js';

/** The only text of a completion. */
const ID = 'text';

/**
 * What happens to a completion, as parts of a stream of the AI SDK.
 *
 * @param modelId - For the metadata of the response.
 * @param failureOf - What an error is to the caller.
 */
export async function* streamParts(
  events: AsyncIterable<StreamEvent>,
  { warnings, options: { seed } }: ReadCall,
  modelId: string,
  failureOf: (error: unknown) => unknown,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  yield { type: 'stream-start', warnings };
  yield { type: 'response-metadata', modelId, timestamp: new Date() };
  yield { type: 'text-start', id: ID };
  let figures: SharedV3ProviderMetadata | undefined;
  try {
    for await (const event of events) {
      if (event.type === 'token') {
        figures = tokenMetadata(event);
      } else if (event.type === 'text') {
        yield {
          type: 'text-delta',
          id: ID,
          delta: event.text,
          ...(figures && { providerMetadata: figures }),
        };
      } else if (event.type === 'completion') {
        const { completion } = event;
        yield { type: 'text-end', id: ID };
        if (completion.error !== undefined) yield { type: 'error', error: completion.error };
        yield {
          type: 'finish',
          finishReason: finishReasonOf(completion),
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
