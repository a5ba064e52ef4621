import { type LanguageModelV3CallOptions, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import type { Filter, Halfspace, ToolCallFormat, ToolDefinition } from '@halfspace/core';
import { toolCallFilter } from '@halfspace/grammar';

/** Tools that a model may call. */
export interface ReadTools {
  readonly tools: readonly ToolDefinition[];
  readonly format: ToolCallFormat;
  readonly filter: Filter;
}

/**
 * The tools of a call; none where it has none or says that none is called.
 *
 * @throws UnsupportedFunctionalityError for tools of a provider, and where the model's chat template knows no tools; HalfspaceError
 * `bad-schema`, `bad-option`
 */
export function readTools(
  { tools: given = [], toolChoice }: LanguageModelV3CallOptions,
  { backend }: Halfspace,
): ReadTools | undefined {
  if (given.length === 0 || toolChoice?.type === 'none') return undefined;
  const format = backend.tokenizer.toolCalls;
  if (format === undefined) {
    throw new UnsupportedFunctionalityError({
      functionality: 'tools',
      message:
        `The chat template of ${backend.model.name} knows no tools, or writes calls in a way that is not read, so that it can call no tools. ` +
        'Leave tools out, or set toolChoice to "none".',
    });
  }
  const tools = given.map((tool): ToolDefinition => {
    if (tool.type !== 'function') {
      throw new UnsupportedFunctionalityError({ functionality: `tools of a provider (${tool.id})` });
    }
    const { name, description, inputSchema: parameters } = tool;
    return {
      type: 'function',
      function: { name, ...(description !== undefined && { description }), parameters },
    };
  });
  const only = toolChoice?.type === 'tool' ? toolChoice.toolName : undefined;
  const callable = only === undefined ? tools : tools.filter((each) => each.function.name === only);
  if (callable.length === 0) throw new UnsupportedFunctionalityError({ functionality: `the tool ${only}` });
  const isRequired = toolChoice?.type === 'required' || only !== undefined;
  const isParallel = only === undefined;
  return { tools, format, filter: toolCallFilter(callable, format, { isRequired, isParallel }) };
}
