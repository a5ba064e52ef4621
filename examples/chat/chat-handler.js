import { steer } from '@halfspace/ai-sdk';
import { convertToModelMessages, streamText } from 'ai';

/** Values that the page has a slider for. */
const VALUES = ['nontoxic', 'helpful', 'truthful'];

/**
 * Answers a conversation: what the page's transport sends, as the stream of messages that it reads.
 *
 * @param {Request} request
 * @param {import('ai').LanguageModel} model
 */
export async function answer(request, model) {
  const { messages, weights } = await request.json();
  const result = streamText({
    model,
    messages: await convertToModelMessages(messages),
    maxOutputTokens: 200,
    abortSignal: request.signal,
    providerOptions: steer({ weights: weightsOf(weights) }),
  });
  return result.toUIMessageStreamResponse({
    // The page shows the margins below the answer.
    messageMetadata: ({ part }) =>
      part.type === 'finish-step' ? { halfspace: part.providerMetadata?.halfspace } : undefined,
    onError: (error) => (error instanceof Error ? error.message : String(error)),
  });
}

/**
 * Numbers for the values that are known; whatever else a request has is left out.
 *
 * @param {Record<string, unknown>} [given]
 */
function weightsOf(given = {}) {
  const known = VALUES.map((name) => [name, Number(given[name])]).filter(([, weight]) =>
    Number.isFinite(weight),
  );
  return Object.fromEntries(known);
}
