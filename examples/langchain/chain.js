import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { ChatOpenAI } from '@langchain/openai';

/**
 * A chat model of LangChain that a server of Halfspace answers for. LangChain passes `modelKwargs` on as they are.
 *
 * @param {{
 *   model: string,
 *   weights?: Record<string, number>,
 *   seed?: number,
 *   maxTokens?: number,
 *   apiKey?: string,
 *   baseURL?: string,
 *   fetch?: typeof fetch,
 * }} settings
 */
export function createModel({ model, weights = {}, seed, maxTokens = 60, apiKey = 'none', baseURL, fetch }) {
  return new ChatOpenAI({
    model,
    apiKey,
    maxTokens,
    modelKwargs: { halfspace: { weights }, ...(seed !== undefined && { seed }) },
    configuration: { baseURL: baseURL ?? 'http://127.0.0.1:8080/v1', ...(fetch && { fetch }) },
  });
}

/**
 * Describes somebody.
 *
 * @param {ReturnType<typeof createModel>} model
 */
export function createChain(model) {
  const prompt = ChatPromptTemplate.fromMessages([
    ['system', 'You describe people in one sentence.'],
    ['human', 'Describe {who}.'],
  ]);
  return prompt.pipe(model).pipe(new StringOutputParser());
}

/** What {@link createExtractor} finds. */
export const PERSON = {
  title: 'person',
  type: 'object',
  properties: {
    mood: { enum: ['calm', 'angry', 'glad'] },
    age: { type: 'integer', minimum: 0, maximum: 120 },
  },
  required: ['mood', 'age'],
  additionalProperties: false,
};

/**
 * Makes objects by a schema; the server lets the model write nothing else.
 *
 * @param {ReturnType<typeof createModel>} model
 */
export function createExtractor(model) {
  return model.withStructuredOutput(PERSON, { method: 'jsonSchema' });
}
