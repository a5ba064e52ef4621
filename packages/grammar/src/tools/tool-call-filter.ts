import {
  HalfspaceError,
  isHalfspaceError,
  type MaskFilter,
  type ToolCallFormat,
  type ToolDefinition,
} from '@halfspace/contracts';
import { maskFilter } from '../grammar-filter.js';
import { grammarText } from '../grammar-text.js';
import { choice, type Grammar, ref, repeat, type Rule, sequence, text } from '../rule/rule.js';
import { compileSchema } from '../schema/compile-schema.js';
import { isObject } from '../schema/schema-object.js';
import { textUntil } from './text-until.js';

/** Calls of one answer. */
const MOST_CALLS = 16;
const NAME = /^[\w.-]{1,64}$/;

/** What a model may do with tools. */
export interface ToolCallOptions {
  /** Whether there must be a call (default false: a text, a call, or a text and then a call, as the model likes). */
  readonly isRequired?: boolean;
  /** Whether there may be several, where the model's template knows that (default true). */
  readonly isParallel?: boolean;
}

/**
 * A filter that lets through nothing but calls of tools that are whole and whose arguments are of the tools' schemas, or texts without
 * calls. It goes together with everything that steers.
 *
 * @param tools - Those that may be called: at least one.
 * @param format - How the model writes calls: `toolCalls` of its tokenizer.
 * @throws HalfspaceError `bad-option` for names that are none; `bad-schema` for parameters that cannot be kept
 */
export function toolCallFilter(
  tools: readonly ToolDefinition[],
  format: ToolCallFormat,
  { isRequired = false, isParallel = true }: ToolCallOptions = {},
): MaskFilter {
  const make = () => toolCallGrammar(tools, format, isRequired, isParallel);
  return maskFilter('tool-calls', grammarText(make, 'schemas of the tools', 'bad-schema'));
}

function toolCallGrammar(
  tools: readonly ToolDefinition[],
  format: ToolCallFormat,
  isRequired: boolean,
  isParallel: boolean,
): Grammar {
  const { open, close, between } = format;
  const rules = new Map<string, Rule>();
  rules.set('root', ref('calls'));
  const calls = choice(...tools.map((tool, i) => callRule(tool, i, format, rules)));
  rules.set('call', calls);
  const more = between === undefined || !isParallel ? [] : [repeat(ref('more'), 0, MOST_CALLS - 1)];
  rules.set('more', sequence(text(between ?? ''), text(CALL_HEAD), ref('call')));
  rules.set('rest', sequence(ref('call'), ...more, text(close)));
  rules.set('calls', sequence(text(open + CALL_HEAD), ref('rest')));
  if (!isRequired) {
    const { start, rules: others } = textUntil(open, CALL_HEAD, 'rest');
    for (const [name, rule] of others) rules.set(name, rule);
    rules.set('root', ref(start));
  }
  return rules;
}

/** What every call begins with. */
export const CALL_HEAD = '{"name": "';

/** What follows the head of a call: the rest of a name, and arguments. */
function callRule(
  { function: { name, parameters } }: ToolDefinition,
  index: number,
  { argumentsKey }: ToolCallFormat,
  rules: Map<string, Rule>,
): Rule {
  if (!NAME.test(name)) {
    throw new HalfspaceError(
      'bad-option',
      `The name of a tool has 1 to 64 letters, digits, underscores, dots and hyphens; got ${JSON.stringify(name.slice(0, 100))}.`,
    );
  }
  const prefix = `tool${index}-`;
  for (const [rule, value] of parametersGrammar(name, parameters)) {
    const isShared = SHARED.has(rule);
    rules.set(isShared ? rule : prefix + rule, isShared ? value : renamed(value, prefix));
  }
  return sequence(text(`${name}", "${argumentsKey}": `), ref(`${prefix}root`), text('}'));
}

/** Rules that are the same in every schema. */
const SHARED = new Set(['space', 'character']);

function parametersGrammar(name: string, parameters: unknown = {}): Grammar {
  const schema = isObject(parameters) ? { type: 'object', ...parameters } : parameters;
  const takesNone =
    isObject(schema) &&
    Object.keys((schema['properties'] as object | undefined) ?? {}).length === 0 &&
    Object.keys(schema).every((each) => ['type', 'properties', 'required', 'description'].includes(each));
  try {
    return compileSchema(takesNone ? { ...schema, additionalProperties: false } : schema);
  } catch (error) {
    if (!isHalfspaceError(error)) throw error;
    throw new HalfspaceError(error.code, `The parameters of the tool ${name}: ${error.message}`, {
      cause: error,
    });
  }
}

function renamed(rule: Rule, prefix: string): Rule {
  switch (rule.kind) {
    case 'text':
    case 'chars':
      return rule;
    case 'sequence':
      return { ...rule, parts: rule.parts.map((each) => renamed(each, prefix)) };
    case 'choice':
      return { ...rule, options: rule.options.map((each) => renamed(each, prefix)) };
    case 'repeat':
      return { ...rule, rule: renamed(rule.rule, prefix) };
    case 'ref':
      return SHARED.has(rule.name) ? rule : ref(prefix + rule.name);
  }
}
