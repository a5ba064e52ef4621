import { defineMethod } from './define-method.js';
import { afterPlainPrompt, decodeOptions, requestOf, writtenCompletion } from './open-decoding.js';

/** Parameters of {@link systemPrompt}. */
interface SystemPromptParameters {
  /** What the model is told, such as `Be polite.` */
  readonly text: string;
}

/**
 * The model is asked for the value: by a system message before a conversation, by a paragraph before a text that it goes
 * on with.
 */
export const systemPrompt = defineMethod<SystemPromptParameters>({
  kind: 'system-prompt',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['text'],
    properties: { text: { type: 'string', minLength: 1 } },
  },
  attributesOf: () => [],
  nameOf: () => 'system prompt',
  seriesOf: () => 'system prompt',
  open: ({ text }, model) =>
    Promise.resolve({
      extraParameters: 0,
      async complete({ prompt, samples, seed, trace = false, signal }) {
        const { messages } = prompt;
        const told =
          messages === undefined
            ? { ...prompt, text: `${text}\n\n${prompt.text}` }
            : { ...prompt, messages: [{ role: 'system' as const, content: text }, ...messages] };
        const options = { ...decodeOptions(model, {}), ...requestOf(told), samples, seed, trace, signal };
        const found = await model.halfspace.generate(options);
        return afterPlainPrompt(model, found.map(writtenCompletion), { prompt, signal });
      },
      dispose: () => Promise.resolve(),
    }),
});
