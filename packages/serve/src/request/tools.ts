import {
  isHalfspaceError,
  type Filter,
  type Halfspace,
  type ToolCallFormat,
  type ToolDefinition,
} from '@halfspace/core';
import { toolCallFilter } from '@halfspace/grammar';
import { badRequest } from '../http/api-error.js';
import { checkRuns } from './text-runs.js';
import type { Body } from './validator.js';

/** The tools that a request lets the model call. */
export interface RequestTools {
  /** As the model's template gets them. */
  readonly tools: readonly ToolDefinition[];
  readonly format: ToolCallFormat;
  /** Lets no broken call through. */
  readonly filter: Filter;
}

type Choice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type?: unknown; readonly function?: { readonly name?: unknown } };

/**
 * The tools of a request: none where it names none, or says that none is called, or may be and the model's template knows none.
 *
 * @throws ApiError 400 for a call that must be made and cannot be, tools that are none, and schemas that cannot be kept
 */
export function requestTools(body: Body, { backend }: Halfspace): RequestTools | undefined {
  const { tools: given = [], tool_choice: chosen = 'auto', parallel_tool_calls: isParallel } = body;
  const choice = chosen as Choice;
  const format = backend.tokenizer.toolCalls;
  const tools = given as readonly ToolDefinition[];
  const name = typeof choice === 'object' ? choice.function?.name : undefined;
  if (choice === 'none') return undefined;
  if (format === undefined) {
    if (choice === 'auto') return undefined;
    throw unsupported(
      'The chat template of the model knows no tools, or writes calls in a way that is not read.',
    );
  }
  if (typeof choice === 'string' ? !['auto', 'required'].includes(choice) : typeof name !== 'string')
    throw unsupported(
      'It must be "none", "auto", "required", or { "type": "function", "function": { "name": … } }.',
    );
  if (tools.length === 0) {
    if (choice === 'auto') return undefined;
    throw unsupported('There are no tools.');
  }
  assertTools(tools);
  const callable = name === undefined ? tools : tools.filter((each) => each.function.name === name);
  if (callable.length === 0)
    throw unsupported(`There is no tool ${JSON.stringify(String(name).slice(0, 100))}.`);
  if (isParallel !== undefined && typeof isParallel !== 'boolean')
    throw badRequest('parallel_tool_calls', 'The field parallel_tool_calls must be true or false.');
  assertOpen(body);
  return {
    tools: tools.map(({ function: { name: of, description, parameters } }) => ({
      type: 'function',
      function: {
        name: of,
        ...(description !== undefined && { description }),
        parameters: parameters ?? { type: 'object', properties: {} },
      },
    })),
    format,
    filter: filterOf(callable, format, choice !== 'auto', isParallel !== false && name === undefined),
  };
}

function assertTools(tools: readonly unknown[]): void {
  tools.forEach((tool, i) => {
    const { type, function: given } = tool as {
      readonly type?: unknown;
      readonly function?: Partial<ToolDefinition['function']>;
    };
    const isNamed = typeof given?.name === 'string';
    if (type === 'function' && isNamed && ['undefined', 'string'].includes(typeof given.description)) {
      checkRuns(JSON.stringify(given), `tools.${i}.function`);
      return;
    }
    throw badRequest(
      `tools.${i}`,
      'A tool has { "type": "function", "function": { "name": …, "description": …, "parameters": … } }.',
    );
  });
}

function filterOf(
  tools: readonly ToolDefinition[],
  format: ToolCallFormat,
  isRequired: boolean,
  isParallel: boolean,
): Filter {
  try {
    return toolCallFilter(tools, format, { isRequired, isParallel });
  } catch (error) {
    if (isHalfspaceError(error)) throw badRequest('tools', error.message, error.code);
    throw error;
  }
}

/** A turn that is begun could have begun a call, and a structure says what an answer is. */
function assertOpen({ messages, response_format: format }: Body): void {
  const last = (messages as readonly { readonly role?: unknown }[]).at(-1);
  if (last?.role === 'assistant')
    throw badRequest(
      'messages',
      'With tools the last message must not be of the assistant.',
      'unsupported_value',
    );
  const type = (format as { readonly type?: unknown } | null | undefined)?.type;
  if (type !== undefined && type !== 'text')
    throw badRequest(
      'response_format',
      'A response_format goes with tools only where tool_choice is "none".',
      'unsupported_value',
    );
}

function unsupported(why: string) {
  return badRequest('tool_choice', `This value of tool_choice is not supported. ${why}`, 'unsupported_value');
}
