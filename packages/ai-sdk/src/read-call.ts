import {
  InvalidArgumentError,
  type LanguageModelV3CallOptions,
  type SharedV3Warning,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import type { AnyGenerateOptions, Filter, Halfspace, ToolCallFormat } from '@halfspace/core';
import { jsonSchemaFilter } from '@halfspace/grammar';
import { readPrompt } from './read-prompt.js';
import { readSteering } from './steering-options.js';
import { readTools } from './read-tools.js';

/** A call of the AI SDK as Halfspace takes it. */
export interface ReadCall {
  readonly options: AnyGenerateOptions;
  /** What the caller set and is not done. */
  readonly warnings: SharedV3Warning[];
  /** How calls of tools are written, where there may be some. */
  readonly toolCalls?: ToolCallFormat | undefined;
}

/** Seeds that are drawn where none is given. */
const SEEDS = 2 ** 32;

/**
 * Reads a call.
 *
 * @throws UnsupportedFunctionalityError, InvalidArgumentError; HalfspaceError `bad-schema`, `bad-grammar`, `bad-filter`
 */
export function readCall(call: LanguageModelV3CallOptions, halfspace: Halfspace): ReadCall {
  const { decode, filters, hasGrammar } = readSteering(call.providerOptions);
  const warnings = warningsOf(call);
  const structure = structureOf(call, hasGrammar);
  const tools = readTools(call, halfspace);
  if (tools !== undefined && (structure.length > 0 || hasGrammar)) {
    throw new UnsupportedFunctionalityError({
      functionality: 'tools beside an object by schema or a grammar',
      message: 'Tools are called, or an answer has a structure. Leave one of them out.',
    });
  }
  const options: AnyGenerateOptions = {
    ...decode,
    messages: readPrompt(call.prompt, halfspace.backend.tokenizer.toolCalls !== undefined),
    ...(tools && { tools: tools.tools }),
    maxTokens: call.maxOutputTokens ?? halfspace.backend.model.contextLength,
    seed: call.seed ?? Math.floor(Math.random() * SEEDS),
    ...(call.temperature !== undefined && { temperature: call.temperature }),
    ...(call.topP !== undefined && { topP: call.topP }),
    ...(call.topK !== undefined && { topK: call.topK }),
    ...(call.stopSequences !== undefined && { stop: call.stopSequences }),
    filters: [...(tools ? [tools.filter] : []), ...structure, ...filters],
    signal: call.abortSignal,
  };
  return { options, warnings, toolCalls: tools?.format };
}

function warningsOf(call: LanguageModelV3CallOptions): SharedV3Warning[] {
  const { presencePenalty = 0, frequencyPenalty = 0 } = call;
  const penalty = (feature: string): SharedV3Warning => ({
    type: 'unsupported',
    feature,
    details: 'Use providerOptions.halfspace.repetitionPenalty.',
  });
  return [
    ...(presencePenalty === 0 ? [] : [penalty('presencePenalty')]),
    ...(frequencyPenalty === 0 ? [] : [penalty('frequencyPenalty')]),
  ];
}

function structureOf({ responseFormat }: LanguageModelV3CallOptions, hasGrammar: boolean): Filter[] {
  if (responseFormat?.type !== 'json') return [];
  if (hasGrammar) {
    throw new InvalidArgumentError({
      argument: 'providerOptions.halfspace.grammar',
      message: 'An object is asked for, and a grammar says something else. Leave one of them out.',
    });
  }
  return [jsonSchemaFilter((responseFormat.schema ?? true) as Parameters<typeof jsonSchemaFilter>[0])];
}
