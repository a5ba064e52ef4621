import type { ChatMessage, ToolCallFormat, ToolDefinition } from '@halfspace/core';

/** Renders whole turns by a template, without the beginning of another one, or with it. */
export type RenderTurns = (
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[],
  begin: boolean,
) => string;

const NAME = 'look_up_0';
const SAID = 'Something said.';
const TOOL: ToolDefinition = {
  type: 'function',
  function: {
    name: NAME,
    description: 'Looks something up.',
    parameters: { type: 'object', properties: { x: { type: 'integer' } }, required: ['x'] },
  },
};
const QUESTION: ChatMessage = { role: 'user', content: 'What is there?' };
const CALL = new RegExp(String.raw`\{"name": "${NAME}", "(\w+)": \{"x": 1\}\}`, 'g');

/**
 * How a template writes calls of tools, found out by having it write some: undefined where it knows no tools, or writes calls in
 * another way than as an object of a name and arguments.
 *
 * @param isText - Whether a text has no control tokens, which a model's text does not show.
 */
export function toolCallFormat(
  render: RenderTurns,
  isText: (text: string) => boolean,
): ToolCallFormat | undefined {
  const before = attempt(() => render([QUESTION], [TOOL], true));
  if (before === undefined || !before.includes(NAME)) return undefined;
  const end = endOf(render, before);
  const one = end === undefined ? undefined : callsOf(render, before, end, 1);
  if (one === undefined || !isText(one.open + one.close)) return undefined;
  const between = end === undefined ? undefined : callsOf(render, before, end, 2)?.between;
  return { ...one, ...(between !== undefined && isText(between) && { between }) };
}

/** What the template writes at the end of a turn of the assistant. */
function endOf(render: RenderTurns, before: string): string | undefined {
  const turn = attempt(() => render([QUESTION, { role: 'assistant', content: SAID }], [TOOL], false));
  const at = turn?.lastIndexOf(SAID) ?? -1;
  return turn?.startsWith(before.trimEnd()) === true && at >= 0 ? turn.slice(at + SAID.length) : undefined;
}

/** What stands before, between and after calls. */
function callsOf(
  render: RenderTurns,
  before: string,
  end: string,
  count: number,
): ToolCallFormat | undefined {
  const calls = Array.from({ length: count }, (_, i) => ({
    id: `call${i}0000`,
    type: 'function' as const,
    function: { name: NAME, arguments: { x: 1 } },
  }));
  const messages = [QUESTION, { role: 'assistant' as const, content: '', tool_calls: calls }];
  const turn = attempt(() => render(messages, [TOOL], false));
  if (turn?.startsWith(before.trimEnd()) !== true || !turn.endsWith(end)) return undefined;
  const written = turn.slice(before.trimEnd().length, turn.length - end.length);
  const found = [...written.matchAll(CALL)];
  if (found.length !== count) return undefined;
  const [open, ...others] = [0, ...found.map(({ index, 0: call }) => index + call.length)].map((from, i) =>
    written.slice(from, found[i]?.index),
  );
  const close = others.pop();
  return {
    open: open.trimStart(),
    close: close ?? '',
    argumentsKey: found[0][1],
    ...(others.length > 0 && { between: others[0] }),
  };
}

/** A template may refuse tools, or several calls. */
function attempt<T>(task: () => T): T | undefined {
  try {
    return task();
  } catch {
    return undefined;
  }
}
