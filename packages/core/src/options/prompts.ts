import {
  type Backend,
  type ChatOptions,
  HalfspaceError,
  type ModelInfo,
  type Tokenizer,
} from '@halfspace/contracts';
import {
  encodePrompt,
  fewestTokens,
  type Prompt,
  type PromptTokens,
  withControlTokens,
} from '../text/encode-text.js';
import { inTurns } from '../in-turns.js';
import type { PromptOptions, WeightedPrompt } from './options.js';
import type { Weights } from './weights.js';

/** A prompt as the model sees it. */
export interface EncodedPrompt extends PromptTokens {
  /** Weights of its own. */
  readonly weights: Weights;
}

/**
 * Encodes every prompt, so that a wrong one is found before any work starts.
 *
 * @throws HalfspaceError `empty-prompt`, `context-overflow`, `no-chat-template`, `cannot-continue-turn`, `tools-not-supported`, `aborted`
 */
export async function encodePrompts(
  backend: Backend,
  options: PromptOptions,
  signal?: AbortSignal,
): Promise<EncodedPrompt[]> {
  const { tokenizer, model } = options.controlTokens === true ? withControlTokens(backend) : backend;
  const all = promptsOf(options);
  const chat = chatOf(options, tokenizer, model);
  const encode = (each: WeightedPrompt, index: number): EncodedPrompt => {
    const which = all.length > 1 ? `Prompt ${index} (counted from 0)` : 'The prompt';
    const tooLong = (count: string) =>
      new HalfspaceError(
        'context-overflow',
        `${which} has ${count} tokens, and ${model.name} takes ${model.contextLength} together ` +
          'with the completion. Shorten it.',
      );
    const prompt: Prompt = 'text' in each ? each.text : each.messages;
    const rendered = typeof prompt === 'string' ? prompt : tokenizer.renderChat(prompt, chat);
    const fewest = fewestTokens({ tokenizer }, [rendered], model.contextLength);
    if (fewest >= model.contextLength) throw tooLong(`at least ${fewest}`);
    const encoded = encodePrompt(tokenizer, prompt, chat);
    const { tokens } = encoded;
    if (tokens.length === 0)
      throw new HalfspaceError('empty-prompt', `${which} is empty. Give it some text.`);
    if (tokens.length >= model.contextLength) throw tooLong(`${tokens.length}`);
    return { ...encoded, weights: each.weights ?? {} };
  };
  return inTurns(all, encode, signal);
}

function chatOf({ tools }: PromptOptions, { toolCalls }: Tokenizer, { name }: ModelInfo): ChatOptions {
  if (tools === undefined || tools.length === 0) return {};
  if (toolCalls !== undefined) return { tools };
  throw new HalfspaceError(
    'tools-not-supported',
    `The chat template of ${name} knows no tools, or writes calls of them in a way that is not read. Leave tools out.`,
  );
}

function promptsOf({ prompt, prompts = [], messages }: PromptOptions): WeightedPrompt[] {
  if (messages !== undefined) return [{ messages }];
  const all = prompt === undefined ? prompts : [prompt];
  return all.map((each) => (typeof each === 'string' ? { text: each } : each));
}
